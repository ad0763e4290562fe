import Cells
import Checkpoint
import Datasets
import Foundation
import Models

/// Removes noise from speech by the two graphs of DTLN: `Denoiser FOLDER NOISY.wav CLEAN.wav`.
///
/// N. Westhausen and B. Meyer, Dual-signal transformation LSTM network for real-time noise suppression, Interspeech 2020.
@main struct Denoiser {
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
    guard arguments.count == 4 else {
      throw Refusal(description: "usage: Denoiser FOLDER NOISY.wav CLEAN.wav")
    }
    var sound = try WaveFile(path: arguments[2])
    guard sound.sampleRate == 16_000, sound.channels == 1 else {
      throw Refusal(description: "\(arguments[2]): expected one channel of 16000 samples a second")
    }
    var denoiser = try Denoiser(folder: arguments[1])
    sound.samples = try denoiser(sound.samples)
    try sound.write(to: arguments[3])
    print("\(arguments[3]): \(sound.samples.count) samples, 384 later than they came")
  }

  private var masks: GraphSession
  private var samples: GraphSession
  private let stft = STFT(size: 512, hop: 128, window: .rectangular, padding: .zeros(384))
  private let adding = OverlapAdd(size: 512, hop: 128)

  init(folder: String) throws {
    func session(_ name: String, _ state: GraphModel.State) throws -> GraphSession {
      let path = "\(folder)/\(name).onnx"
      return GraphSession(try GraphModel(ONNXModel(path: path), states: [state], file: path))
    }
    masks = try session("model_1", .init("input_3", "tf_op_layer_stack_2"))
    samples = try session("model_2", .init("input_5", "tf_op_layer_stack_5"))
  }

  /// The signal without noise, 384 samples later; what does not fill the last 128 samples is left out.
  mutating func callAsFunction(_ signal: [Float]) throws -> [Float] {
    var (read, added) = (stft.start(batch: 1), adding.start())
    let x = Tensor(signal, shape: [signal.count, 1, 1])
    guard let spectrum = stft(x, after: &read) else { return [] }
    let frames = spectrum.real.shape[0]
    // Each frame is a call that goes on from the states after the one before.
    let masked = try masks.runAll([
      "input_2": StoredArray(spectrum.magnitude.reshaped(to: [frames, 1, 1, 257]))
    ])
    let mask = Tensor(masked["activation_2"]?.floats ?? [], shape: [frames, 1, 257])
    let noisy = stft.frames(spectrum.masked(mask))
    let clean = try samples.runAll([
      "input_4": StoredArray(noisy.reshaped(to: [frames, 1, 1, 512]))
    ])
    let output = Tensor(clean["conv1d_3"]?.floats ?? [], shape: [frames, 1, 512])
    return adding(output, after: &added).scalars
  }
}

/// The error for wrong arguments.
struct Refusal: Error, CustomStringConvertible {
  var description: String
}
