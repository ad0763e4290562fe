import Models
import ArgumentParser
import Checkpoint
import Datasets
import FileCore
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

  @Option(help: "The test set's columns to read, where they are called otherwise than in training.")
  var columns: String?

  @Option(help: "The test set's columns with the right answers.")
  var target: String?

  @Option(help: "The test set's encoding: utf-8, utf-16 or latin-1; detected unless given.")
  var encoding: TextEncoding?

  @Flag(help: "Passes over malformed rows of the test set, and counts them.")
  var skipBadRows = false

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
    let own = try trained { try LanguageModelTrainer.configuration(in: reader) }
    if let data = data.map({ $0 == "-" ? "/dev/stdin" : $0 }) {
      let isNamed = try Library.current.corpora.product(data) != nil
      let reading = TextReading(encoding: encoding, form: isNamed ? nil : own?.reading?.form)
      let text = try Library.current.corpora.corpus(data, reading: reading).read().text
      return try show(saved.evaluation(on: text), Baseline(text, saved.tokenizer), data)
    }
    guard let own else { throw untrained }
    let corpus = try TokenizedCorpus(
      Library.current.corpora.corpus(own.dataset, reading: own.reading ?? TextReading()),
      validationFraction: own.validationFraction, tokenizer: saved.tokenizer)
    let text = saved.tokenizer.decode(corpus.validation)
    try show(saved.evaluation(on: text), Baseline(corpus), "\(own.dataset), left out")
  }

  private func measureSamples(_ reader: CheckpointReader) throws {
    guard data != "-" else {
      throw ValidationError(
        "--data: expected the format of standard input too, such as csv:/dev/stdin, found -")
    }
    let saved = try SavedSequenceModel(reading: reader)
    let trained = try trained { try Trainer<SequenceTask>.configuration(in: reader) }
    let own = trained?.dataset
    guard let name = data ?? own else { throw untrained }
    var options = trained?.files ?? FileOptions()
    if data != nil {
      // The model knows which words are rare; a test set of its own does not.
      options.minimumCount = 1
      (options.format, options.encoding) = (nil, encoding)
      options.skipsBadRows = options.skipsBadRows || skipBadRows
      if let columns { options.columns = columns.commaSeparated }
      if let target { options.target = target.commaSeparated }
    }
    let dataset = try Library.current.datasets.open(name, options: options)
    var samples = try read(dataset, as: saved.interface, isOwn: data == nil)
    let hasOwnLoss = saved.model.configuration.head.hasOwnLoss
    if hasOwnLoss { samples.levels = nil }
    if let remark = samples.skipped.remark { Console.note(remark + "\n") }
    // What is generated has no end; its validation part is as good as any.
    let isOwn =
      data == nil || data == own && samples.validation != nil && !(dataset is FileDataset)
    let usual: EvaluatedPart = isOwn || dataset is any GeneratedTask ? .validation : .all
    let evaluation = try saved.evaluation(
      on: samples, part ?? usual, language: dataset as? any SequenceLanguage)
    let isLeftOut = data == nil && dataset is FileDataset && (part ?? usual) == .validation
    let guess = hasOwnLoss ? nil : try guess(samples, part ?? usual)
    try show(evaluation, guess, isLeftOut ? "\(name), left out" : name)
    if !json, let levels = samples.levels {
      try Console.write(levels.line(for: evaluation) + "\n")
    }
  }

  /// What a training says of itself; nil for a model without one, such as an imported one.
  private func trained<Configuration>(
    _ read: () throws -> Configuration
  ) throws -> Configuration? {
    do { return try read() } catch let error as CheckpointError {
      guard case .missingEntry = error.problem else { throw error }
      return nil
    }
  }

  private var untrained: Failure {
    Failure("\(ckpt): does not say what it was trained on: --data names what to measure on")
  }

  /// What guessing gives on the same samples; nil where the task itself knows, or only some are measured.
  private func guess(_ samples: TaskSamples, _ part: EvaluatedPart) throws -> Baseline? {
    guard samples.levels == nil else { return nil }
    switch (part, samples.validation == nil) {
    case (.validation, false): return try Baseline(samples)
    case (.all, true): return try Baseline(testSet: samples)
    default: return nil
    }
  }

  /// Reads a file that is not the training data whole, in the model's own numbers.
  private func read(
    _ dataset: any Dataset, as interface: SequenceInterface, isOwn: Bool
  ) throws -> TaskSamples {
    guard let file = dataset as? FileDataset else { return try dataset.read() }
    do {
      return isOwn
        ? try file.read() : try file.readTestSet(input: interface.input, target: interface.target)
    } catch let error as FileError {
      throw Failure(error.advisedToSkip)
    }
  }

  private func show(_ evaluation: Evaluation, _ guess: Baseline?, _ name: String) throws {
    guard !json else { return try Console.write(evaluation.json(beside: guess) + "\n") }
    try Console.write("\(name): \(evaluation.line)\n")
    if let remark = evaluation.remark { try Console.write(remark + "\n") }
    if let guess { try Console.write(guess.line(for: evaluation) + "\n") }
    for sample in evaluation.samples { try Console.write("  \(sample)\n") }
    if let confusion = evaluation.confusion { try Console.write("\n" + confusion.table) }
  }
}

extension EvaluatedPart: ExpressibleByArgument {}
