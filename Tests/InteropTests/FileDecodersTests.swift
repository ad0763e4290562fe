import Datasets
import Foundation
import Interop
import Models
import Testing

@Suite struct FileDecodersTests {
  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("DatasetsTests/Fixtures/byte-pairs").path

  private func withFiles(_ files: [String: [UInt8]], _ test: (String) throws -> Void) throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("decoders-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    for (name, bytes) in files { try Data(bytes).write(to: url.appendingPathComponent(name)) }
    try test(url.path)
  }

  @Test func theTwoFilesOfGPT2AreReadAndEncodeAsTheReferenceDoes() throws {
    struct Case: Decodable {
      let text: String
      let tokens: [Int32]
    }
    let tokenizer = try BytePairTokenizer(
      vocabularyPath: Self.fixtures + "/vocab.json", mergesPath: Self.fixtures + "/merges.txt",
      special: ["<|endoftext|>"])
    let json = try Data(contentsOf: URL(fileURLWithPath: Self.fixtures + "/encoded.json"))
    for one in try JSONDecoder().decode([Case].self, from: json) {
      #expect(tokenizer.encode(one.text) == one.tokens)
    }
  }

  @Test func malformedVocabularyFilesAreNamed() throws {
    let vocabulary = try Data(contentsOf: URL(fileURLWithPath: Self.fixtures + "/vocab.json"))
    try withFiles([
      "vocab.json": Array(vocabulary), "gap.json": Array(#"{"a":1}"#.utf8),
      "three.txt": Array("#version: 0.2\nĠ t\na b c\n".utf8),
      "unknown.txt": Array("Ġ t\n\nq q\n".utf8),
    ]) { folder in
      func message(_ vocabulary: String, _ merges: String) -> String {
        do {
          _ = try BytePairTokenizer(
            vocabularyPath: "\(folder)/\(vocabulary)", mergesPath: "\(folder)/\(merges)",
            special: ["<|endoftext|>"])
          return "read"
        } catch {
          return "\(error)"
        }
      }
      #expect(
        message("vocab.json", "three.txt")
          == "\(folder)/three.txt:3:1: expected two tokens with a space between them, found a b c")
      #expect(
        message("vocab.json", "unknown.txt")
          == "\(folder)/unknown.txt:3:1: expected tokens of the vocabulary, found qq")
      #expect(message("gap.json", "three.txt").contains("gap.json"))
      #expect(message("none.json", "three.txt").contains("none.json"))
    }
  }

  @Test func objectsOfAllKindsOfMembersAreRows() throws {
    let lines = """
      {"text": "caf\\u00e9, \\"x\\"", "label": 1, "meta": {"a": [1]}, "none": null}

      {"label": 2, "text": "y"}
      {"text": "true", "label": true}
      """
    try withFiles(["r.jsonl": Array(lines.utf8)]) { folder in
      let task = try FileDataset("\(folder)/r.jsonl", decoders: .standard).read()
      #expect(task.target.names == ["1", "2", "true"])
      guard case .text(let tokenizer) = task.input else { return }
      var place = SamplePlace()
      let samples = try task.training.samples(from: &place, limit: 9)
      #expect(samples[0] == Sample(.tokens(tokenizer.encode("café, \"x\"")), .label(0)))
      #expect(samples.count == 3)
    }
  }

  @Test(arguments: [
    (#"{"text": "a", "label": }"#, 24, "a JSON object", "expected a value"),
    (#"[1]"#, 1, "a JSON object", "another value"),
    (#"{"text": "a"}"#, 1, "a text, a number, true or false for label", "none"),
  ])
  func aMalformedLineIsNamedOrPassedOver(
    line: String, column: Int, expected: String, found: String
  ) throws {
    let good = "{\"text\": \"a\", \"label\": \"x\"}\n"
    try withFiles(["r.jsonl": Array((good + line + "\n" + good).utf8)]) { folder in
      let path = "\(folder)/r.jsonl"
      #expect(
        throws: DatasetError.badRow(
          path: path, line: 2, column: column, expected: expected, found: found)
      ) { try FileDataset(path, decoders: .standard).read() }
      var options = FileOptions()
      options.skipsBadRows = true
      let task = try FileDataset(path, options: options, decoders: .standard).read()
      #expect(task.skipped.count == 1 && task.training.count == 2)
    }
  }

  /// `printf '\0\0\10\3\0\0\0\1\0\0\0\1\0\0\0\2\144\310' | gzip -n9 | od -An -tu1`, and the label 3.
  @Test func packedImagesAreUnpackedAndDamagedOnesNamed() throws {
    let images = Self.packedImages
    let labels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 1, 3]
    try withFiles(["images.idx.gz": images, "labels.idx.gz": labels]) { folder in
      let task = try FileDataset("\(folder)/images.idx.gz", decoders: .standard).read()
      var place = SamplePlace()
      let steps = FeatureSequence([100 / 255, 200 / 255], width: 2)
      #expect(
        try task.training.samples(from: &place, limit: 9) == [Sample(.features(steps), .label(3))])
    }
    for position in [0, 12, images.count - 6, images.count - 2] {
      var damaged = images
      damaged[position] ^= 0x55
      try withFiles(["images.idx.gz": damaged, "labels.idx.gz": labels]) { folder in
        #expect(throws: DatasetError.self) {
          try FileDataset("\(folder)/images.idx.gz", decoders: .standard).read()
        }
      }
    }
  }

  private static let packedImages: [UInt8] = [
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 99, 96, 224, 96, 102, 96, 96, 96, 132, 98, 166, 148, 19, 0,
    64, 222, 38, 245, 18, 0, 0, 0,
  ]
}
