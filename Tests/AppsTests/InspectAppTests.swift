import Cells
import Checkpoint
import Datasets
import FileCore
import Foundation
import Models
import TensorCore
import Testing

@Suite struct InspectAppTests {
  private let inspect = Program("inspect")
  private let convert = Program("convert")

  private func json(_ path: String) throws -> [String: Any] {
    let outcome = try inspect.run(path, "--json", "--verify")
    #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
    let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    return try #require(object as? [String: Any])
  }

  /// A model of PyTorch's goes through every format; all of them write the same text, and say the same of themselves.
  @Test func aModelGoesThroughEveryFormat() throws {
    try withTemporaryDirectory { directory in
      let vocabulary = directory + "/vocabulary.json"
      try JSONEncoder().encode(TorchModel.tokens).write(to: URL(fileURLWithPath: vocabulary))
      let paths = ["rnnz", "onnx", "safetensors"].map { "\(directory)/model.\($0)" }
      let first = try convert.run(
        TorchModel.folder + "/model.pt", paths[0], "--vocabulary", vocabulary)
      #expect(first.status == 0, "\(first.error)")
      #expect(
        first.output
          == "\(paths[0]): language model: gru, 2 layers of 64 units, embedding of 16, 28 tokens, "
          + "42,972 numbers\n")
      for (from, to) in zip(paths, paths.dropFirst()) {
        #expect(try convert.run(from, to).status == 0)
      }
      let last = directory + "/again.rnnz"
      #expect(try convert.run(paths[2], last).status == 0)
      #expect(
        try Data(contentsOf: URL(fileURLWithPath: last))
          == Data(contentsOf: URL(fileURLWithPath: paths[0])))
      let expected = try JSONDecoder().decode(
        [String: String].self,
        from: Data(contentsOf: URL(fileURLWithPath: TorchModel.folder + "/greedy.json")))
      for path in paths {
        let outcome = try Program("generate").run(
          "--ckpt", path, "--prompt", "the ", "--length", "200", "--greedy")
        #expect(outcome.output == "the " + (expected["the "] ?? "") + "\n")
        let facts = try json(path)
        #expect(facts["file"] as? String == path && facts["verified"] is String)
        let text = try inspect.run(path).output
        #expect(text.hasPrefix("\(path): ") && text.contains("embed.weight"))
        #expect(text.contains("language model: gru, 2 layers of 64 units"))
      }
    }
  }

  /// The numbers of the table, for arrays whose numbers are known.
  @Test func theTableSaysWhatTheNumbersAre() throws {
    try withTemporaryDirectory { directory in
      var checkpoint = Checkpoint()
      checkpoint.set(StoredArray([3, 0, -4, 0] as [Float], shape: [2, 2]), .model, "a")
      checkpoint.set(StoredArray([Double.nan, 1.5]), .model, "b")
      checkpoint.set(StoredArray([Float](repeating: 0, count: 1000)), .model, "zeros")
      checkpoint.set(StoredArray(UInt64.max), .trainer, "step")
      checkpoint.set(StoredArray([1, 2] as [Float]), .optimizer, "exp_avg/a")
      try checkpoint.setJSON(["kind": "table"], .configuration, "model")
      let path = directory + "/model.rnnz"
      try checkpoint.save(to: path)
      let facts = try json(path)
      let rows = try #require(facts["parameters"] as? [[String: Any]])
      #expect(rows.map { $0["name"] as? String } == ["a", "b", "zeros"])
      #expect(rows[0]["shape"] as? [Int] == [2, 2] && rows[0]["type"] as? String == "float32")
      #expect(rows[0]["minimum"] as? Double == -4 && rows[0]["maximum"] as? Double == 3)
      #expect(rows[0]["norm"] as? Double == 5 && rows[0]["zeros"] as? Int == 2)
      #expect(rows[1]["nonFinite"] as? Int == 1 && rows[1]["maximum"] as? Double == 1.5)
      let stored = try #require(rows[2]["storedBytes"] as? Int)
      #expect(rows[2]["bytes"] as? Int == 4000 && stored < 100)
      #expect((facts["state"] as? [String: Any])?["trainer/step"] as? UInt64 == .max)
      let text = try inspect.run(path, "--verify").output
      #expect(text.contains("1,006 numbers") && text.contains("50%"), "\(text)")
      #expect(text.contains("trainer/step  18446744073709551615"), "\(text)")
      #expect(text.contains("1 entry: exp_avg") && text.contains("(not finite: 1)"), "\(text)")
      #expect(text.contains(#"configuration/model  {"kind":"table"}"#), "\(text)")
      #expect(text.hasSuffix("verified: every checksum is right, of every entry\n"), "\(text)")
    }
  }

  /// Models of every shape say what they are, as text and as JSON, and become files for other programs.
  @Test func everyKindOfModelSaysWhatItIs() throws {
    let (words, tags) = (Vocabulary("abcdefg".map(String.init)), Vocabulary(["N", "V", "X"]))
    let columns = [Column("p"), Column("q")]
    let sides: [(SequenceInterface, String)] = [
      (
        .init(input: .symbols(words), target: .label(tags)),
        "classifier: gru, one layer of 5 units in both directions, 7 symbols to one of 3 classes, "
      ),
      (
        .init(input: .symbols(words), target: .symbols(tags)),
        "tagger: gru, one layer of 5 units in both directions, 7 symbols to 3 symbols, "
      ),
      (
        .init(input: .features(columns), target: .features(columns)),
        "forecaster: gru, one layer of 5 units in both directions, 2 features a step to 2 features a step, "
      ),
      (
        .init(input: .features(columns), target: .vector(columns)),
        "regression: gru, one layer of 5 units in both directions, 2 features a step to 2 numbers, "
      ),
      (
        .init(input: .label(tags), target: .symbols(words)),
        "writer: gru, one layer of 5 units, one of 3 classes to 7 symbols, "
      ),
      (
        .init(input: .symbols(words), target: .symbols(tags), alignment: .delayed),
        "encoder-decoder: gru, one layer of 5 units in both directions, attention: general, 7 symbols to 3 symbols, "
      ),
    ]
    try withTemporaryDirectory { directory in
      for (interface, expected) in sides {
        var configuration = ModelConfiguration(
          cell: try CellRegistry.standard.cell(named: "gru"))
        configuration.hiddenSize = 5
        configuration.isBidirectional = !expected.hasPrefix("writer")
        configuration.attention = .general
        var generator = Philox(seed: 1)
        let model = SequenceNetwork(configuration, interface, using: &generator)
        var checkpoint = Checkpoint()
        try SavedSequenceModel(model, interface).write(to: &checkpoint)
        let (path, copy) = (directory + "/model.rnnz", directory + "/copy.rnnz")
        try checkpoint.save(to: path)
        let line = expected + "\(model.parameterCount.grouped) numbers"
        #expect(try json(path)["model"] as? String == line)
        #expect(try inspect.run(path).output.split(separator: "\n")[1] == line)
        let converted = try convert.run(path, copy, "--overwrite")
        #expect(converted.output == "\(copy): \(line)\n", "\(converted.error)")
        #expect(try Checkpoint(path: copy) == checkpoint)
        let weights = directory + "/weights.safetensors"
        #expect(try convert.run(path, weights, "--overwrite", "--model-only").status == 0)
        #expect(try Safetensors(path: weights).arrays.count == model.parameters.count)
        let exported = directory + "/model.onnx"
        let outcome = try convert.run(path, exported, "--overwrite")
        if case .reader = model {
          #expect(outcome.status == 0, "\(outcome.error)")
          let metadata = try ONNXModel(path: exported).metadata
          #expect(metadata["interface"]?.contains("gru") == false)
          #expect(metadata["config"]?.contains("gru") == true)
        } else {
          #expect(outcome.status == 1)
          #expect(outcome.error.contains("found one that writes step by step"), "\(outcome.error)")
        }
      }
    }
  }

  /// A file of each format, one bit of which is changed somewhere.
  @Test func aChangedBitGetsOneLine() throws {
    try withTemporaryDirectory { directory in
      let model = directory + "/model.rnnz"
      let vocabulary = directory + "/vocabulary.json"
      try JSONEncoder().encode(TorchModel.tokens).write(to: URL(fileURLWithPath: vocabulary))
      #expect(
        try convert.run(TorchModel.folder + "/model.pt", model, "--vocabulary", vocabulary).status
          == 0)
      let archive =
        URL(fileURLWithPath: TorchModel.folder).deletingLastPathComponent()
        .appendingPathComponent("conventions/keras-gru.npz").path
      // Where a byte is changed: the formats without checksums are damaged in their headers.
      let places: [(String, [Int])] = [
        (model, [0, 9, 20, 70, 100, 5_000, 100_000, -1]),
        (TorchModel.folder + "/model.safetensors", [0, 8]),
        (TorchModel.folder + "/model.pt", [0, 20_000, -1]), (archive, [0, 300, -30]),
      ]
      for (source, offsets) in places {
        for offset in offsets {
          var data = try Data(contentsOf: URL(fileURLWithPath: source))
          data[offset < 0 ? data.count + offset : offset] ^= 0x10
          let path = directory + "/damaged." + (source.split(separator: ".").last ?? "")
          try data.write(to: URL(fileURLWithPath: path))
          for flags in [["--verify"], ["--verify", "--json"]] {
            let outcome = try inspect.run([path] + flags)
            #expect(outcome.status == 1 && outcome.output.isEmpty, "\(source) at \(offset)")
            #expect(outcome.error.split(separator: "\n").count == 1, "\(outcome.error)")
            #expect(outcome.error.contains(path), "\(outcome.error)")
          }
        }
      }
    }
  }

  @Test func weightsWithoutAVocabularyBecomeSafetensorsAlone() throws {
    try withTemporaryDirectory { directory in
      let source = TorchModel.folder + "/model.pt"
      let copy = directory + "/copy.safetensors"
      #expect(try convert.run(source, copy).status == 0)
      let expected = try Safetensors(path: TorchModel.folder + "/model.safetensors")
      #expect(try Safetensors(path: copy).arrays == expected.arrays)
      let outcome = try convert.run(source, directory + "/model.rnnz")
      #expect(outcome.status == 1 && outcome.error.contains("vocabulary"))
      #expect(outcome.error.split(separator: "\n").count == 1)
      #expect(!FileManager.default.fileExists(atPath: directory + "/model.rnnz"))
    }
  }

  @Test func damagedAndForeignFilesGetOneLine() throws {
    try withTemporaryDirectory { directory in
      func write(_ data: Data, _ name: String) throws -> String {
        let path = "\(directory)/\(name)"
        try data.write(to: URL(fileURLWithPath: path))
        return path
      }
      let torch = try Data(contentsOf: URL(fileURLWithPath: TorchModel.folder + "/model.pt"))
      var damaged = torch
      damaged[20_000] ^= 1
      let files = [
        directory + "/nothing.rnnz", directory,
        try write(Data(), "empty.rnnz"), try write(Data("\u{1F}\u{8B}".utf8), "weights.gz"),
        try write(torch.prefix(5_000), "short.pt"), try write(damaged, "damaged.pt"),
        try write(Data([0x08, 0x08, 0x3A, 0xFF]), "short.onnx"),
        try write(Data("<html><body>404".utf8), "page.safetensors"),
      ]
      for file in files {
        for outcome in [
          try inspect.run(file, "--verify"), try convert.run(file, directory + "/out.rnnz"),
          try convert.run(file, directory + "/out.safetensors"),
        ] {
          #expect(outcome.status == 1 && outcome.output.isEmpty, "\(file)")
          #expect(outcome.error.split(separator: "\n").count == 1, "\(outcome.error)")
          #expect(outcome.error.contains(file), "\(outcome.error)")
        }
      }
    }
  }

  /// A file's names and texts cannot control the terminal that shows them.
  @Test func controlCharactersAreShownAsEscapes() throws {
    let text = "a\u{1B}[31m\nb"
    var graph = ONNXGraph(name: text)
    graph.nodes = [ONNXNode("Relu", [text], ["y" + text])]
    graph.inputs = [.init(text, .float32, [.named(text)])]
    graph.outputs = [.init("y" + text, .float32, [.named(text)])]
    try withTemporaryDirectory { directory in
      let (onnx, tensors) = (directory + "/model.onnx", directory + "/model.safetensors")
      try ONNXModel(graph, operationSet: 17, producer: text, metadata: [text: text])
        .save(to: onnx)
      let arrays: ExactDictionary<StoredArray> = [text: StoredArray([1, 2] as [Float])]
      try Safetensors(metadata: [text: text], arrays: arrays).save(to: tensors)
      for outcome in [
        try inspect.run(onnx), try inspect.run(tensors),
        try convert.run(onnx, directory + "/x.rnnz"), try convert.run(onnx, tensors, "--overwrite"),
      ] {
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(!outcome.output.contains("\u{1B}") && !outcome.output.contains("[31m\n"))
      }
      #expect(try inspect.run(onnx).output.contains("graph: 1 nodes, a\\u{1b}[31m\\nb float32"))
    }
  }

  @Test(arguments: [["--tea"], [], ["a.rnnz", "b.rnnz", "c.rnnz"]])
  func nonsenseFlagsExitWithSixtyFour(_ flags: [String]) throws {
    #expect(try inspect.run(flags).status == 64)
    #expect(try convert.run(flags).status == 64)
    #expect(try convert.run("a.rnnz", "b.teapot").status == 64)
  }
}
