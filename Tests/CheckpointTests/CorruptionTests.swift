import Checkpoint
import Testing

struct CorruptionTests {
  /// Changing any byte of a file of about 2 KB to any other value (in a debug build: to five) gives the error of its
  /// region.
  @Test(arguments: [Compression.none, .fast])
  func everyChangedByteIsDetected(compression: Compression) throws {
    let bytes = try sample().encoded(compression: compression)
    #expect((1500...3000).contains(bytes.count))
    #if DEBUG
      let changes: [UInt8] = [0x01, 0x20, 0x80, 0xFF, 0x55]
    #else
      let changes = Array(1...255 as ClosedRange<UInt8>)
    #endif
    try expectDetection(of: changes, everywhereIn: bytes)
  }

  /// Changing any bit of a file of about 20 KB gives an error.
  @Test func everyChangedBitIsDetected() throws {
    var checkpoint = try sample()
    checkpoint.set(StoredArray(normals(5_000, seed: 6)), .optimizer, "exp_avg/w")
    checkpoint.set(StoredArray([Float](repeating: 0, count: 900)), .optimizer, "exp_avg_sq/w")
    let bytes = try checkpoint.encoded()
    #expect((17_000...22_000).contains(bytes.count))
    #if DEBUG
      let changes: [UInt8] = [0x10]
    #else
      let changes = (0..<8).map { 1 << $0 as UInt8 }
    #endif
    try expectDetection(of: changes, everywhereIn: bytes)
  }

  private func expectDetection(of changes: [UInt8], everywhereIn file: [UInt8]) throws {
    var bytes = file
    let expected = try expectedProblems(in: file)
    #expect(expected.count == file.count)
    for index in bytes.indices {
      for change in changes {
        bytes[index] = file[index] ^ change
        let found = problem(bytes).map(name)
        if found.map(expected[index].contains) != true {
          Issue.record(
            "byte \(index) of \(bytes[index]): \(found ?? "accepted"), not \(expected[index])")
        }
      }
      bytes[index] = file[index]
    }
    #expect(problem(bytes) == nil)
  }

  /// The expected error for a change of each byte, from the region of the byte, independent of the reader.
  private func expectedProblems(in file: [UInt8]) throws -> [[String]] {
    var expected = [[String]](repeating: ["badMagic", "notARnnzFile"], count: 8)
    expected += [[String]](repeating: ["preambleChecksum"], count: 56)
    let indexSize = Int(file.number(UInt32.self, at: 32))
    expected += [[String]](repeating: ["indexChecksum"], count: indexSize)
    for entry in try CheckpointReader(bytes: file).entries {
      let padding = entry.offset - expected.count
      expected += [[String]](repeating: ["paddingNotZero"], count: padding)
      expected += [[String]](
        repeating: ["storedChecksum \(entry.key)"], count: entry.storedByteCount)
    }
    return expected
  }

  /// The name of a problem, and of the entry if an entry is damaged.
  private func name(_ problem: CheckpointError.Problem) -> String {
    switch problem {
    case .badMagic: "badMagic"
    case .notARnnzFile: "notARnnzFile"
    case .preambleChecksum: "preambleChecksum"
    case .indexChecksum: "indexChecksum"
    case .paddingNotZero: "paddingNotZero"
    case .storedChecksum(let key, _, _): "storedChecksum \(key)"
    default: "\(problem)"
    }
  }

  @Test func everyTruncationIsDetected() throws {
    let bytes = try sample().encoded()
    for count in bytes.indices {
      let error = problem(Array(bytes[..<count]))
      switch error {
      case .notARnnzFile(looksLike: "an empty file"): #expect(count == 0)
      case .truncatedPreamble(let size): #expect(size == count && count < 64)
      case .truncatedFile(let expected, let found):
        #expect(expected == bytes.count && found == count && count >= 64)
      default: Issue.record("\(count) bytes: \(String(describing: error))")
      }
    }
  }

  @Test func everyExtensionIsDetected() throws {
    let bytes = try sample().encoded()
    for count in 1...64 {
      let (expected, found) = (UInt64(bytes.count), UInt64(bytes.count + count))
      for byte in [0, 0xFF] as [UInt8] {
        let extended = bytes + [UInt8](repeating: byte, count: count)
        #expect(problem(extended) == .trailingBytes(expected: expected, found: found))
      }
    }
  }

  private func problem(_ bytes: [UInt8]) -> CheckpointError.Problem? {
    do throws(CheckpointError) {
      try CheckpointReader(bytes: bytes).verify()
      return nil
    } catch {
      return error.problem
    }
  }
}
