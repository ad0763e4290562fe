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

  /// A network: its name in the references, and the name of its file and of its description.
  struct Network: Sendable, CustomTestStringConvertible {
    var name, file: String
    var testDescription: String { name }
  }

  static let networks = [
    Network(name: "beats_lstm", file: "beats-lstm"),
    Network(name: "beats_blstm", file: "beats-blstm"),
    Network(name: "downbeats_bgru_harmonic", file: "bgru-harmonic"),
    Network(name: "downbeats_bgru_rhythmic", file: "bgru-rhythmic"),
    Network(name: "onsets_rnn", file: "onsets-rnn"),
    Network(name: "onsets_brnn_pp", file: "onsets-brnn-pp"),
    Network(name: "notes_brnn", file: "notes-brnn"),
  ]

  /// What a network's description and weights give, those of `file` unless they are others.
  private func activations(_ network: Network, weights: String? = nil) throws -> Tensor {
    let model = try VectorNetwork(
      NetworkDescription(path: Published.package + "Models/networks/madmom-\(network.file).json"),
      weights: ArrayFile(path: Published.cache + "madmom-\(weights ?? network.file).pkl"))
    let features = try Safetensors(path: Published.reference + "madmom/features.safetensors")
      .array(network.name).tensor
    return try model.numbers(for: features)
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
      sum = sum + (try activations(Self.networks[0], weights: "beats-lstm-\(number)"))
    }
    try expect(sum * 0.125, equals: "beats_lstm.mean8")
  }
}
