import Foundation
import Testing

/// The tool of the plugin `EmbedCheckpoint` turns undamaged files into constants, and refuses all others.
@Suite struct EmbedToolTests {
  private static let folder =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("TrainingTests/Fixtures/version-1").path

  @Test(arguments: [
    ("language-lstm-adam", "languageLstmAdam", "SavedLanguageModel"),
    ("sequence-tagger", "sequenceTagger", "SavedSequenceModel"),
  ])
  func aModelBecomesAConstant(_ file: String, _ name: String, _ type: String) throws {
    let path = "\(Self.folder)/\(file).rnnz"
    let base64 = try Data(contentsOf: URL(fileURLWithPath: path)).base64EncodedString()
    try withTemporaryDirectory { directory in
      let output = directory + "/Models.swift"
      let outcome = try Program("EmbedTool").run(output, path)
      #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.error.isEmpty)
      let source = try String(contentsOfFile: output, encoding: .utf8)
      #expect(
        source == """
          // Written by EmbedCheckpoint when the package was built.

          import Models

          /// The models of this target's checkpoints.
          enum Models {
            /// The model of \(file).rnnz.
            static let `\(name)` = \(type)(
              embedded: EmbeddedFile(name: "\(file).rnnz", base64: "\(base64)"))
          }

          """)
    }
  }

  /// A file with any changed byte, or one that is truncated or extended, is refused with one line.
  @Test func whatIsDamagedIsRefused() throws {
    let whole = try Data(
      contentsOf: URL(fileURLWithPath: "\(Self.folder)/sequence-tagger.rnnz"))
    var damaged = [whole.dropLast(), whole + [0], Data(), Data("text".utf8)]
    for step in 0..<40 {
      var bytes = whole
      bytes[step * (whole.count - 1) / 39] ^= 1 << UInt8(step % 8)
      damaged.append(bytes)
    }
    try withTemporaryDirectory { directory in
      let (input, output) = (directory + "/model.rnnz", directory + "/Models.swift")
      for (index, bytes) in damaged.enumerated() {
        try bytes.write(to: URL(fileURLWithPath: input))
        let outcome = try Program("EmbedTool").run(output, input)
        #expect(outcome.status == 1, "\(index)")
        #expect(outcome.error.hasPrefix("\(input):1:1: error: "), "\(index): \(outcome.error)")
        #expect(outcome.error.split(separator: "\n").count == 1)
        #expect(!FileManager.default.fileExists(atPath: output))
      }
    }
  }
}
