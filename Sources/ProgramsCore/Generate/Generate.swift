import ArgumentParser
import Checkpoint
import FileCore
import Interop
import Models
import TensorCore

package struct Generate: ParsableCommand {
  package static let configuration = CommandConfiguration(
    abstract: "Writes text with a trained language model.",
    usage: "generate --ckpt MODEL [OPTION ...]",
    discussion: """
      Example: generate --ckpt model.rnnz --prompt "Once " --length 300 --temperature 0.7
      """,
    version: Version.number)

  @Option(
    help: "The model: a .rnnz file that `train` wrote, or a safetensors, .pt, .npz or .onnx file.",
    completion: .file())
  var ckpt: String

  @OptionGroup var description: DescriptionOptions

  @Option(
    help: "A JSON description of the network whose weights --ckpt has.", completion: .file())
  var network: String?

  @Option(help: "Text to go on from; without it, a terminal is a conversation.")
  var prompt: String?

  @Option(help: "The text's state: gone on from where the file is there, and saved in the end.")
  var session: String?

  @Option(help: "How many characters to write.")
  var length = 500

  @Option(help: "How many texts to write, each with a seed of its own.")
  var n = 1

  @Option(help: "Below 1 likely characters become likelier, above 1 less likely.")
  var temperature = 1.0

  @Option(help: "Draw from the K likeliest characters only.")
  var topK: Int?

  @Option(help: "Draw from the likeliest characters that reach this probability together.")
  var topP: Double?

  @Flag(help: "Always write the likeliest character.")
  var greedy = false

  @Option(help: "How accurately products are computed.")
  var precision = Precision.highest

  @Option(help: "The same seed writes the same text.")
  var seed: UInt64 = 0

  package init() {}

  private var sampler: Sampler {
    greedy ? .greedy : Sampler(temperature: temperature, topK: topK, topP: topP)
  }

  package func validate() throws {
    guard (1...1_000_000_000).contains(length) else {
      throw ValidationError(
        "--length: expected a whole number from 1 to 1000000000, found \(length)")
    }
    guard (1...1_000_000).contains(n) else {
      throw ValidationError("--n: expected a whole number from 1 to 1000000, found \(n)")
    }
    if network != nil, session != nil || description.isGiven {
      throw ValidationError("--network: expected without --session, --vocabulary and --config")
    }
    if session != nil, n > 1 { throw ValidationError("--session: expected one text, found \(n)") }
    do {
      try sampler.validate()
    } catch {
      throw ValidationError(flagging: error)
    }
  }

  package func run() throws {
    if let network { return try write(by: NetworkDescription(path: network)) }
    let saved = try model(described: description.read())
    if precision != .highest { Console.note("Precision: \(precision.line)\n") }
    try withPrecision(precision) {
      if let session {
        try write(with: saved, session)
      } else if prompt == nil, n == 1, Console.isConversation {
        try converse(with: saved)
      } else {
        try write(with: saved)
      }
    }
  }

  /// Writes the texts one after the other; of several, each under the seed that writes it again.
  private func write(with saved: SavedLanguageModel) throws {
    let prompt = prompt(of: saved)
    try write(after: prompt) { saved.generation(prompt: prompt, sampler: sampler, seed: $0) }
  }

  /// The same by a described network.
  private func write(by description: NetworkDescription) throws {
    let writer = try WritingNetwork(description, weights: ArrayFile(path: ckpt))
    let prompt = prompt ?? ""
    try withPrecision(precision) {
      try write(after: prompt) { writer.text(after: prompt, sampler: sampler, seed: $0) }
    }
  }

  private func write(
    after prompt: String, _ text: (_ seed: UInt64) -> some Sequence<String>
  ) throws {
    for index in 0..<UInt64(n) {
      let seed = seed &+ index
      if n > 1 { try Console.write((index > 0 ? "\n" : "") + "seed \(seed):\n") }
      try Console.write(prompt)
      for piece in text(seed).prefix(length) { try Console.write(piece) }
      try Console.write("\n")
    }
  }

  /// Writes on from a saved session, or begins one, and saves it.
  private func write(with saved: SavedLanguageModel, _ path: String) throws {
    let prompt = prompt(of: saved)
    var session = saved.session(sampler: sampler, seed: seed)
    if FilePlace(path).isOccupied { session = try session.resumed(from: path) }
    try session.rehearseSave(to: path)
    session.read(prompt)
    try Console.write(prompt)
    for _ in 0..<length { try Console.write(session.next() ?? "") }
    try Console.write("\n")
    try session.save(to: path)
  }

  /// The given prompt, normalized as the model's training read its text.
  private func prompt(of saved: SavedLanguageModel) -> String {
    let form = (try? Library.current.reader(ckpt)).flatMap { TrainedReading($0)?.form }
    let prompt = form?.apply(to: prompt ?? "") ?? prompt ?? ""
    noteUnknown(in: prompt, saved)
    return prompt
  }

  /// Writes a text by turns with a person.
  private func converse(with saved: SavedLanguageModel) throws {
    var conversation = Conversation(saved, sampler, seed: seed, length: length)
    let colors = Colors.ofOutput
    let lines = try TextStream(nil, encoding: .utf8)
    try Console.write("\(ckpt): \(saved.summary.visibleLine)\n\n\(Conversation.help)\n> ")
    while let bytes = try lines.next() {
      let line = String(decoding: bytes, as: UTF8.self)
      switch conversation.reply(to: line) {
      case .end: return
      case .say(let text): try Console.write(text)
      case .write:
        noteUnknown(in: line, saved)
        for piece in conversation.continuation() {
          conversation.heard(piece)
          try Console.write(colors.paint(piece, .cyan))
        }
        try Console.write("\n")
      }
      try Console.write("> ")
    }
    try Console.write("\n")
  }

  private func noteUnknown(in text: String, _ saved: SavedLanguageModel) {
    let unknown = saved.unknownCharacters(in: text)
    guard !unknown.isEmpty else { return }
    let reading = saved.tokenizer.unknown == nil ? "leaves it out" : "reads it as <unk>"
    Console.note("The model has never seen \(unknown.visibleLine) and \(reading).\n")
  }

  private func model(described description: ModelDescription) throws -> SavedLanguageModel {
    do {
      let file = try ArrayFile(path: ckpt)
      for warning in file.warnings { Console.note("\(ckpt): \(warning)\n") }
      description.noteUnused(for: file)
      return try SavedLanguageModel(importing: file, described: description)
    } catch {
      // The file may have a cell or a tokenizer of this executable.
      guard let reader = try? Library.current.reader(ckpt) else { throw error }
      if let saved = try? SavedLanguageModel(reading: reader) { return saved }
      let kind = try SavedModelKind(reading: reader)
      guard kind != .language else { throw error }
      throw Failure("\(ckpt): expected a language model, found another: predict runs it")
    }
  }
}

extension Precision: ExpressibleByArgument {}
