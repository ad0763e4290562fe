import Datasets
import TensorCore

/// Rows of signs, such as `++-+-`, and which of the two is there more often.
struct Signs: Dataset {
  let name = "signs"

  func read() -> TaskSamples {
    TaskSamples(
      input: .text(SignTokenizer()), target: .label(Vocabulary(["minus", "plus"])),
      training: ArraySamples(samples(4_000, seed: 1)),
      validation: ArraySamples(samples(400, seed: 2)))
  }

  private func samples(_ count: Int, seed: UInt64) -> [Sample] {
    var generator = Philox(seed: seed)
    return (0..<count).map { _ in
      let signs = (0..<9).map { _ in Int32.random(in: 0...1, using: &generator) }
      return Sample(.tokens(signs), .label(signs.reduce(0, +) > 4 ? 1 : 0))
    }
  }
}

/// Reads `-` and `+`; anything else is no sign, and left out.
struct SignTokenizer: Tokenizer {
  static let kind = "signs"

  let vocabulary = ["-", "+"]
  var unknown: Int32? { nil }

  func encode(_ text: String) -> [Int32] {
    text.compactMap { sign in vocabulary.firstIndex(of: String(sign)).map { Int32($0) } }
  }

  func utf8(of token: Int32) -> [UInt8] { Array(vocabulary[Int(token)].utf8) }

  init() {}

  // Nothing is to be saved: the vocabulary is always the same.
  init(from decoder: any Decoder) throws {}
  func encode(to encoder: any Encoder) throws { _ = encoder.container(keyedBy: NoKeys.self) }
  private enum NoKeys: CodingKey {}
}
