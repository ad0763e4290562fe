import Checkpoint
import Foundation
import Interop
import Models
import Testing

/// The folder `../shared/cases` beside this package, if it is there.
private let casesDirectory: String? = {
  let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  for parent in [
    root.deletingLastPathComponent(), root.deletingLastPathComponent().deletingLastPathComponent(),
  ] {
    let path = parent.appendingPathComponent("shared/cases").path
    if FileManager.default.fileExists(atPath: path) { return path }
  }
  return nil
}()

/// Files as people have them: each writes its text or is refused for the right reason.
@Suite(.enabled(if: casesDirectory != nil, "needs ../shared/cases"))
struct SharedCaseTests {
  private static let text = "eadbhbgiggggggggggggbkajgbcakjgbckjgbcak"

  private func text(_ path: String, outline: String? = nil) throws -> String {
    let directory = try #require(casesDirectory) + "/"
    let folder = directory + path.split(separator: "/")[0]
    let saved = try SavedLanguageModel(
      importing: directory + path,
      described: ModelDescription(
        vocabularyPath: folder + "/vocabulary.json",
        outlinePath: outline.map { "\(folder)/\($0).json" }))
    return saved.generation(prompt: "abc", sampler: .greedy).prefix(40).joined()
  }

  @Test(arguments: [
    "torch-files/nested.pt", "torch-files/training.pt", "torch-files/lightning.ckpt",
    "torch-files/parameters.pt", "torch-files/protocol-3.pt", "torch-files/protocol-4.pt",
    "torch-files/protocol-5.pt", "torch-files/without-checksums.pt",
    "torch-names/embed-char_rnn-fc.pt", "torch-names/embed-lstm-fc.pt",
    "torch-names/embed-lstm-fc.safetensors", "torch-names/module-embed-lstm-fc.pt",
    "safetensors-header-length/header-640.safetensors",
    "safetensors-header-length/header-648.safetensors",
    "safetensors-header-length/header-35615.safetensors",
    "safetensors-null-metadata/null.safetensors",
  ])
  func writesItsText(_ path: String) throws {
    #expect(try text(path) == Self.text)
  }

  @Test(arguments: [
    ("torch-files/expanded.pt", nil, "ehbggigggggggggggggggggggggggggggggggggg"),
    (
      "safetensors-null-metadata/mlx-lstm.safetensors", nil,
      "ieeieeieeieieeieieeieieieeieieieeieieiee"
    ),
    (
      "safetensors-null-metadata/mlx-gru.safetensors", nil,
      "ceiiacec                                "
    ),
    (
      "safetensors-null-metadata/mlx-rnn.safetensors", nil,
      "i    di    daf di d dji di d dji di d dj"
    ),
    ("keras-gru-without-bias/after.npz", "kind-gru", "k hk hck hk hck hk hck hk hk hk h  a  a "),
    ("keras-gru-without-bias/after.npz", "cell-gru", "k hk hck hk hck hk hck hk hk hk h  a  a "),
    (
      "keras-gru-without-bias/before.npz", "kind-gru-before",
      "k  fj fjjji h j hj hj hj hj hj hj hj hj "
    ),
  ])
  func writesAnotherText(_ path: String, _ outline: String?, _ expected: String) throws {
    #expect(try text(path, outline: outline) == expected)
  }

  @Test func whatIsMissingIsNamed() throws {
    #expect(throws: CheckpointError.self) { try text("keras-gru-without-bias/after.npz") }
    let error = #expect(throws: CheckpointError.self) {
      try text("torch-names/without-fc-weight.pt")
    }
    #expect(error?.description.contains("fc.weight: expected in the file, not found") == true)
  }
}
