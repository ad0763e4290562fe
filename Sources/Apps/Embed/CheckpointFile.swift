import CZlib
import Foundation

/// An undamaged `.rnnz` file, and the kind of its model.
///
/// This reads only as much of the format (Format.md of the library Checkpoint) as is needed to verify a file: its
/// length and its checksums. The tool has its own reader, so that a build that embeds a model compiles no library for
/// its host. Whether the weights fit the model is checked when the program first uses the constant.
struct CheckpointFile {
  let bytes: [UInt8]
  /// `language-model` or `sequence-model`.
  private(set) var kind = ""

  /// Why a file can't be used.
  struct Fault: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  private struct Header: Decodable { let kind: String }

  private struct Entry {
    let name: ArraySlice<UInt8>
    let section: UInt8
    let isCompressed: Bool
    let stored: Range<Int>
    let contentLength: Int
    let checksum: UInt32
  }

  init(_ bytes: [UInt8]) throws(Fault) {
    self.bytes = bytes
    for entry in try entries() {
      guard checksum(entry.stored) == entry.checksum else {
        throw Fault("\(String(decoding: entry.name, as: UTF8.self)) is damaged")
      }
      if entry.section == 1, entry.name.elementsEqual("model".utf8) {
        kind = try header(try content(of: entry)).kind
      }
    }
    guard !kind.isEmpty else { throw Fault("expected a model, found none in the file") }
  }

  private func header(_ json: Data) throws(Fault) -> Header {
    do { return try JSONDecoder().decode(Header.self, from: json) } catch {
      throw Fault("expected the model's kind in configuration/model")
    }
  }

  /// Reads the entries of the index; checks the preamble and the index.
  private func entries() throws(Fault) -> [Entry] {
    let magic: [UInt8] = [0x89, 0x52, 0x4E, 0x5A, 0x0D, 0x0A, 0x1A, 0x0A]
    guard bytes.starts(with: magic), bytes.count >= 64 else {
      throw Fault("expected a .rnnz file, found another one")
    }
    guard checksum(0..<60) == number(60, UInt32.self) else {
      throw Fault("the preamble is damaged")
    }
    let version = number(8, UInt16.self)
    guard version == 1, number(12, UInt32.self) == 0 else {
      throw Fault("expected version 1 of the format, found version \(version)")
    }
    guard number(16, UInt64.self) == bytes.count else {
      throw Fault("expected \(number(16, UInt64.self)) bytes, found \(bytes.count)")
    }
    let (length, count) = (Int(number(32, UInt32.self)), Int(number(40, UInt32.self)))
    guard 64 + length <= bytes.count, length >= 16 + 96 * count,
      checksum(64..<64 + length) == number(44, UInt32.self)
    else { throw Fault("the index is damaged") }
    var entries: [Entry] = []
    var end = 64 + length
    for index in 0..<count {
      let entry = try entry(at: 64 + 16 + 96 * index, names: (64 + 16 + 96 * count)..<(64 + length))
      guard entry.stored.lowerBound >= end, entry.stored.lowerBound - end < 64,
        bytes[end..<entry.stored.lowerBound].allSatisfy({ $0 == 0 })
      else { throw Fault("the bytes between the entries are damaged") }
      end = entry.stored.upperBound
      entries.append(entry)
    }
    guard end == bytes.count else { throw Fault("the file goes on after its last entry") }
    return entries
  }

  private func entry(at offset: Int, names: Range<Int>) throws(Fault) -> Entry {
    let name = names.lowerBound + Int(number(offset, UInt32.self))
    let nameEnd = name + Int(number(offset + 4, UInt16.self))
    let start = number(offset + 16, UInt64.self)
    let (end, overflow) = start.addingReportingOverflow(number(offset + 24, UInt64.self))
    guard nameEnd <= names.upperBound, !overflow, end <= UInt64(bytes.count) else {
      throw Fault("an entry lies outside of the file")
    }
    return Entry(
      name: bytes[name..<nameEnd], section: bytes[offset + 11],
      isCompressed: bytes[offset + 9] == 1, stored: Int(start)..<Int(end),
      contentLength: Int(clamping: number(offset + 32, UInt64.self)),
      checksum: number(offset + 40, UInt32.self))
  }

  /// The content of a JSON entry, whose length the format limits to 1 MiB.
  private func content(of entry: Entry) throws(Fault) -> Data {
    let stored = bytes[entry.stored]
    guard entry.isCompressed else { return Data(stored) }
    guard entry.contentLength <= 1 << 20 else { throw Fault("configuration/model is too long") }
    var content = [UInt8](repeating: 0, count: entry.contentLength)
    var length = uLongf(content.count)
    let status = stored.withUnsafeBufferPointer {
      uncompress(&content, &length, $0.baseAddress, uLong($0.count))
    }
    guard status == Z_OK, length == content.count else {
      throw Fault("configuration/model is damaged")
    }
    return Data(content)
  }

  private func number<Number: FixedWidthInteger>(_ offset: Int, _ type: Number.Type) -> Number {
    bytes[offset..<offset + MemoryLayout<Number>.size].reversed().reduce(0) { $0 << 8 | Number($1) }
  }

  private func checksum(_ range: Range<Int>) -> UInt32 {
    bytes[range].withUnsafeBufferPointer {
      UInt32(crc32_z(0, $0.baseAddress, $0.count))
    }
  }
}
