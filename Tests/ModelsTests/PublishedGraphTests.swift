import Cells
import Checkpoint
import FileCore
import Foundation
import Models
import TensorCore
import Testing

/// Files of published models, and what their own programs compute.
private enum Published {
  /// The folder that `make published-models` fills.
  static let cache: String = {
    let environment = ProcessInfo.processInfo.environment
    let root = environment["XDG_CACHE_HOME"] ?? (environment["HOME"] ?? "") + "/.cache"
    return root + "/swift-rnn/published"
  }()
  /// The folder beside this package with inputs and outputs of the models' own programs.
  static let references: String = {
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let named = ProcessInfo.processInfo.environment["SWIFT_RNN_SHARED"]
    let shared = named ?? package.deletingLastPathComponent().path + "/shared"
    return shared + "/reference/published"
  }()

  static let comment: Comment =
    "no published models: run 'make published-models'; their outputs stand in ../shared/reference"

  static var areThere: Bool {
    let files = FileManager.default
    return files.isReadableFile(atPath: cache + "/silero-vad/silero_vad_16k_sequence.onnx")
      && files.isReadableFile(atPath: references + "/silero-vad/reference.safetensors")
  }

  static func arrays(_ name: String) throws -> ExactDictionary<StoredArray> {
    try Safetensors(path: "\(references)/\(name).safetensors").arrays
  }

  static func session(_ name: String, states: [GraphModel.State]) throws -> GraphSession {
    let path = "\(cache)/\(name).onnx"
    return GraphSession(try GraphModel(ONNXModel(path: path), states: states, file: path))
  }

  /// Samples of 16 bits as numbers below 1.
  static func samples(_ name: String) throws -> [Float] {
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(references)/\(name)"))
    return stride(from: 0, to: data.count - 1, by: 2).map { index in
      Float(Int16(bitPattern: UInt16(data[index]) | UInt16(data[index + 1]) << 8)) / 32768
    }
  }
}

/// Graphs of published models give what onnxruntime gives, frame by frame with carried states.
@Suite(.enabled(if: Published.areThere, Published.comment)) struct PublishedGraphTests {
  /// How far outputs may be from onnxruntime's, which is 1e-6 from the numbers in float64.
  private static let tolerance: Float = 1e-5
  /// The same for states, of whose size it is a part: some cells count frames, to 192.
  private static let stateTolerance: Float = 2e-5

  private func expect(
    _ found: [Float], equals expected: [Float], within tolerance: Float, _ what: String
  ) {
    #expect(found.count == expected.count, "\(what)")
    for (index, (a, b)) in zip(found, expected).enumerated()
    where !(abs(a - b) <= tolerance * max(1, tolerance == Self.tolerance ? 0 : abs(b))) {
      Issue.record("\(what)[\(index)]: expected \(b), found \(a)")
      return
    }
  }

  /// A denoiser's graph, frame by frame; and all frames in one array give the same bits.
  private func checkDenoiser(
    _ model: String, _ input: String, state: GraphModel.State, output: String,
    frames: StoredArray, expected: StoredArray, references: ExactDictionary<StoredArray>
  ) throws {
    var session = try Published.session("dtln/\(model)", states: [state])
    let (count, width) = (frames.shape[0], frames.shape[1])
    let values = frames.floats
    var (found, lastState): ([Float], [Float]) = ([], [])
    for frame in 0..<count {
      let row = Array(values[frame * width..<(frame + 1) * width])
      let results = try session.run([input: StoredArray(row, shape: [1, 1, width])])
      found += try #require(results[output]).floats
      lastState = try #require(results[state.output]).floats
      if let known = references["state.\(frame + 1)"] {
        expect(
          lastState, equals: known.floats, within: Self.stateTolerance,
          "\(model): state after \(frame + 1) frames")
      }
    }
    expect(found, equals: expected.floats, within: Self.tolerance, "\(model): \(output)")
    session.reset()
    let all = try session.runAll([input: StoredArray(values, shape: [count, 1, 1, width])])
    #expect(all[output]?.floats == found)
    #expect(all[state.output]?.floats == lastState)
  }

  @Test func denoisersGiveMasksSamplesAndStates() throws {
    let first = try Published.arrays("dtln/model_1-out")
    try checkDenoiser(
      "model_1", "input_2", state: .init("input_3", "tf_op_layer_stack_2"), output: "activation_2",
      frames: #require(try Published.arrays("dtln/model_1-in")["magnitude"]),
      expected: #require(first["mask"]), references: first)
    let second = try Published.arrays("dtln/model_2-out-0")
    try checkDenoiser(
      "model_2", "input_4", state: .init("input_5", "tf_op_layer_stack_5"), output: "conv1d_3",
      frames: #require(try Published.arrays("dtln/model_2-in-0")["time"]),
      expected: #require(second["time"]), references: second)
  }

  /// Spectra, masks and frames that are added up make the denoised signal, whole and in blocks.
  @Test func denoisedSignalsAreThePackages() throws {
    let stft = STFT(size: 512, hop: 128, window: .rectangular, padding: .zeros(384))
    let adding = OverlapAdd(size: 512, hop: 128)
    var masks = try Published.session(
      "dtln/model_1", states: [.init("input_3", "tf_op_layer_stack_2")])
    var filters = try Published.session(
      "dtln/model_2", states: [.init("input_5", "tf_op_layer_stack_5")])
    let noisy = try Published.samples("dtln/noisy.s16")
    func denoised(block: Int) throws -> [Float] {
      var (read, added, samples) = (stft.start(batch: 1), adding.start(), [Float]())
      for start in stride(from: 0, to: noisy.count, by: block) {
        let part = Array(noisy[start..<min(noisy.count, start + block)])
        guard let spectrum = stft(Tensor(part, shape: [part.count, 1, 1]), after: &read) else {
          continue
        }
        let frames = spectrum.real.shape[0]
        let masked = try masks.runAll([
          "input_2": StoredArray(spectrum.magnitude.scalars, shape: [frames, 1, 1, 257])
        ])
        let mask = try #require(masked["activation_2"]).floats
        let filtered = stft.frames(spectrum.masked(Tensor(mask, shape: [frames, 1, 257])))
        let output = try filters.runAll([
          "input_4": StoredArray(filtered.scalars, shape: [frames, 1, 1, 512])
        ])
        let clean = Tensor(try #require(output["conv1d_3"]).floats, shape: [frames, 1, 512])
        samples += adding(clean, after: &added).scalars
      }
      return samples
    }
    let whole = try denoised(block: noisy.count)
    let expected = try #require(try Published.arrays("dtln/denoised")["denoised"]).floats
    expect(whole, equals: expected, within: Self.tolerance, "denoised")
    masks.reset()
    filters.reset()
    #expect(try denoised(block: 300) == whole)
  }

  /// Frames of 512 samples, each behind the 64 before it.
  private func voiceFrames() throws -> [[Float]] {
    let signal = [Float](repeating: 0, count: 64) + (try Published.samples("silero-vad/signal.s16"))
    return stride(from: 0, to: signal.count - 64, by: 512).map { start in
      let frame = Array(signal[start..<min(signal.count, start + 576)])
      return frame + [Float](repeating: 0, count: 576 - frame.count)
    }
  }

  /// All frames in one call, and frame by frame, to the same bits.
  @Test func aVoiceDetectorReadsWholeSequencesAndStreams() throws {
    let reference = try Published.arrays("silero-vad/reference")
    let frames = try voiceFrames()
    let states = [GraphModel.State("h", "hn"), .init("c", "cn")]
    var session = try Published.session("silero-vad/silero_vad_16k_sequence", states: states)
    let whole = try session.run([
      "input": StoredArray(frames.flatMap { $0 }, shape: [frames.count, 576])
    ])
    let probabilities = try #require(whole["speech_probs"]).floats
    expect(
      probabilities, equals: try #require(reference["onnx.probability"]).floats,
      within: Self.tolerance, "probability")
    for (output, name) in [("hn", "onnx.h"), ("cn", "onnx.c")] {
      expect(
        try #require(whole[output]).floats, equals: try #require(reference[name]).floats,
        within: Self.stateTolerance, name)
    }
    session.reset()
    var streamed: [Float] = []
    for frame in frames {
      let results = try session.run(["input": StoredArray(frame, shape: [1, 576])])
      streamed += try #require(results["speech_probs"]).floats
    }
    #expect(streamed == probabilities)
  }

  /// The other graphs of the same network: with branches for two rates, without, with a fixed batch.
  @Test(arguments: ["silero_vad_16k_op15", "silero_vad_op18_ifless", "silero_vad_openvino_16k"])
  func itsOtherGraphsGiveTheSame(_ name: String) throws {
    let reference = try #require(try Published.arrays("silero-vad/reference")["onnx.probability"])
    var session = try Published.session("silero-vad/\(name)", states: [.init("state", "stateN")])
    var found: [Float] = []
    for frame in try voiceFrames() {
      var inputs: ExactDictionary<StoredArray> = ["input": StoredArray(frame, shape: [1, 576])]
      if name != "silero_vad_openvino_16k" { inputs["sr"] = StoredArray(Int64(16000)) }
      found += try #require(try session.run(inputs)["output"]).floats
    }
    expect(found, equals: reference.floats, within: Self.tolerance, name)
  }
}
