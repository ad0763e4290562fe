import Checkpoint
import Interop
import TensorCore
import Testing

/// The networks of the package madmom, pickles of objects: peephole LSTM, GRU with learned initial states, RNN, in one direction and
/// both.
@Suite(
  .enabled(if: Published.isHere, "needs make published-models and ../shared/reference/published"))
struct MadmomModelTests {
  /// How far activations may be from the package's own, in single precision.
  private static let tolerance: Float = 1e-5

  /// A network: its name in the references, its file, and its layers.
  struct Network: Sendable, CustomTestStringConvertible {
    var name, file: String
    var kind: Kind
    var layers = 3
    var isBidirectional = false
    /// The activation of the last layer; nil for none.
    var activation: String? = "sigmoid"
    var testDescription: String { name }

    enum Kind: Sendable { case peepholeLSTM, gru, rnn }
  }

  static let networks = [
    Network(name: "beats_lstm", file: "beats-lstm", kind: .peepholeLSTM),
    Network(name: "beats_blstm", file: "beats-blstm", kind: .peepholeLSTM, isBidirectional: true),
    Network(
      name: "downbeats_bgru_harmonic", file: "bgru-harmonic", kind: .gru, layers: 2,
      isBidirectional: true),
    Network(
      name: "downbeats_bgru_rhythmic", file: "bgru-rhythmic", kind: .gru, layers: 2,
      isBidirectional: true),
    Network(name: "onsets_rnn", file: "onsets-rnn", kind: .rnn),
    Network(
      name: "onsets_brnn_pp", file: "onsets-brnn-pp", kind: .rnn, layers: 2, isBidirectional: true),
    Network(
      name: "notes_brnn", file: "notes-brnn", kind: .rnn, isBidirectional: true, activation: nil),
  ]

  private func activations(_ network: Network) throws -> Tensor {
    let model = try DescribedNetwork(
      NetworkDescription(json: network.description),
      weights: ArrayFile(path: Published.cache + "madmom-\(network.file).pkl"))
    let features = try Safetensors(path: Published.reference + "madmom/features.safetensors")
      .array(network.name).tensor
    let (steps, width) = (features.shape[0], features.shape[1])
    return model(.vectors(features.reshaped(to: [steps, 1, width])))["out"]
  }

  private func expect(_ found: Tensor, equals name: String) throws {
    let expected = try Safetensors(path: Published.reference + "madmom/activations.safetensors")
      .array(name).tensor
    try #require(found.count == expected.count)
    let worst = zip(found.scalars, expected.scalars).map { abs($0 - $1) }.max() ?? 0
    #expect(worst <= Self.tolerance, "\(name): \(worst)")
  }

  @Test(arguments: networks) func activationsAreThePackages(_ network: Network) throws {
    try expect(activations(network), equals: network.name)
  }

  /// What the package reports is the mean of eight networks.
  @Test func theMeanOfEightIsThePackages() throws {
    var sum = try activations(Self.networks[0])
    for number in 2...8 {
      var network = Self.networks[0]
      network.file += "-\(number)"
      sum = sum + (try activations(network))
    }
    try expect(sum * 0.125, equals: "beats_lstm.mean8")
  }
}

extension MadmomModelTests.Network {
  /// The description, in the words of `NetworkDescription`.
  var description: String {
    let rows = (0..<layers).map { recurrent($0) }
    let last = activation.map { "\"activation\": \"\($0)\", " } ?? ""
    let output = """
      {"name": "out", "kind": "linear", "convention": "keras", \(last)"weights": \
      {"weight": "layers.\(layers).weights", "bias": "layers.\(layers).bias"}}
      """
    return "{\"layers\": [\((rows + [output]).joined(separator: ", "))]}"
  }

  private var gates: [String] {
    switch kind {
    case .peepholeLSTM: ["input_gate.", "forget_gate.", "cell.", "output_gate."]
    case .gru: ["update_gate.", "reset_gate.", "cell."]
    case .rnn: [""]
    }
  }

  private func recurrent(_ number: Int) -> String {
    let sides =
      isBidirectional ? [("fwd_layer.", ""), ("bwd_layer.", "_reverse")] : [("", "")]
    func joined(_ names: [String]) -> String { "[\"" + names.joined(separator: "\", \"") + "\"]" }
    var weights: [String] = []
    for (side, suffix) in sides {
      let layer = "layers.\(number).\(side)"
      let parts = gates.map { layer + $0 }
      for (key, leaf) in [
        ("input", "weights"), ("recurrent", "recurrent_weights"), ("inputBias", "bias"),
      ] {
        weights.append("\"\(key)\(suffix)\": \(joined(parts.map { $0 + leaf }))")
      }
      if kind == .peepholeLSTM {
        let seeing = [0, 1, 3].map { parts[$0] + "peephole_weights" }
        weights.append("\"peepholes\(suffix)\": \(joined(seeing))")
      }
      if kind == .gru { weights.append("\"initial_hidden\(suffix)\": \"\(layer)hid_init\"") }
    }
    var options = "\"convention\": \"keras\", "
    if isBidirectional { options += "\"isBidirectional\": true, " }
    if kind == .gru { options += "\"cell\": \"gru\", \"isUpdateFlipped\": true, " }
    return "{\"name\": \"r\(number)\", \"kind\": \"recurrent\", \(options)\"weights\": "
      + "{\(weights.joined(separator: ", "))}}"
  }
}
