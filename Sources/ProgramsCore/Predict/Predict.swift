import ArgumentParser
import Checkpoint
import Datasets
import FileCore
import Interop
import Models

package struct Predict: ParsableCommand {
  package static let configuration = CommandConfiguration(
    abstract: "Asks a trained model: an input, a line of answer.",
    usage: "predict --ckpt MODEL [FILE] [OPTION ...]",
    discussion: """
      An input is a row of a table whose heading names the columns that the model
      read in training, a JSON object with these members, a sentence of a .conll
      file, or a file of a folder. Otherwise it is a line: a text, symbols, a class
      or numbers, or a JSON object with a field "input". A series has a step a
      line, and an empty line ends it; on one line, semicolons part the steps. A
      language model goes on with each line. A line that is no input is named, and
      has no answer; empty lines are counted; with --json, other fields go through.
      A graph model reads arrays: an .npz or .npy file, or a JSON object a line,
      going on from the states after the line before. With --sessions each object
      has an "id", whose state is kept, also for the next run; "reset": true ends it.
      Example: echo "march third, nineteen ninety-four" | predict --ckpt dates.rnnz
      """,
    version: Version.number)

  @Option(help: "The model: a .rnnz file that `train` wrote.", completion: .file())
  var ckpt: String

  @Argument(
    help: "The inputs: a file or a folder; standard input unless given.", completion: .file())
  var file: String?

  @Flag(help: "Writes JSON Lines, with probabilities where there are any.")
  var json = false

  @Option(help: "Steps to forecast after a sequence's end, each from those before.")
  var ahead: Int?

  @Option(
    help: "Keeps a state for each id of JSON lines; the folder of those not in memory.",
    completion: .directory)
  var sessions: String?

  @Option(help: "The most states in memory; the one used longest ago goes to the folder.")
  var sessionLimit = 1000

  @Option(
    help: "The arrays of a graph model's answer: an .npz, .npy or .json file.", completion: .file())
  var out: String?

  @Option(help: "A JSON description of the network whose weights --ckpt has.")
  var network: String?

  @Option(help: "The inputs' encoding: utf-8, utf-16 or latin-1; detected unless given.")
  var encoding: TextEncoding?

  @OptionGroup(title: "Models that write") var writing: WritingOptions

  package init() {}

  package func validate() throws {
    do {
      try writing.choice.validate()
    } catch {
      throw ValidationError(flagging: error)
    }
    guard (1...1_000_000_000).contains(sessionLimit) else {
      throw ValidationError(
        "--session-limit: expected a whole number from 1 to 1000000000, found \(sessionLimit)")
    }
    if sessions != nil, ahead != nil {
      throw ValidationError("--sessions: expected without --ahead")
    }
    if let ahead, !(1...1_000_000).contains(ahead) {
      throw ValidationError("--ahead: expected 1 to 1000000 steps, found \(ahead)")
    }
  }

  package func run() throws {
    if let out { try FilePlace(out).requireOther(than: file, ckpt, network) }
    if let network { return try answer(by: NetworkDescription(path: network)) }
    let reader = try Library.current.reader(ckpt)
    let kind = try SavedModelKind(reading: reader)
    if out != nil, kind != .graph {
      throw Failure("\(ckpt): --out: expected a graph model, whose answers are arrays")
    }
    switch kind {
    case .language:
      if ahead != nil { throw cannotForecast }
      let saved = try SavedLanguageModel(reading: reader)
      var lines = try lines(for: .text(saved.tokenizer), TrainedReading(reader))
      guard let sessions else { return try lines.answer(by: saved, writing.choice) }
      var store = try store(
        saved.session(sampler: writing.choice.sampler, seed: writing.seed), in: sessions)
      try lines.answer(by: &store, saved, length: writing.length)
    case .sequence:
      let saved = try SavedSequenceModel(reading: reader)
      let predictor = SequencePredictor(saved, writing: writing.choice)
      if let sessions { return try answer(by: predictor, TrainedReading(reader), in: sessions) }
      if ahead != nil, !predictor.canForecast { throw cannotForecast }
      var lines = try lines(for: saved.interface.input, TrainedReading(reader))
      try lines.answer(by: predictor, ahead: ahead)
    case .graph:
      if ahead != nil { throw cannotForecast }
      if sessions != nil { throw needsSteps }
      var arrays = try PredictedArrays(SavedGraphModel(reading: reader).model, output: out)
      try arrays.answer(file)
    }
  }

  /// Answers lines by a described network of the weights.
  private func answer(by description: NetworkDescription) throws {
    if ahead != nil { throw cannotForecast }
    if sessions != nil { throw needsSteps }
    guard description.output != nil else {
      let network = try VectorNetwork(description, weights: ArrayFile(path: ckpt))
      let readsTexts = description.input != nil
      return try DescribedArrays(network, readsTexts: readsTexts, output: out).answer(file)
    }
    if out != nil { throw Failure("\(ckpt): --out: expected a network whose answers are arrays") }
    let network = try TextNetwork(description, weights: ArrayFile(path: ckpt))
    var lines = try lines(for: .text(ByteTokenizer()), nil)
    try lines.answer(by: network, separator: description.output?.separator ?? " ")
  }

  /// The inputs, read as the model's training read its file.
  private func lines(
    for input: ValueKind, _ trained: TrainedReading?
  ) throws -> PredictedLines {
    let inputs = try ModelInputs(file, for: input, trained?.files, encoding: encoding)
    if let found = inputs.encoding {
      Console.note("\(inputs.name): read as \(found.title); --encoding names another encoding\n")
    }
    return PredictedLines(inputs, form: trained?.form, json: json || sessions != nil)
  }

  /// Answers step by step, each id with a state of its own.
  private func answer(
    by predictor: SequencePredictor, _ trained: TrainedReading?, in folder: String
  ) throws {
    guard let start = StepPredictor(predictor) else { throw needsSteps }
    let interface = predictor.saved.interface
    var lines = try lines(for: interface.input, trained)
    var store = try store(start, in: folder)
    try lines.answer(by: &store, interface)
  }

  private func store<State: Session>(
    _ start: State, in folder: String
  ) throws -> SessionStore<State> {
    try FilePlace(folder).makeFolder()
    let store = SessionStore(start, limit: sessionLimit, folder: folder)
    // Nothing is answered whose state cannot be kept.
    try start.rehearseSave(to: store.path(of: "new"))
    return store
  }

  private var needsSteps: Failure {
    Failure("\(ckpt): --sessions: expected a model that writes a text, or answers step by step")
  }

  private var cannotForecast: Failure {
    Failure("\(ckpt): --ahead: expected a model that forecasts the numbers that it reads")
  }
}

/// The flags that say how a model that writes chooses its tokens.
struct WritingOptions: ParsableArguments {
  @Option(help: "Above 0, tokens are drawn and not the likeliest ones.")
  var temperature = 0.0

  @Option(help: "Draw from the likeliest tokens that reach this probability together.")
  var topP: Double?

  @Option(help: "Beginnings that a beam search keeps; without one, 1.")
  var beam = 1

  @Option(help: "The most tokens of an answer.")
  var length = 200

  @Option(help: "The same seed writes the same.")
  var seed: UInt64 = 0

  var choice: SequencePredictor.Writing {
    var choice = SequencePredictor.Writing()
    choice.sampler = Sampler(temperature: temperature, topP: topP)
    choice.beamWidth = beam
    choice.limit = length
    choice.seed = seed
    return choice
  }
}

extension TextEncoding: ExpressibleByArgument {
  /// The encoding of a name in any usual spelling: `latin1`, `UTF-16`.
  public init?(argument: String) { self.init(name: argument) }
}
