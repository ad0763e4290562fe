/// Collects the characters or a sample of texts, from which their tokenizer is made.
struct TextSurvey {
  private let tokenization: Tokenization
  private let period: Int
  private var count = 0
  private var scalars: Set<Unicode.Scalar> = []
  private var sample = ""

  /// The most bytes of text for training words and byte pairs.
  private static let sampleLimit = 32 << 20

  init(_ options: FileOptions) {
    tokenization = options.tokenization
    period = options.validationPeriod
  }

  /// Adds a text, unless it is for validation.
  mutating func add(_ text: String) {
    defer { count += 1 }
    if count % period == period - 1 { return }
    switch tokenization {
    case .corpus: scalars.formUnion(text.unicodeScalars)
    case .bytes: return
    case .words, .bytePairs:
      guard sample.utf8.count < Self.sampleLimit else { return }
      sample += text
      sample += "\n"
    }
  }

  /// The tokenizer of the texts; characters are in the order of their code points.
  var tokenizer: any Tokenizer {
    tokenization.tokenizer(of: sample) ?? CharacterTokenizer(characters: scalars.sorted())
  }
}
