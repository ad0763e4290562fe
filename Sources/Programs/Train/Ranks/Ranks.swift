import Checkpoint
import Datasets
import Models
import ProgramsCore
import TensorCore
import Training

#if MPI
  import DistributedTraining
#endif

/// The processes that train one model together: this one alone, unless `mpirun` or `srun` started it among others.
enum Ranks {
  private struct Content {
    var group = ProcessGroup()
    var threads: Int?
    var isLaunched = false
    var wantsToStop = false
  }

  private static let content = Guarded(Content())

  /// The processes.
  static var group: ProcessGroup { content.withLock { $0.group } }

  /// The threads of a rank: the machine's processors over its ranks; nil for a process that was not launched with others.
  static var threads: Int? { content.withLock { $0.threads } }

  /// Whether a launcher started this process, be it the only one.
  private static var isLaunched: Bool { content.withLock { $0.isLaunched } }

  /// A trainer of all ranks. Under a launcher its batches are cut into shards, so that any number of ranks goes on with
  /// its file.
  static func trainer<Task: TrainingTask>(
    _ task: Task, _ settings: TrainingSettings
  ) throws -> Trainer<Task> {
    try Trainer(task, sharded(settings, task), in: group)
  }

  /// A trainer of all ranks that goes on with a file.
  static func trainer<Task: TrainingTask>(
    resuming reader: CheckpointReader, _ task: Task, _ settings: TrainingSettings
  ) throws -> Trainer<Task> {
    try Trainer(resuming: reader, task, sharded(settings, task), in: group)
  }

  private static func sharded(
    _ settings: TrainingSettings, _ task: some TrainingTask
  ) -> TrainingSettings {
    var settings = settings
    if isLaunched, settings.sharding == nil {
      settings.sharding = Sharding(min(Sharding().count, task.rowsPerBatch ?? 1))
    }
    if let count = settings.sharding?.count, count < group.ranks {
      Console.note(
        "Hint: \(count) shards keep \(count) of \(group.ranks) ranks busy: --shards \(group.ranks) keeps all.\n"
      )
    }
    return settings
  }

  /// Whether training stops after the last step: where this process wants it or, of several, all have agreed.
  static func stop(_ trainer: Trainer<some TrainingTask>, isAsked wantsToStop: Bool) -> Bool {
    if wantsToStop { content.withLock { $0.wantsToStop = true } }
    return trainer.group.ranks > 1
      ? trainer.isAskedToStop : wantsToStop || Interruption.isRequested
  }

  /// A corpus whose text is read once on each machine.
  static func reading(_ corpus: any Corpus) -> any Corpus {
    let group = group
    return group.ranks > 1 ? SharedCorpus(corpus, group) : corpus
  }

  /// Joins the ranks that a launcher started together with this one.
  static func join() {
    #if MPI
      guard Launcher.started(this: Environment.self) else { return }
      do throws(ExchangeFailure) {
        let exchange = try MPIExchange()
        let group = ProcessGroup(exchange) {
          Interruption.isRequested || content.withLock { $0.wantsToStop }
        }
        let threads =
          Environment["SWIFT_RNN_THREADS"] == nil ? exchange.shareProcessors() : nil
        content.withLock {
          ($0.group, $0.isLaunched, $0.threads) = (group, true, threads)
        }
        let watch = RankWatch(exchange, group)
        Peers.current.withLock {
          $0 = Peers(speaks: exchange.rank == 0) { error, status, text in
            Launcher.end(exchange, group, watch, error, status, text)
          }
        }
        if exchange.ranks > 1 { watch.start() }
      } catch {
        Console.noteAlone("Error: MPI: \(error)\n")
        Console.end(1)
      }
    #else
      // Each process would train alone, and all would save to the same place.
      guard let size = Environment["OMPI_COMM_WORLD_SIZE"] ?? Environment["PMI_SIZE"], size != "1"
      else { return }
      if (Environment["OMPI_COMM_WORLD_RANK"] ?? Environment["PMI_RANK"]) == "0" {
        Console.note(
          "Error: \(size) processes were started, but this program was built without the trait MPI\n"
        )
      }
      Console.end(1)
    #endif
  }
}
