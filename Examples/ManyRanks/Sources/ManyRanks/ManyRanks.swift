import Cells
import Datasets
import DistributedTraining
import Foundation
import Models
import Training

/// Trains on one rank and on three, which are threads of this process, and compares the saved files: they are equal.
///
/// With the trait `MPI`, and an `MPIExchange` in place of an `InProcessExchange`, ranks are processes of several machines.
@main
struct ManyRanks {
  static func main() throws {
    for ranks in [1, 3] {
      let _ = try InProcessExchange.run(ranks: ranks) { exchange in
        try train(in: exchange, savingTo: path(ranks))
      }
    }
    let files = [1, 3].map { FileManager.default.contents(atPath: path($0)) }
    guard let first = files[0], first == files[1] else { throw DifferentFiles() }
    print("one rank and three save the same \(first.count) bytes")
  }

  static func path(_ ranks: Int) -> String { "ranks-\(ranks).rnnz" }

  /// Trains on this rank of a job; rank 0 reports and saves.
  static func train(in exchange: some GradientExchange, savingTo path: String) throws {
    var settings = TrainingSettings()
    settings.steps = 20
    settings.sharding = Sharding(16)
    var trainer = try Trainer(task(), settings, in: ProcessGroup(exchange))
    try trainer.run { event in if exchange.rank == 0 { report(event) } }
    try trainer.collect()
    if exchange.rank == 0 { try trainer.save(to: path) }
  }

  static func task() throws -> SequenceTask {
    var model = ModelConfiguration(cell: try CellRegistry.standard.cell(named: "gru"))
    model.hiddenSize = 8
    return try SequenceTask(
      .init(dataset: "adding:20", model: model), DatasetRegistry.standard.open("adding:20"))
  }

  static func report(_ event: TrainingEvent) {
    if case .evaluation(let measured) = event { print(measured.evaluation.line) }
  }
}

/// The error if the number of ranks changes the saved file.
struct DifferentFiles: Error {}
