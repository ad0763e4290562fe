import Cells
import Checkpoint
import Interop
import Models
import TensorCore
import Testing

/// Weights in the conventions of Keras, MLX and char-rnn give the logits that these libraries compute.
@Suite struct ConventionTests {
  private static let vocabulary = ["<unk>", "a", "b", "c", "d", "e", "f"]

  private func model(_ file: String, kind: String? = nil) throws -> LanguageModel {
    try SavedLanguageModel(
      importing: fixture("conventions/\(file)"),
      described: ModelDescription(
        vocabulary: Self.vocabulary, outline: kind.map { ModelDescription.Outline(kind: $0) })
    ).model
  }

  @Test(arguments: [
    ("keras-rnn.npz", "rnn"), ("keras-lstm.npz", "lstm"), ("keras-gru.npz", "gru"),
    ("keras-gru-before.npz", "gru-before"), ("mlx-rnn.safetensors", "rnn"),
    ("mlx-lstm.safetensors", "lstm"), ("mlx-gru.safetensors", "gru"), ("char-rnn-rnn.npz", "rnn"),
    ("char-rnn-lstm.npz", "lstm"), ("char-rnn-gru.npz", "gru-before"),
  ])
  func givesTheSameLogits(_ file: String, _ cell: String) throws {
    let model = try model(file)
    #expect(model.configuration.cell.name == cell && model.configuration.layers == 2)
    let name = file.split(separator: ".")[0]
    let expected = try Safetensors(path: fixture("conventions/logits.safetensors"))
    let tokens = try expected.array("\(name)/tokens")
    let ids = (tokens.values(as: Int64.self) ?? []).map { Int32($0) }
    let (logits, _) = model(ids, shape: tokens.shape, from: model.zeroState(batch: tokens.shape[0]))
    let wanted = try expected.array("\(name)/logits").tensor
    #expect(logits.shape == wanted.shape)
    let worst = zip(logits.scalars, wanted.scalars).map { abs($0 - $1) }.max() ?? 0
    #expect(worst <= 1e-5, "\(worst)")
  }

  /// Files of Keras 2, of its layers for cuDNN (whose weights are turned) and of Keras 3 have the logits of the same model.
  @Test(arguments: [
    ("keras-2-lstm.h5", "keras-lstm"), ("cudnn-lstm.h5", "keras-lstm"),
    ("whole-lstm.h5", "keras-lstm"), ("cudnn-gru.h5", "keras-gru"),
    ("keras-3-gru.keras", "keras-gru"),
  ])
  func hdf5FilesGiveTheSameLogits(_ file: String, _ name: String) throws {
    let model = try model(file)
    let expected = try Safetensors(path: fixture("conventions/logits.safetensors"))
    let tokens = try expected.array("\(name)/tokens")
    let ids = (tokens.values(as: Int64.self) ?? []).map { Int32($0) }
    let (logits, _) = model(ids, shape: tokens.shape, from: model.zeroState(batch: tokens.shape[0]))
    let wanted = try expected.array("\(name)/logits").tensor
    let worst = zip(logits.scalars, wanted.scalars).map { abs($0 - $1) }.max() ?? 1
    #expect(worst <= 1e-5, "\(worst)")
  }

  /// Keras before 2.3 had a hard sigmoid of slope 0.2 in the gates, which its files do not say.
  @Test func oldKerasHasAHardSigmoid() throws {
    let model = try model("hard.h5")
    let expected = try NumPyArchive(path: fixture("conventions/hard.npz"))
    let ids = try expected.array("tokens").floats.map { Int32($0) }
    let (logits, _) = model(ids, shape: [1, ids.count], from: model.zeroState(batch: 1))
    let wanted = try expected.array("logits").floats
    let worst = zip(logits.scalars, wanted).map { abs($0 - $1) }.max() ?? 1
    #expect(worst <= 1e-5, "\(worst)")
    #expect((model.configuration.cell.base as? LSTM)?.hardSigmoidSlope == 0.2)
  }

  /// A given kind does not override the options that the weights imply.
  @Test func aGivenKindKeepsTheResetGatesPlace() throws {
    #expect(try model("keras-gru-before.npz", kind: "GRU").configuration.cell.name == "gru-before")
    #expect(try model("keras-rnn.npz", kind: "RNN_RELU").configuration.cell.name == "rnn-relu")
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let source = try Safetensors(path: fixture("conventions/mlx-gru.safetensors"))
    func message(_ change: (inout Safetensors) -> Void) throws -> String {
      var file = source
      change(&file)
      return try withTemporaryFile("model.safetensors") { path in
        try file.save(to: path)
        do {
          _ = try SavedLanguageModel(
            importing: path, described: ModelDescription(vocabulary: Self.vocabulary))
          return "loaded"
        } catch {
          return "\(error)"
        }
      }
    }
    #expect(try message { _ in } == "loaded")
    #expect(
      try message { $0.arrays["layers.1.Wh"] = nil }.contains("layers.1.Wh: expected in the file"))
    #expect(
      try message { $0.arrays["layers.0.Wh"] = StoredArray([0] as [Float], shape: [1, 1]) }
        .contains("expected three or four gates, found 1 rows"))
    #expect(try message { $0.arrays["out.bias"] = nil }.contains("expected an embedding"))
    #expect(
      try message {
        $0.arrays["embed.weight"] = StoredArray([Float](repeating: 0, count: 21), shape: [21])
      }
      .contains("embed.weight: expected 2 axes"))
    #expect(
      try message { file in
        file.arrays["layers.1.b"] = StoredArray([Float](repeating: .nan, count: 12))
      }.contains("expected finite weights"))
  }
}
