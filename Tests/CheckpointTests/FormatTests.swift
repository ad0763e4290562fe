import Checkpoint
import TensorCore
import Testing

struct FormatTests {
  /// The example file of the format's document: one tensor `w` of 1 and -2.
  @Test func theDocumentedFileIsWrittenAndRead() throws {
    let tiny = try documentedBytes()
    #expect(tiny.count == 200)
    var checkpoint = Checkpoint()
    checkpoint.set(StoredArray([1, -2] as [Float]), .model, "w")
    #expect(try checkpoint.encoded() == tiny)
    #expect(try Checkpoint(reading: CheckpointReader(bytes: tiny)) == checkpoint)
  }

  /// The bytes of the document's last dump. A line has an offset, then bytes or a number of zeros, then a description.
  private func documentedBytes() throws -> [UInt8] {
    let document = fixture("../../../Sources/Checkpoint/Checkpoint.docc/Format.md")
    let text = String(decoding: try readFile(document), as: UTF8.self)
    let dump = try #require(text.ranges(of: "### A file, byte by byte").last).upperBound
    var bytes: [UInt8] = []
    for line in text[dump...].split(separator: "\n") {
      let words = line.split(separator: " ", omittingEmptySubsequences: false)
      guard words[0].count == 3, let offset = Int(words[0], radix: 16), words.count > 3 else {
        continue
      }
      #expect(offset == bytes.count, "\(line)")
      if words[3] == "zero", let count = Int(words[2]) {
        bytes += [UInt8](repeating: 0, count: count)
      } else {
        bytes += words.dropFirst(2).prefix { !$0.isEmpty }.compactMap { UInt8($0, radix: 16) }
      }
    }
    return bytes
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

  /// A reader undoes the byte shuffle computed here.
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
