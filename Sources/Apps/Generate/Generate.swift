import AppSupport
import ArgumentParser
import Training

@main struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes text with a trained language model.",
    discussion: """
      Example: generate --ckpt model.rnnz --prompt "Once " --length 300 --temperature 0.7
      """)

  @Option(help: "The model, a .rnnz file that `train` wrote.")
  var ckpt: String

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
    let saved = try SavedLanguageModel(path: ckpt)
    let unknown = saved.unknownCharacters(in: prompt)
    if !unknown.isEmpty {
      Console.error.write("The model has never seen \(unknown) and reads it as <unk>.\n")
    }
    Console.output.write(prompt)
    for piece in saved.generation(prompt: prompt, sampler: sampler, seed: seed).prefix(length) {
      Console.output.write(piece)
    }
    Console.output.write("\n")
  }
}
