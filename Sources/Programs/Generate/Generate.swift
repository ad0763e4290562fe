import Interop
import Models
import ArgumentParser
import Checkpoint
import TensorCore
import Training

struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes text with a trained language model.",
    discussion: """
      Example: generate --ckpt model.rnnz --prompt "Once " --length 300 --temperature 0.7
      """)

  @Option(
    help: "The model: a .rnnz file that `train` wrote, or a safetensors, .pt, .npz or .onnx file.")
  var ckpt: String

  @Option(help: "A JSON array of the model's tokens, for a file that does not say them.")
  var vocabulary: String?

  @Option(help: "A JSON object of the model's kind and sizes, for a file that does not say them.")
  var config: String?

  @Option(help: "Text to go on from.")
  var prompt = ""

  @Option(help: "How many characters to write.")
  var length = 500

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

  private var sampler: Sampler {
    greedy ? .greedy : Sampler(temperature: temperature, topK: topK, topP: topP)
  }

  func validate() throws {
    guard (1...1_000_000_000).contains(length) else {
      throw ValidationError(
        "length: expected a whole number from 1 to 1000000000, found \(length)")
    }
    do {
      try sampler.validate()
    } catch {
      throw ValidationError("\(error)")
    }
  }

  func run() throws {
    let description = try ModelDescription(vocabularyPath: vocabulary, outlinePath: config)
    let saved = try model(described: description)
    let unknown = saved.unknownCharacters(in: prompt)
    if !unknown.isEmpty {
      let reading = saved.tokenizer.unknown == nil ? "leaves it out" : "reads it as <unk>"
      Console.note("The model has never seen \(unknown) and \(reading).\n")
    }
    if precision != .highest { Console.note("Precision: \(precision.line)\n") }
    try Console.write(prompt)
    try withPrecision(precision) {
      for piece in saved.generation(prompt: prompt, sampler: sampler, seed: seed).prefix(length) {
        try Console.write(piece)
      }
    }
    try Console.write("\n")
  }

  private func model(described description: ModelDescription) throws -> SavedLanguageModel {
    do {
      return try SavedLanguageModel(importing: ckpt, described: description)
    } catch {
      // The file may have a cell or a tokenizer of this program.
      guard let reader = try? Library.current.reader(ckpt) else { throw error }
      if let saved = try? SavedLanguageModel(reading: reader) { return saved }
      guard (try? SavedModelKind(reading: reader)) == .sequence else { throw error }
      throw Failure("\(ckpt): expected a language model, found another: predict runs it")
    }
  }
}

extension Precision: ExpressibleByArgument {}
