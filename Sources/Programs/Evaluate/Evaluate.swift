import Models
import ArgumentParser
import Checkpoint
import Datasets
import Training
import ProgramsCore

package struct Evaluate: ParsableCommand {
  package static let configuration = CommandConfiguration(
    abstract: "Measures a trained model on a test set.",
    usage: "evaluate --ckpt MODEL [--data DATA] [OPTION ...]",
    discussion: """
      Without --data it measures on what training left out of its own data.
      Example: evaluate --ckpt model.rnnz --data tales:20000
      """,
    version: Version.number)

  @Option(help: "The model: a .rnnz file that `train` wrote.")
  var ckpt: String

  @Option(help: "The test set: what `train` takes as its --data or --dataset.")
  var data: String?

  @Option(help: "Which of the samples: validation or all; all of a test set unless given.")
  var part: EvaluatedPart?

  @Flag(help: "Writes JSON, for programs.")
  var json = false

  package init() {}

  package func run() throws {
    let reader = try Library.current.reader(ckpt)
    switch try SavedModelKind(reading: reader) {
    case .language: try measureText(reader)
    case .sequence: try measureSamples(reader)
    case .graph: throw Failure("\(ckpt): holds a graph, which has no measure: predict runs it")
    }
  }

  private func measureText(_ reader: CheckpointReader) throws {
    let saved = try SavedLanguageModel(reading: reader)
    if let data {
      let text = try Library.current.corpora.corpus(data).read().text
      return try show(saved.evaluation(on: text), data)
    }
    let own = try LanguageModelTrainer.configuration(in: reader)
    let corpus = try TokenizedCorpus(
      Library.current.corpora.corpus(own.dataset), validationFraction: own.validationFraction,
      tokenizer: saved.tokenizer)
    let text = saved.tokenizer.decode(corpus.validation)
    try show(saved.evaluation(on: text), "\(own.dataset), left out")
  }

  private func measureSamples(_ reader: CheckpointReader) throws {
    let saved = try SavedSequenceModel(reading: reader)
    let trained = try Trainer<SequenceTask>.configuration(in: reader)
    let own = trained.dataset
    let name = data ?? own
    var options = trained.files ?? FileOptions()
    // The model knows which words are rare; a test set of its own does not.
    if data != nil { options.minimumCount = 1 }
    let dataset = try Library.current.datasets.open(name, options: options)
    let samples = try read(dataset, as: saved.interface, isOwn: data == nil || data == own)
    // What is generated has no end; its validation part is as good as any.
    let usual: EvaluatedPart =
      data == nil || data == own && samples.validation != nil || dataset is any GeneratedTask
      ? .validation : .all
    let evaluation = try saved.evaluation(
      on: samples, part ?? usual, language: dataset as? any SequenceLanguage)
    try show(evaluation, name)
    if !json, let levels = samples.levels {
      try Console.write(levels.line(for: evaluation) + "\n")
    }
  }

  /// Reads a file that is not the training data whole, in the model's own numbers.
  private func read(
    _ dataset: any Dataset, as interface: SequenceInterface, isOwn: Bool
  ) throws -> TaskSamples {
    guard !isOwn, let file = dataset as? FileDataset else { return try dataset.read() }
    return try file.readTestSet(input: interface.input, target: interface.target)
  }

  private func show(_ evaluation: Evaluation, _ name: String) throws {
    guard !json else { return try Console.write(evaluation.json + "\n") }
    try Console.write("\(name): \(evaluation.line)\n")
    for sample in evaluation.samples { try Console.write("  \(sample)\n") }
    if let confusion = evaluation.confusion { try Console.write("\n" + confusion.table) }
  }
}

extension EvaluatedPart: ExpressibleByArgument {}
