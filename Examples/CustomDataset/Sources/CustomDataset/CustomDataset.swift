import Cells
import Checkpoint
import Datasets
import Foundation
import Models
import Training

/// Trains a classifier on our own dataset with our own tokenizer: in code, and by the dataset's name, as in
/// `CustomDataset strands:16` or `CustomDataset adding:20` on the command line.
@main
struct CustomDataset {
  static func main() {
    do {
      try run()
    } catch {
      FileHandle.standardError.write(Data("\(error)\n".utf8))
      exit(1)
    }
  }

  private static func run() throws {
    let strand = "GCATTAATGCCCTGA"
    let tokenizer = CodonTokenizer()
    guard tokenizer.decode(tokenizer.encode(strand)) == strand else {
      throw Failure(what: "the tokenizer")
    }

    // In code.
    let inCode = try train(Strands(codons: 16))

    // By name.
    var datasets = DatasetRegistry.standard
    datasets.register("strands", summary: "strands:CODONS, strands of DNA") { argument in
      Strands(codons: max(2, argument.flatMap(Int.init) ?? 16))
    }
    let choice = CommandLine.arguments.dropFirst().first ?? "strands:16"
    let byName = try train(datasets.open(choice))
    guard choice == "strands:16" else { return }

    guard let accuracy = inCode.lastEvaluation?["accuracy"], accuracy > 0.9 else {
      throw Failure(what: "learning")
    }
    guard inCode.lastEvaluation?.loss == byName.lastEvaluation?.loss else {
      throw Failure(what: "the same samples by another way")
    }

    // A reader of the model must know the tokenizer.
    try byName.save(to: "custom-dataset.rnnz")
    var reader = try CheckpointReader(path: "custom-dataset.rnnz")
    var tokenizers = TokenizerRegistry.standard
    tokenizers.register(CodonTokenizer.self)
    reader.userInfo = tokenizers.userInfo
    let saved = try SavedSequenceModel(reading: reader)
    guard case .text(let own) = saved.interface.input, own is CodonTokenizer else {
      throw Failure(what: "reading the tokenizer")
    }
    print("saved, and read back with its tokenizer of \(own.vocabulary.count) tokens")
  }

  static func train(_ dataset: any Dataset) throws -> Trainer<SequenceTask> {
    var model = ModelConfiguration(cell: try CellRegistry.standard.cell(named: "gru"))
    model.hiddenSize = 32
    var settings = TrainingSettings()
    settings.steps = 600
    settings.evaluateEvery = 300
    settings.learningRate = 0.01
    settings.schedule = .cosine()
    var trainer = try Trainer(
      SequenceTask(.init(dataset: dataset.name, model: model), dataset), settings)
    try trainer.run { _ in }
    print("\(dataset.name): \(trainer.lastEvaluation?.line ?? "nothing measured")")
    return trainer
  }
}

/// The error for an unexpected result.
struct Failure: Error {
  var what: String
}
