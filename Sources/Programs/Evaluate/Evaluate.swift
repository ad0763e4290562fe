import ArgumentParser
import Checkpoint
import Datasets
import FileCore
import Models
import ProgramsCore
import Training

package struct Evaluate: ParsableCommand {
  package static let configuration = CommandConfiguration(
    abstract: "Measures a trained model on a test set.",
    usage: "evaluate --ckpt MODEL [--data DATA] [OPTION ...]",
    discussion: """
      Without --data it measures on what training left out of its own data.
      Example: evaluate --ckpt model.rnnz --data tales:20000
      """,
    version: Version.number)

  @Option(help: "The model: a .rnnz file that `train` wrote.", completion: .file())
  var ckpt: String

  @Option(help: "The test set: what `train` takes as its --data or --dataset.", completion: .file())
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

  @Option(
    help:
      "The model that --ckpt was converted from: prints its loss too, and by how much that changed."
  )
  var original: String?

  @Flag(help: "Writes JSON, for programs.")
  var json = false

  package init() {}

  /// A measured model.
  private struct Outcome {
    var evaluation: Evaluation
    /// What guessing gives on the same data, if it is known.
    var guess: Baseline?
    /// What it was measured on.
    var name: String
    /// The sizes of a task with levels, as a line.
    var levels: String?
  }

  package func run() throws {
    let opened = try OpenedModel(ckpt)
    let other = try original.map { try OpenedModel($0) }
    if let other, try other.purpose != opened.purpose {
      throw Failure(
        "\(other.file): --original: expected the model that \(ckpt) was converted from, found another"
      )
    }
    try show(measure(opened), beside: other.map { try measure($0).evaluation.loss })
  }

  private func measure(_ opened: OpenedModel) throws -> Outcome {
    switch opened.model {
    case .language(let saved): return try measureText(opened.reader, saved)
    case .sequence(let saved): return try measureSamples(opened.reader, saved)
    case .graph:
      throw Failure("\(opened.file): holds a graph, which has no measure: predict runs it")
    }
  }

  private func measureText(
    _ reader: CheckpointReader, _ saved: SavedLanguageModel
  ) throws -> Outcome {
    let own = try trained { try LanguageModelTrainer.configuration(in: reader) }
    if let data = data.map({ $0 == "-" ? "/dev/stdin" : $0 }) {
      let isNamed = try Library.current.corpora.product(data) != nil
      let reading = TextReading(encoding: encoding, form: isNamed ? nil : own?.reading?.form)
      let text = try Library.current.corpora.corpus(data, reading: reading).read().text
      return try Outcome(
        evaluation: saved.evaluation(on: text), guess: Baseline(text, saved.tokenizer), name: data)
    }
    guard let own else { throw untrained(reader) }
    let corpus = try TokenizedCorpus(
      Library.current.corpora.corpus(own.dataset, reading: own.reading ?? TextReading()),
      validationFraction: own.validationFraction, tokenizer: saved.tokenizer)
    let text = saved.tokenizer.decode(corpus.validation)
    return try Outcome(
      evaluation: saved.evaluation(on: text), guess: Baseline(corpus),
      name: "\(own.dataset), left out")
  }

  private func measureSamples(
    _ reader: CheckpointReader, _ saved: SavedSequenceModel
  ) throws -> Outcome {
    guard data != "-" else {
      throw ValidationError(
        "--data: expected the format of standard input too, such as csv:/dev/stdin, found -")
    }
    let trained = try trained { try Trainer<SequenceTask>.configuration(in: reader) }
    let own = trained?.dataset
    guard let name = data ?? own else { throw untrained(reader) }
    let dataset = try Library.current.datasets.open(
      name, options: fileOptions(trained?.files ?? FileOptions()))
    var samples = try read(dataset, as: saved.interface, isOwn: data == nil)
    let head = saved.model.configuration.head
    if head.hasOwnLoss { samples.levels = nil }
    if let remark = samples.skipped.remark { Console.note(remark + "\n") }
    // What is generated has no end; its validation part is as good as any.
    let isOwn =
      data == nil || data == own && samples.validation != nil && !(dataset is FileDataset)
    let usual: EvaluatedPart = isOwn || dataset is any GeneratedTask ? .validation : .all
    let evaluation = try saved.evaluation(
      on: samples, part ?? usual, language: dataset as? any SequenceLanguage)
    let isLeftOut = data == nil && dataset is FileDataset && (part ?? usual) == .validation
    return try Outcome(
      evaluation: evaluation, guess: guess(samples, part ?? usual, head),
      name: isLeftOut ? "\(name), left out" : name,
      levels: samples.levels?.line(for: evaluation))
  }

  /// How the files are read: as in training or, for a test set, as the flags say.
  private func fileOptions(_ trained: FileOptions) -> FileOptions {
    guard data != nil else { return trained }
    var options = trained
    // The model knows which words are rare; a test set of its own does not.
    options.minimumCount = 1
    (options.format, options.encoding) = (nil, encoding)
    options.skipsBadRows = options.skipsBadRows || skipBadRows
    if let columns { options.columns = columns.commaSeparated }
    if let target { options.target = target.commaSeparated }
    return options
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

  private func untrained(_ reader: CheckpointReader) -> Failure {
    Failure("\(reader.file): does not say what it was trained on: --data names what to measure on")
  }

  /// What guessing gives on the same samples; nil where the task itself knows, or only some are measured.
  private func guess(
    _ samples: TaskSamples, _ part: EvaluatedPart, _ head: OutputHead
  ) throws -> Baseline? {
    guard samples.levels == nil else { return nil }
    switch (part, samples.validation == nil) {
    case (.validation, false): return try Baseline(samples, head: head)
    case (.all, true): return try Baseline(testSet: samples, head: head)
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

  private func show(_ outcome: Outcome, beside loss: Double?) throws {
    let (evaluation, guess) = (outcome.evaluation, outcome.guess)
    let beside = loss.map { OriginalLoss($0, of: original ?? "", and: evaluation.loss) }
    guard !json else {
      return try Console.write(evaluation.json(beside: guess, beside?.members ?? [:]) + "\n")
    }
    try Console.write("\(outcome.name): \(evaluation.line)\n")
    if let beside { try Console.write(beside.line + "\n") }
    if let remark = evaluation.remark { try Console.write(remark + "\n") }
    if let guess { try Console.write(guess.line(for: evaluation) + "\n") }
    for sample in evaluation.samples { try Console.write("  \(sample)\n") }
    if let confusion = evaluation.confusion { try Console.write("\n" + confusion.table) }
    if let levels = outcome.levels { try Console.write(levels + "\n") }
  }
}

/// A file's model, read once to be compared and measured.
private struct OpenedModel {
  enum Model {
    case language(SavedLanguageModel)
    case sequence(SavedSequenceModel)
    case graph
  }

  let reader: CheckpointReader
  let model: Model
  var file: String { reader.file }

  init(_ path: String) throws {
    reader = try Library.current.reader(path)
    model =
      switch try SavedModelKind(reading: reader) {
      case .language: .language(try SavedLanguageModel(reading: reader))
      case .sequence: .sequence(try SavedSequenceModel(reading: reader))
      case .graph: .graph
      }
  }

  /// What the model reads and answers, which converting keeps: the same losses can be measured.
  var purpose: JSONValue? {
    get throws {
      switch model {
      case .language(let saved): try JSONValue(encoding: AnyTokenizer(saved.tokenizer))
      case .sequence(let saved): try JSONValue(encoding: saved.interface)
      case .graph: nil
      }
    }
  }
}

/// The loss of the model that the measured one was converted from.
private struct OriginalLoss {
  private let path: String
  private let loss: Double
  /// By how much the measured model's loss is higher, in percent.
  private let change: Double

  init(_ loss: Double, of path: String, and measured: Double) {
    (self.path, self.loss) = (path, loss)
    change = loss == 0 ? (measured == 0 ? 0 : .infinity) : 100 * (measured - loss) / abs(loss)
  }

  /// For example `model.rnnz: loss 1.2510; the loss is 0.08% higher than that`.
  var line: String {
    let difference = (100 * abs(change)).rounded() / 100
    let text = difference == 0 ? "equal to" : "\(difference)% \(change > 0 ? "above" : "below")"
    return "\(path): loss \(loss.significant); the loss is \(text) that"
  }

  /// For JSON.
  var members: [String: JSONValue] {
    ["original loss": JSONValue(loss), "change in percent": JSONValue(change)]
  }
}

extension EvaluatedPart: ExpressibleByArgument {}
