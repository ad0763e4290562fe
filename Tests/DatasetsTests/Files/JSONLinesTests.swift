import Datasets
import FileCore
import Testing

@Suite struct JSONLinesTests {
  @Test func objectsOfAllKindsOfMembersAreRows() throws {
    let lines = """
      {"text": "caf\\u00e9, \\"x\\"", "label": 1, "meta": {"a": [1]}, "none": null}

      {"label": 2, "text": "y"}
      {"text": "true", "label": true}
      """
    try withFolder(["r.jsonl": Array(lines.utf8)]) { folder in
      let task = try FileDataset("\(folder)/r.jsonl").read()
      #expect(task.target.names == ["1", "2", "true"])
      guard case .text(let tokenizer) = task.input else {
        Issue.record("\(task.input)")
        return
      }
      var place = SamplePlace()
      let samples = try task.training.samples(from: &place, limit: 9)
      #expect(samples[0] == Sample(.tokens(tokenizer.encode("café, \"x\"")), .label(0)))
      #expect(samples.count == 3)
    }
  }

  @Test(arguments: [
    (#"{"text": "a", "label": }"#, 24, "a JSON object", "invalid JSON: expected a value"),
    (#"[1]"#, 1, "a JSON object", "another value"),
    (#"{"text": "a"}"#, 1, "a text, a number, true or false for label", "none"),
  ])
  func aMalformedLineIsNamedOrPassedOver(
    line: String, column: Int, expected: String, found: String
  ) throws {
    let good = "{\"text\": \"a\", \"label\": \"x\"}\n"
    try withFolder(["r.jsonl": Array((good + line + "\n" + good).utf8)]) { folder in
      let path = "\(folder)/r.jsonl"
      #expect(
        throws: FileError(
          file: path, line: 2, column: column, expected: expected, found: found)
      ) { try FileDataset(path).read() }
      var options = FileOptions()
      options.skipsBadRows = true
      let task = try FileDataset(path, options: options).read()
      #expect(task.skipped.count == 1 && task.training.count == 2)
    }
  }

  @Test func anArrayInsideOneObjectIsRead() throws {
    let rows = #"[{"text": "a", "label": "x"}, {"text": "b", "label": "y"}]"#
    for text in [
      rows, #"{"version": 1, "data": \#(rows)}"#, "{\n  \"tags\": [1],\n  \"rows\": \(rows)\n}\n",
    ] {
      try withFile("r.json", text) { path in
        let task = try FileDataset(path, task: .classification).read()
        #expect(task.training.count == 2 && task.target.names == ["x", "y"])
      }
    }
    try withFile("r.json", #"{"train": \#(rows), "test": \#(rows)}"#) { path in
      #expect(
        throws: FileError(file: path, expected: "one array of objects", found: "test and train")
      ) { try FileDataset(path).read() }
    }
    // One object a line, each with an array of its own.
    let line = #"{"text": "a", "label": "x", "parts": [{"n": 1}, {"n": 2}]}"# + "\n"
    for name in ["r.json", "r.jsonl"] {
      try withFile(name, line + line + line) { path in
        let task = try FileDataset(path, task: .classification).read()
        #expect(task.training.count == 3)
      }
    }
  }

  /// `printf '\0\0\10\3\0\0\0\1\0\0\0\1\0\0\0\2\144\310' | gzip -n9 | od -An -tu1`, and the label 3.
  @Test func packedImagesAreUnpackedAndDamagedOnesNamed() throws {
    let images = Self.packedImages
    let labels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 1, 3]
    try withFolder(["images.idx.gz": images, "labels.idx.gz": labels]) { folder in
      let task = try FileDataset("\(folder)/images.idx.gz").read()
      var place = SamplePlace()
      let steps = FeatureSequence([100 / 255, 200 / 255], width: 2)
      #expect(
        try task.training.samples(from: &place, limit: 9) == [Sample(.features(steps), .label(3))])
    }
    for position in [0, 12, images.count - 6, images.count - 2] {
      var damaged = images
      damaged[position] ^= 0x55
      try withFolder(["images.idx.gz": damaged, "labels.idx.gz": labels]) { folder in
        #expect(throws: FileError.self) {
          try FileDataset("\(folder)/images.idx.gz").read()
        }
      }
    }
  }

  private static let packedImages: [UInt8] = [
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 99, 96, 224, 96, 102, 96, 96, 96, 132, 98, 166, 148, 19, 0,
    64, 222, 38, 245, 18, 0, 0, 0,
  ]
}
