import Datasets
import FileCore
import Testing

@Suite struct FolderAndImageTests {
  @Test func eachFolderIsALabel() throws {
    var files: [String: [UInt8]] = ["good/.hidden": [0xFF], "readme.txt": [0xFF]]
    for number in 10..<30 {
      files["good/\(number).txt"] = Array("fine \(number)".utf8)
      files["bad/\(number).txt"] = Array("poor".utf8)
    }
    try withFolder(files) { folder in
      let task = try FileDataset(folder).read()
      #expect(task.target.names == ["bad", "good"])
      #expect(task.training.count == 36 && task.validation?.count == 4)
      guard case .text(let tokenizer) = task.input else {
        Issue.record("\(task.input)")
        return
      }
      let first = try #require(try samples(of: task.training).last)
      #expect(first == Sample(.tokens(tokenizer.encode("fine 28")), .label(1)))
    }
  }

  @Test func partsHaveFoldersOfTheirOwn() throws {
    let files: [String: [UInt8]] = [
      "train/a/1": [0x61], "train/b/1": [0x62], "test/a/1": [0x63], "test/b/1": [0xFF],
    ]
    try withFolder(files) { folder in
      #expect(
        throws: FileError(
          file: "\(folder)/test/b/1",
          .encoding(
            .utf8, .byte(0), expected: "the first byte of a character", found: "0xFF", likely: nil))
      ) { try FileDataset(folder).read() }
      var options = FileOptions()
      options.skipsBadRows = true
      let task = try FileDataset(folder, options: options).read()
      #expect(task.training.count == 2 && task.validation?.count == 1)
      #expect(task.skipped.count == 1)
      #expect(throws: FileError.self) { try FileDataset(folder, task: .tagging).read() }
    }
    try withFolder(["x": []]) { folder in
      #expect(throws: FileError.self) { try FileDataset(folder).read() }
    }
  }

  private static func idx(_ sizes: [UInt8], _ values: [UInt8]) -> [UInt8] {
    [0, 0, 8, UInt8(sizes.count)] + sizes.flatMap { [0, 0, 0, $0] } + values
  }

  @Test func imagesAreReadRowByRow() throws {
    let files = [
      "train-images-idx3-ubyte": Self.idx([2, 3, 2], (0..<12).map { $0 * 20 }),
      "train-labels-idx1-ubyte": Self.idx([2], [7, 0]),
      "t10k-images-idx3-ubyte": Self.idx([1, 3, 2], [0, 0, 0, 0, 0, 255]),
      "t10k-labels-idx1-ubyte": Self.idx([1], [9]),
    ]
    try withFolder(files) { folder in
      for path in ["idx:" + folder, folder] {
        #expect(try DatasetRegistry.standard.open(path).read().input.size == 2)
      }
      let task = try DatasetRegistry.standard.open(folder).read()
      #expect(task.input.size == 2 && task.target.size == 10 && task.shape == .manyToOne)
      let first = try samples(of: task.training)[0]
      let steps = FeatureSequence([0, 20, 40, 60, 80, 100].map { $0 / 255 }, width: 2)
      #expect(first == Sample(.features(steps), .label(7)))
      #expect(task.validation?.count == 1)
    }
  }

  @Test(arguments: [
    (idx([2, 1, 1], [1]), 17, "2 bytes of values", "1"),
    (idx([2], [1, 2]), 11, "16 bytes of sizes", "the end"),
    ([UInt8](repeating: 1, count: 40), 1, "an IDX file of bytes with 3 dimensions", "1 1 1 1"),
    (idx([0, 1, 1], []), 5, "sizes above 0", "[0, 1, 1]"),
  ])
  func malformedImagesAreNamed(bytes: [UInt8], column: Int, expected: String, found: String) throws
  {
    try withFolder(["images.idx": bytes, "labels.idx": Self.idx([2], [0, 1])]) { folder in
      let path = "\(folder)/images.idx"
      #expect(
        throws: FileError(
          file: path, line: 1, column: column, expected: expected, found: found)
      ) { try FileDataset(path).read() }
    }
  }
}
