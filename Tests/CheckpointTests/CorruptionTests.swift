import Checkpoint
import Testing

struct CorruptionTests {
  /// Every byte of a file of some 2 KB, changed to every other value (a debug build: to five).
  @Test(arguments: [Compression.none, .fast])
  func everyChangedByteIsDetected(compression: Compression) throws {
    var bytes = try sample().encoded(compression: compression)
    #expect((1500...3000).contains(bytes.count))
    #if DEBUG
      let changes: [UInt8] = [0x01, 0x20, 0x80, 0xFF, 0x55]
    #else
      let changes = Array(1...255 as ClosedRange<UInt8>)
    #endif
    for index in bytes.indices {
      let original = bytes[index]
      for change in changes {
        bytes[index] = original ^ change
        if isAccepted(bytes) { Issue.record("byte \(index) may be \(original ^ change)") }
      }
      bytes[index] = original
    }
    #expect(isAccepted(bytes))
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

  /// Files whose index was changed at random and whose checksums were repaired: a reader may accept or refuse them, but
  /// what it accepts keeps the format's promises.
  @Test func repairedDamageIsRefusedOrMeansWhatItSays() throws {
    var generator = SplitMix(77)
    let original = try sample().encoded()
    let indexSize = Int(original[32]) | Int(original[33]) << 8
    #if DEBUG
      let count = 2_000
    #else
      let count = 50_000
    #endif
    for _ in 0..<count {
      var bytes = original
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let index = Int.random(in: 8..<64 + indexSize, using: &generator)
        bytes[index] =
          [0, 1, 0x7F, 0xFF, .random(in: 0...255, using: &generator)]
          .randomElement(using: &generator) ?? 0
      }
      bytes.put(checksum(Array(bytes[64..<64 + indexSize])), at: 44)
      bytes.put(checksum(Array(bytes[..<60])), at: 60)
      guard let reader = try? CheckpointReader(bytes: bytes) else { continue }
      let keys = reader.entries.map(\.key)
      #expect(keys == keys.sorted() && Set(keys).count == keys.count)
      for entry in reader.entries {
        #expect(entry.shape.reduce(entry.elementType.width, *) == entry.byteCount)
        #expect(entry.byteCount <= 1032 * entry.storedByteCount + 64)
      }
      try? reader.verify()
    }
  }

  private func isAccepted(_ bytes: [UInt8]) -> Bool { problem(bytes) == nil }

  private func problem(_ bytes: [UInt8]) -> CheckpointError.Problem? {
    do throws(CheckpointError) {
      try CheckpointReader(bytes: bytes).verify()
      return nil
    } catch {
      return error.problem
    }
  }
}
