import Checkpoint
import FileCore
import Foundation
import Interop
import TensorCore
import Testing

/// Described networks that read tokens, with random weights: an encoder-decoder of two GRU.
@Suite struct DescribedTokenTests {
  private static let units = 40
  private static let letters = ["a", "b", "c", "d", "e"]

  private func file<Result>(
    seed: UInt64, _ shapes: [String: [Int]], _ body: (ArrayFile) throws -> Result
  ) throws -> Result {
    let path = NSTemporaryDirectory() + UUID().uuidString + ".npz"
    defer { try? FileManager.default.removeItem(atPath: path) }
    var generator = Philox(seed: seed)
    var arrays = ExactDictionary<StoredArray>()
    for (name, shape) in shapes.sorted(by: { $0.key < $1.key }) {
      arrays[name] = StoredArray(Tensor(normal: shape, using: &generator))
    }
    try NumPyArchive.save(arrays, to: path)
    return try body(ArrayFile(path: path))
  }

  private func gru(_ prefix: String, inputSize: Int) -> [String: [Int]] {
    let units = Self.units
    return [
      "\(prefix).weight_ih_l0": [3 * units, inputSize],
      "\(prefix).weight_hh_l0": [3 * units, units],
      "\(prefix).bias_ih_l0": [3 * units], "\(prefix).bias_hh_l0": [3 * units],
    ]
  }

  private static let description = """
    {"layers": [
       {"name": "letters", "kind": "embedding", "prefix": "letters."},
       {"name": "word", "kind": "recurrent", "cell": "gru", "prefix": "word."}],
     "decoder": [
       {"name": "sounds", "kind": "embedding", "prefix": "sounds."},
       {"name": "writer", "kind": "recurrent", "cell": "gru", "initialState": "word", "prefix": "writer."},
       {"name": "logits", "kind": "linear", "prefix": "logits."}],
     "input": {"tokens": ["a", "b", "c", "d", "e"]},
     "output": {"tokens": ["<s>", "</s>", "A", "B", "C", "D"], "begin": 0, "end": 1, "limit": 12}}
    """

  private func encoderDecoder<Result>(
    seed: UInt64, _ body: (NetworkDescription, ArrayFile) throws -> Result
  ) throws -> Result {
    var shapes = gru("word", inputSize: 24).merging(gru("writer", inputSize: 110)) { a, _ in a }
    shapes["letters.weight"] = [Self.letters.count, 24]
    shapes["sounds.weight"] = [6, 110]
    shapes["logits.weight"] = [6, Self.units]
    shapes["logits.bias"] = [6]
    return try file(seed: seed, shapes) { try body(NetworkDescription(json: Self.description), $0) }
  }

  /// Texts of one length are answered together; each leaves the batch when it has ended.
  @Test(arguments: 1...6)
  func textsEndAtDifferentSteps(_ seed: UInt64) throws {
    try encoderDecoder(seed: seed) { description, file in
      let together = try TextNetwork(description, weights: file)
      let texts = Self.letters.flatMap { a in
        Self.letters.flatMap { b in Self.letters.map { a + b + $0 } }
      }
      let answers = together.answers(to: texts)
      for (text, answer) in zip(texts, answers) {
        // A network of its own has read no token before.
        let alone = try TextNetwork(description, weights: file)
        #expect(alone.answer(to: text) == answer, "\(text)")
        #expect(together.answer(to: text) == answer, "\(text)")
      }
      #expect(Set(answers.map(\.count)).count > 1, "\(answers.map(\.count))")
    }
  }

  /// The rows are among the outputs though no layer read them, and what was read before changes no bit.
  @Test func rowsAreGivenToWhoAsks() throws {
    try encoderDecoder(seed: 1) { description, file in
      let network = try DescribedNetwork(description, weights: file)
      let table = try NumPyArchive(path: file.path).array("letters.weight").tensor
      let input = DescribedNetwork.Input.tokens([0, 3, 4, 1], shape: [2, 2])
      let first = network(input)
      #expect(first["letters"] == table.gatheringRows([0, 3, 4, 1], shape: [2, 2]))
      #expect(first.signals.keys.sorted() == ["letters", "word"])
      for _ in 0..<3 {
        let next = network(input)
        #expect(next.signals == first.signals)
        #expect(next.states["word"]?.hidden == first.states["word"]?.hidden)
      }
    }
  }
}
