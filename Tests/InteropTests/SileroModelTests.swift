import Cells
import Checkpoint
import Foundation
import TensorCore
import Testing

/// The voice detector silero-vad from its safetensors file, of layers: a Fourier transform by convolution, four convolutions, an LSTM.
@Suite(
  .enabled(if: Published.isHere, "needs make published-models and ../shared/reference/published"))
struct SileroModelTests {
  /// How far probabilities and signals may be from those in double precision.
  private static let tolerance: Float = 1e-5
  /// The same for states, of whose size it is a part: some cells go up to 58.
  private static let stateTolerance: Float = 2e-5

  private let fourier: Conv1d
  private let convolutions: [Conv1d]
  private let reader: Recurrent
  private let weight, bias: Tensor

  init() throws {
    let file = try Safetensors(path: Published.cache + "silero-vad/silero_vad_16k.safetensors")
    func tensor(_ name: String) throws -> Tensor { try file.array(name).tensor }
    fourier = Conv1d(weight: try tensor("stft_conv.weight"), bias: nil, stride: 128)
    convolutions = try [1, 2, 2, 1].enumerated().map { index, stride in
      Conv1d(
        weight: try tensor("conv\(index + 1).weight"), bias: try tensor("conv\(index + 1).bias"),
        stride: stride, padding: .zeros(1))
    }
    var lstm = Recurrent(
      try CellRegistry.standard.cell(named: "lstm"), inputSize: 128, hiddenSize: 128)
    try lstm.load(
      Dictionary(
        uniqueKeysWithValues: ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map {
          ($0 + "_l0", try tensor("lstm_cell." + $0))
        }))
    reader = lstm
    weight = try tensor("final_conv.weight").reshaped(to: [1, 128])
    bias = try tensor("final_conv.bias")
  }

  /// What the layers before the LSTM give for frames of 576 samples, side by side as samples of a batch.
  private func signals(_ frames: [[Float]]) -> [Tensor] {
    let (count, size) = (frames.count, 576)
    // The end is mirrored by 64 samples, without the last one.
    let places = Array(0..<size) + (0..<64).map { size - 2 - $0 }
    let samples = places.flatMap { place in frames.map { $0[place] } }
    let parts = fourier(Tensor(samples, shape: [places.count, count, 1]))
    let (real, imaginary) = (
      parts.slice(0..<129, along: 2), parts.slice(129..<258, along: 2)
    )
    var signals = [sqrt(real * real + imaginary * imaginary)]
    for layer in convolutions { signals.append(relu(layer(signals[signals.count - 1]))) }
    return signals
  }

  private func probabilities(
    _ frames: [[Float]], from state: inout RecurrentState
  ) -> [Float] {
    let features = signals(frames)[4].reshaped(to: [frames.count, 1, 128])
    let output: Tensor
    (output, state) = reader(features, from: state)
    return sigmoid(affine(relu(output), weight: weight, bias: bias)).scalars
  }

  /// Frames of 512 samples, each behind the 64 before it.
  private func frames() throws -> [[Float]] {
    let data = try Data(
      contentsOf: URL(fileURLWithPath: Published.reference + "silero-vad/signal.s16"))
    let samples = stride(from: 0, to: data.count - 1, by: 2).map { index in
      Float(Int16(bitPattern: UInt16(data[index]) | UInt16(data[index + 1]) << 8)) / 32768
    }
    let signal = [Float](repeating: 0, count: 64) + samples
    return stride(from: 0, to: samples.count, by: 512).map { start in
      let frame = Array(signal[start..<min(signal.count, start + 576)])
      return frame + [Float](repeating: 0, count: 576 - frame.count)
    }
  }

  private func expect(
    _ found: [Float], equals name: String, within tolerance: Float = Self.tolerance,
    relative: Float = 0
  ) throws {
    let file = try Safetensors(path: Published.reference + "silero-vad/reference.safetensors")
    let expected = try file.array("safetensors." + name).tensor.scalars
    try #require(found.count == expected.count, "\(name)")
    for (a, b) in zip(found, expected) {
      #expect(abs(a - b) <= tolerance * max(1, relative * abs(b)), "\(name)")
    }
  }

  @Test func probabilitiesAndStatesAreThePackages() throws {
    var state = reader.zeroState(batch: 1)
    let found = probabilities(try frames(), from: &state)
    #expect(found.count == 250)
    try expect(found, equals: "probability")
    try expect(
      state["hidden"].scalars, equals: "h", within: Self.stateTolerance, relative: 1)
    try expect(state["cell"].scalars, equals: "c", within: Self.stateTolerance, relative: 1)
  }

  @Test func signalsOfAFrameAreThePackages() throws {
    for (index, signal) in signals([try frames()[60]]).enumerated() {
      // [T, 1, units] to [units, T].
      let turned = signal.reshaped(to: [signal.shape[0], signal.shape[2]]).transposed(1, 0)
      try expect(
        turned.scalars, equals: "frame60." + (index == 0 ? "magnitude" : "conv\(index)"))
    }
  }

  @Test(arguments: [1, 7]) func blocksHaveTheBitsOfTheWhole(_ block: Int) throws {
    let frames = try frames()
    var state = reader.zeroState(batch: 1)
    let whole = probabilities(frames, from: &state)
    var (carried, found) = (reader.zeroState(batch: 1), [Float]())
    for start in stride(from: 0, to: frames.count, by: block) {
      found += probabilities(
        Array(frames[start..<min(frames.count, start + block)]), from: &carried)
    }
    #expect(found == whole)
  }
}
