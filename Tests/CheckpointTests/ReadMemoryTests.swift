import Checkpoint
import FileCore
import Testing

/// What memory could not hold is refused before it is read or decompressed.
@Suite struct ReadMemoryTests {
  private func limits(_ bytes: Int) -> ReadLimits {
    var limits = ReadLimits()
    limits.memory = MemoryLimit(bytes: bytes, name: "a test's memory")
    return limits
  }

  /// The limits have the machine's memory unless they are told otherwise.
  @Test func theLimitIsThisProcesss() {
    #expect(ReadLimits().memory == MemoryLimit.current)
  }

  @Test(arguments: [
    "torch/deflated.npz", "torch/stored.npz", "torch/views.pt", "torch/old.pt", "hdf5/version-3.h5",
    "pickle/layers-4.pkl", "types.safetensors", "version-1/everything-small.rnnz",
  ])
  func everyFormatIsRefusedAtOpening(_ name: String) throws {
    let path = fixture(name)
    _ = try ArrayFile(path: path)
    let error = #expect(throws: CheckpointError.self) {
      try ArrayFile(path: path, limits: limits(7))
    }
    guard case .memoryLimit(_, limit: 7, name: "a test's memory", let found) = error?.problem else {
      Issue.record("\(name): \(error.map { "\($0)" } ?? "opened")")
      return
    }
    #expect(found > 7)
  }

  @Test func theMessageNamesTheArrayAndBothSizes() throws {
    let array = StoredArray([Float](repeating: 0, count: 1 << 10), shape: [1 << 10])
    let bytes = try NumPyArchive.encoded(["large": array])
    let text = message {
      _ = try NumPyArchive(bytes: bytes, name: "x.npz", limits: limits(4_000))
    }
    #expect(
      text == "x.npz: large.npy: expected to take at most 4,000 bytes, a test's memory, "
        + "found 4,224 to unpack and read")
  }

  /// Blocks are those of the whole array, also where they end.
  @Test func statisticsAreTheSameInBlocks() {
    let numbers = (0..<40_000).map { Int16(truncatingIfNeeded: $0 * 7 - 300) }
    let found = StoredArray(numbers).statistics
    #expect(found.minimum == Double(numbers.min() ?? 0))
    #expect(found.maximum == Double(numbers.max() ?? 0))
    #expect(found.zeros == numbers.count { $0 == 0 })
    let squares = numbers.reduce(0.0) { $0 + Double($1) * Double($1) }
    #expect(found.norm == squares.squareRoot())
  }

  /// Each array fits, all together don't: one after the other can be read.
  @Test func allArraysAreRefusedBeforeTheFirstIsRead() throws {
    let array = StoredArray([Float](repeating: 1, count: 1 << 10), shape: [1 << 10])
    let directory = try TemporaryDirectory()
    let path = "\(directory.path)/x.npz"
    try NumPyArchive.save(["a": array, "b": array], to: path)
    let file = try ArrayFile(path: path, limits: limits(6_000))
    #expect(try Inspection(file).parameters.count == 2)
    let text = message { _ = try file.arrays() }
    #expect(text.contains("all arrays: expected to take at most 6,000 bytes"), "\(text)")
    #expect(try ArrayFile(path: path, limits: limits(9_000)).arrays().count == 2)
  }

  /// The checksum is wrong, which nobody sees who reads only the header.
  @Test(arguments: [false, true])
  func anArrayThatItsHeaderDoesNotDescribeIsNotDecompressed(isDeflated: Bool) throws {
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"
    let content =
      [0x93] + Array("NUMPY\u{1}\u{0}".utf8) + little(UInt16(header.utf8.count))
      + Array(header.utf8) + [UInt8](repeating: 7, count: 1 << 20)
    var entry = ZipFile.Entry(name: Array("a.npy".utf8), stored: content)
    if isDeflated {
      // Without the header and the checksum of zlib.
      entry.stored = Array(CraftedEntry.compressed(content).stored.dropFirst(2).dropLast(4))
      entry.method = 8
    }
    entry.checksum ^= 1
    let file = try NumPyArchive(bytes: ZipFile([entry]).bytes)
    #expect(message { _ = try file.array("a") }.contains("expected numbers for shape [2]"))
  }
}
