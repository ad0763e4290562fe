import Checkpoint
import Testing

/// Files of before PyTorch 1.6, checkpoints around a `state_dict`, and pickles of every protocol.
struct TorchContainerTests {
  @Test func aFileOfBefore1_6IsRead() throws {
    let file = try TorchFile(path: fixture("torch/old.pt"))
    #expect(file.entries.map(\.name) == ["weight"])
    #expect(try file.array("weight") == StoredArray([0, 0] as [Float]))
    #expect(try ArrayFile(path: fixture("torch/old.pt")).formatName.hasPrefix("PyTorch"))
  }

  /// Tensors are views at offsets of one storage, which was in a GPU's memory; a storage is a view of another one.
  @Test(arguments: [2, 3, 4, 5])
  func tensorsShareAStorage(_ version: UInt8) throws {
    let storage = LegacyTorch.storage("7", count: 6, location: "cuda:0")
    let view = LegacyTorch.storage("7", count: 6, location: "cuda:0", view: ("8", 2, 4))
    let program =
      Pickle.bytes("}(")
      + Pickle.text("a") + Pickle.tensor(offset: 0, shape: [2], strides: [1], storage: storage)
      + Pickle.text("b")
      + Pickle.tensor(offset: 2, shape: [2, 2], strides: [1, 2], storage: storage)
      + Pickle.text("c") + Pickle.tensor(offset: 1, shape: [3], strides: [1], storage: view)
      + Pickle.text("d")
      + Pickle.tensor(offset: 5, shape: [2, 3], strides: [0, 0], storage: storage)
      + Pickle.bytes("u.")
    let bytes = LegacyTorch.file(
      program, version: version, storages: [("7", (0..<6).map { Float($0) })])
    let file = try TorchFile(bytes: bytes)
    #expect(try file.array("a").floats == [0, 1])
    #expect(try file.array("b").floats == [2, 4, 3, 5])
    #expect(try file.array("c").floats == [3, 4, 5])
    #expect(try file.array("d").floats == [5, 5, 5, 5, 5, 5])
    for count in bytes.indices {
      #expect(throws: CheckpointError.self) { try TorchFile(bytes: Array(bytes[..<count])) }
    }
    #expect(throws: CheckpointError.self) { try TorchFile(bytes: bytes + [0]) }
  }

  /// A file of one pickle, whose members are `name` and `value` by turns.
  private func archive(_ members: [(String, [UInt8])]) -> [UInt8] {
    Pickle.archive(
      [0x80, 2] + Pickle.bytes("}(") + members.flatMap { Pickle.text($0.0) + $0.1 }
        + Pickle.bytes("u."))
  }

  private let matrix = Pickle.tensor(offset: 0, shape: [2, 2], strides: [2, 1])
  private let scalar = Pickle.tensor(offset: 0, shape: [], strides: [])

  private func dictionary(_ members: [(String, [UInt8])]) -> [UInt8] {
    Pickle.bytes("}(") + members.flatMap { Pickle.text($0.0) + $0.1 } + Pickle.bytes("u")
  }

  @Test func aStateDictIsFoundAmongOtherThings() throws {
    let weights = dictionary([("w", matrix), ("b", scalar)])
    let optimizer = dictionary([
      ("state", Pickle.bytes("}K\u{0}") + dictionary([("exp_avg", matrix)]) + Pickle.bytes("s")),
      ("param_groups", Pickle.bytes("]")),
    ])
    let names =
      Pickle.bytes("ctorch._utils\n_rebuild_parameter\n(") + matrix
      + [0x88] + Pickle.bytes("ccollections\nOrderedDict\n)RtR")
    let cases: [([(String, [UInt8])], String, [String])] = [
      (
        [("epoch", Pickle.integer(3)), ("model", weights), ("optimizer", optimizer)], "model",
        ["w", "b"]
      ),
      (
        [("loss", scalar), ("losses", dictionary([("a", scalar)])), ("net", weights)], "net",
        ["w", "b"]
      ),
      (
        [
          ("outer", dictionary([("inner", weights)])),
          ("optimizers", Pickle.bytes("](") + optimizer + Pickle.bytes("e")),
        ], "outer.inner", ["w", "b"]
      ),
      ([("w", matrix), ("epoch", Pickle.integer(1))], "", ["w"]),
      ([("w", names)], "", ["w"]),
    ]
    for (members, path, expected) in cases {
      let file = try TorchFile(bytes: archive(members))
      #expect(file.path == path && file.entries.map(\.name) == expected)
    }
  }

  @Test func severalStateDictsAreNamed() {
    let weights = dictionary([("w", matrix)])
    let problem = message {
      _ = try TorchFile(bytes: archive([("model", weights), ("ema", dictionary([("w", matrix)]))]))
    }
    #expect(problem.contains("expected one state_dict, found 2: model, ema"))
    #expect(problem.contains("torch.save"))
  }

  /// A stride of 0 makes many elements of one, but not without bound.
  @Test func expandedTensorsHaveALimit() throws {
    let file = try TorchFile(
      bytes: archive([("w", Pickle.tensor(offset: 1, shape: [100, 10], strides: [0, 0]))]))
    #expect(try file.array("w").count == 1000)
    let problem = message {
      _ = try TorchFile(
        bytes: archive([("w", Pickle.tensor(offset: 1, shape: [100_000, 1000], strides: [0, 0]))]))
    }
    #expect(problem.contains("not much more than their storages"))
  }

  @Test func anArchiveWithoutChecksumsIsReadWithAWarning() throws {
    func file(_ checksum: (UInt32) -> UInt32) throws -> TorchFile {
      var zip = try #require(ZipFile(taking: Pickle.archive(Pickle.small)))
      for index in zip.entries.indices {
        zip.entries[index].checksum = checksum(zip.entries[index].checksum)
      }
      return try TorchFile(bytes: zip.bytes)
    }
    #expect(try file { $0 }.warnings.isEmpty)
    let open = try file { _ in 0 }
    #expect(open.warnings == ["2 of 2 entries have no checksum: damage would go unseen"])
    #expect(try open.array("a").shape == [2, 2])
    #expect(message { _ = try file { $0 ^ 1 } }.contains("damaged: expected checksum"))
  }
}
