import Checkpoint
import TensorCore
import Testing

struct FormatTests {
  /// The file that the format's document explains byte by byte: one tensor `w` of 1 and -2.
  private let tiny = bytes(
    """
    89 52 4e 5a 0d 0a 1a 0a 01 00 00 00 00 00 00 00
    c8 00 00 00 00 00 00 00 40 00 00 00 00 00 00 00
    71 00 00 00 71 00 00 00 01 00 00 00 d3 63 11 6b
    00 00 00 00 00 00 00 00 00 00 00 00 fe 92 f1 24
    52 49 44 58 01 00 00 00 01 00 00 00 00 00 00 00
    00 00 00 00 01 00 00 00 01 00 00 00 00 00 00 00
    c0 00 00 00 00 00 00 00 08 00 00 00 00 00 00 00
    08 00 00 00 00 00 00 00 56 26 87 c3 56 26 87 c3
    02 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    77 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    00 00 80 3f 00 00 00 c0
    """)

  @Test func theDocumentedFileIsWrittenAndRead() throws {
    var checkpoint = Checkpoint()
    checkpoint.set(StoredArray([1, -2] as [Float]), .model, "w")
    #expect(try checkpoint.encoded() == tiny)
    #expect(try Checkpoint(reading: CheckpointReader(bytes: tiny)) == checkpoint)
  }

  @Test func aMinorVersionAndOptionalFeaturesAreNoObstacle() throws {
    var file = CraftedFile(CraftedEntry(Array(1...16)))
    file.editPreamble = { bytes in
      bytes.put(UInt16(7), at: 10)
      bytes.put(UInt64.max, at: 48)
    }
    try CheckpointReader(bytes: file.bytes).verify()
  }

  @Test func unknownSectionsAreKept() throws {
    var entry = CraftedEntry(Array(1...16))
    entry.section = 77
    let reader = try CheckpointReader(bytes: CraftedFile(entry).bytes)
    #expect(reader.entries.map(\.key) == [.init(.init(rawValue: 77), "w")])
    #expect("\(reader.entries[0].key)" == "section 77/w")
  }

  /// What is shuffled here by hand is what a reader undoes.
  @Test func theShuffleIsByPlanes() throws {
    var entry = CraftedEntry.compressed(
      [UInt8](repeating: 1, count: 100) + [UInt8](repeating: 2, count: 100)
        + [UInt8](repeating: 3, count: 100) + [UInt8](repeating: 4, count: 100))
    let elements = (0..<100).flatMap { _ in [1, 2, 3, 4] as [UInt8] }
    (entry.filter, entry.rawChecksum) = (1, checksum(elements))
    let reader = try CheckpointReader(bytes: CraftedFile(entry).bytes)
    #expect(try reader.array(.model, "w").bytes == elements)
  }

  @Test func entriesAreSortedBySectionAndBytes() throws {
    var checkpoint = Checkpoint()
    let names = ["b", "a", "é", "e\u{301}", "B", "a.b", "a/b", "🙂", "\u{FFFD}"]
    for name in names {
      checkpoint.set(Tensor([1]), .optimizer, name)
      checkpoint.set(Tensor([2]), .model, name)
    }
    let keys = try CheckpointReader(bytes: checkpoint.encoded()).entries.map(\.key)
    let sorted = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    #expect(keys == sorted.map { .init(.model, $0) } + sorted.map { .init(.optimizer, $0) })
  }

  @Test func namesThatAReaderRefusesAreNotWritten() {
    let names: [(String, CheckpointError.Problem)] = [
      ("", .nameBounds(entry: 0)), (String(repeating: "é", count: 257), .nameBounds(entry: 0)),
      ("a\nb", .nameControlCharacter(entry: 0)), ("\u{7F}", .nameControlCharacter(entry: 0)),
    ]
    for (name, problem) in names {
      var checkpoint = Checkpoint()
      checkpoint.set(Tensor([1]), .model, name)
      let error = #expect(throws: CheckpointError.self) { try checkpoint.encoded() }
      #expect(error?.problem == problem)
    }
    var checkpoint = Checkpoint()
    let deep = StoredArray([1] as [Float], shape: [1, 1, 1, 1, 1, 1, 1, 1, 1])
    checkpoint.set(deep, .model, "w")
    let error = #expect(throws: CheckpointError.self) { try checkpoint.encoded() }
    #expect(error?.problem == .badRank(.init(.model, "w"), found: 9))
  }
}

/// The bytes that hexadecimal digits stand for.
private func bytes(_ text: String) -> [UInt8] {
  text.split(whereSeparator: \.isWhitespace).compactMap { UInt8($0, radix: 16) }
}
