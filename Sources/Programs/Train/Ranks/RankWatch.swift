#if MPI
  import DistributedTraining
  import ProgramsCore
  import TensorCore
  import Training

  /// Looks in the background whether the other ranks still run, and ends this one with a line where they do not.
  final class RankWatch: Sendable {
    /// The time between two looks.
    private static let interval = Duration.milliseconds(100)
    /// How long a rank that was asked to end goes on before it says so; a launcher kills it after a second.
    private static let patience = Duration.milliseconds(500)
    /// How long it waits for others after that.
    private static let longestWait = Duration.seconds(30)

    private struct State {
      var isStopped = false
      var hasEnded = false
    }

    private let exchange: MPIExchange
    private let group: ProcessGroup
    private let state = Guarded(State())

    init(_ exchange: MPIExchange, _ group: ProcessGroup) {
      self.exchange = exchange
      self.group = group
    }

    /// Begins to look. All ranks call it.
    func start() {
      guard let all = try? group.gather(ProcessIdentity.own.bytes) else { return }
      let neighbours = exchange.neighbours
        .filter { $0 != exchange.rank }
        .compactMap { rank in ProcessIdentity(bytes: all[rank]).map { (rank, $0) } }
        .filter { $0.1.isRunning }  // processes that this one can see
      runThread { [self] in
        var asked: ContinuousClock.Instant?
        var hasSaid = false
        while !state.withLock({ $0.isStopped }) {
          sleepThread(until: ContinuousClock.now + Self.interval)
          if let (rank, process) = neighbours.first(where: { !$0.1.isRunning }) {
            lose("rank \(rank), process \(process.number) on this machine, has ended")
          }
          guard Interruption.isRequested else { continue }
          let time = asked ?? ContinuousClock.now
          asked = time
          guard ContinuousClock.now - time > Self.patience else { continue }
          if exchange.waiting > Self.longestWait { lose("no other rank answers any longer") }
          if !hasSaid {
            hasSaid = true
            note(
              exchange.waiting > Self.patience
                ? "asked to end while another rank does not answer"
                : "asked to end: it ends after this step")
          }
        }
      }
    }

    /// Ends looking: the other ranks end too.
    func stop() { state.withLock { $0.isStopped = true } }

    /// Ends this process: the other ranks are not all there any longer.
    func lose(_ reason: String) -> Never {
      let isFirst = state.withLock { state in
        defer { state.hasEnded = true }
        return !state.hasEnded && !state.isStopped
      }
      if isFirst {
        note("\(reason): training ends; the last model that was saved is whole")
        // Other ranks say it too, before the launcher ends them.
        sleepThread(until: ContinuousClock.now + .milliseconds(400))
        Console.endAtOnce(1)
      }
      while true { sleepThread(until: ContinuousClock.now + .seconds(1)) }
    }

    /// On a terminal the line of progress has no end.
    private func note(_ text: String) {
      Console.noteAlone((Console.canOverwrite ? "\n" : "") + "rank \(exchange.rank): \(text)\n")
    }
  }
#endif
