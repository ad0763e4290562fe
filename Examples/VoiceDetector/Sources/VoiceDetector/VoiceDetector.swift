import Cells
import Checkpoint
import Datasets
import Foundation

/// Says where somebody speaks in a sound: `VoiceDetector WEIGHTS.safetensors SOUND.wav` prints the seconds of each passage.
///
/// The network of silero-vad: of each 32 ms a Fourier transform, four convolutions, an LSTM that goes on from frame to frame, and
/// the probability of speech.
@main struct VoiceDetector {
  static func main() {
    do {
      try run()
    } catch {
      FileHandle.standardError.write(Data("\(error)\n".utf8))
      exit(1)
    }
  }

  private static func run() throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 3 else {
      throw Refusal(description: "usage: VoiceDetector WEIGHTS.safetensors SOUND.wav")
    }
    let sound = try WaveFile(path: arguments[2])
    guard sound.sampleRate == 16_000, sound.channels == 1 else {
      throw Refusal(description: "\(arguments[2]): expected one channel of 16000 samples a second")
    }
    var detector = try VoiceDetector(weights: arguments[1])
    let probabilities = detector(sound.samples)
    let seconds = Double(frameSize) / 16_000
    var start: Int?
    for (frame, probability) in (probabilities + [0]).enumerated() {
      if probability >= 0.5 {
        start = start ?? frame
      } else if let first = start {
        print("\(Double(first) * seconds) s to \(Double(frame) * seconds) s")
        start = nil
      }
    }
    print("speech in \(probabilities.count { $0 >= 0.5 }) of \(probabilities.count) frames")
  }

  private static let frameSize = 512
  /// The samples before a frame that its features depend on.
  private static let context = 64

  private let fourier: Conv1d
  private let convolutions: [Conv1d]
  private let reader: Recurrent
  private let weight, bias: Tensor
  private var state: RecurrentState
  private var before = [Float](repeating: 0, count: context)

  init(weights path: String) throws {
    let file = try Safetensors(path: path)
    func tensor(_ name: String) throws -> Tensor { try file.array(name).tensor }
    fourier = Conv1d(weight: try tensor("stft_conv.weight"), bias: nil, stride: 128)
    convolutions = try [1, 2, 2, 1].enumerated().map { index, stride in
      let name = "conv\(index + 1)"
      return Conv1d(
        weight: try tensor("\(name).weight"), bias: try tensor("\(name).bias"), stride: stride,
        padding: .zeros(1))
    }
    var lstm = Recurrent(LSTM(), inputSize: 128, hiddenSize: 128)
    var parameters: [String: Tensor] = [:]
    for name in ["weight_ih", "weight_hh", "bias_ih", "bias_hh"] {
      parameters[name + "_l0"] = try tensor("lstm_cell." + name)
    }
    try lstm.load(parameters)
    (reader, state) = (lstm, lstm.zeroState(batch: 1))
    weight = try tensor("final_conv.weight").reshaped(to: [1, 128])
    bias = try tensor("final_conv.bias")
  }

  /// The probability of speech in each 32 ms; it goes on from the samples of the call before. A last frame is filled with zeros.
  mutating func callAsFunction(_ samples: [Float]) -> [Float] {
    let frames = stride(from: 0, to: samples.count, by: Self.frameSize).map { start in
      let frame = samples[start..<min(samples.count, start + Self.frameSize)]
      defer { before = Array((before + frame).suffix(Self.context)) }
      return before + frame + [Float](repeating: 0, count: Self.frameSize - frame.count)
    }
    guard !frames.isEmpty else { return [] }
    let features = features(frames).reshaped(to: [frames.count, 1, 128])
    let output: Tensor
    (output, state) = reader(features, from: state)
    return sigmoid(affine(relu(output), weight: weight, bias: bias)).scalars
  }

  /// What the layers before the LSTM give for frames, which are side by side as a batch: `[1, frames, 128]`.
  private func features(_ frames: [[Float]]) -> Tensor {
    let size = Self.frameSize + Self.context
    // The end is mirrored by 64 samples, without the last one.
    let places = Array(0..<size) + (0..<64).map { size - 2 - $0 }
    let samples = places.flatMap { place in frames.map { $0[place] } }
    let parts = fourier(Tensor(samples, shape: [places.count, frames.count, 1]))
    let (real, imaginary) = (
      parts.slice(0..<129, along: 2), parts.slice(129..<258, along: 2)
    )
    return convolutions.reduce(sqrt(real * real + imaginary * imaginary)) { relu($1($0)) }
  }
}

/// The error for wrong arguments.
struct Refusal: Error, CustomStringConvertible {
  var description: String
}
