import Cells
import Datasets
import Models
import Training

/// Checks our own cell, trains it by backpropagation and by real-time recurrent learning, saves it, loads it and
/// generates text.
@main
struct CustomCell {
  static let path = "custom-cell.rnnz"

  static func main() throws {
    let report = checkGradients(of: PulseCell())
    print("gradients of the cell:", report.passed ? "as they should be" : "\(report)")
    guard report.passed else { throw Failure(what: "the cell's gradients") }

    var cells = CellRegistry.standard
    cells.register(
      "pulse", PulseCell(), summary: "a leaky unit that hears itself", paper: "this example")
    let corpus = try TokenizedCorpus(Tales(characters: 40_000, seed: 1))

    for engine in [GradientEngine.bptt, .rtrl] {
      let configuration = LanguageModelTask.Configuration(
        dataset: "tales:40000",
        model: .init(cell: try cells.cell(named: "pulse"), embeddingSize: 16, hiddenSize: 48),
        windows: Windows(.sequential, batchSize: 8, sequenceLength: 16), engine: engine)
      var settings = TrainingSettings()
      settings.epochs = 2
      settings.learningRate = 0.01
      var trainer = try LanguageModelTrainer(
        LanguageModelTask(configuration, corpus), settings)
      try trainer.run { event in
        guard case .epoch(let epoch) = event else { return }
        print("\(engine.name), epoch \(epoch.number): \(epoch.loss) nats a character")
      }
      guard let loss = trainer.lastEvaluation?.loss, loss < 2 else {
        throw Failure(what: "learning by \(engine.name)")
      }
      try trainer.save(to: path)
    }

    let saved = try SavedLanguageModel(path: path, cells: cells)
    print(saved.generation(sampler: Sampler(temperature: 0.8), seed: 1).prefix(120).joined())
  }
}

/// The error for an unexpected result.
struct Failure: Error {
  var what: String
}
