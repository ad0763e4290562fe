import Checkpoint
import Testing

private typealias Problem = CheckpointError.Problem

/// A file with correct checksums that breaks one rule, and the expected error.
struct BrokenFile: CustomTestStringConvertible, Sendable {
  var problem: CheckpointError.Problem
  var bytes: [UInt8]
  var limits = ReadLimits()
  var testDescription: String { "\(problem)" }

  init(
    _ problem: CheckpointError.Problem, _ file: CraftedFile,
    limits: (inout ReadLimits) -> Void = { _ in }
  ) {
    (self.problem, bytes) = (problem, file.bytes)
    limits(&self.limits)
  }

  init(_ problem: CheckpointError.Problem, bytes: [UInt8]) {
    (self.problem, self.bytes) = (problem, bytes)
  }
}

private let key = Checkpoint.Key(.model, "w")
private let raw: [UInt8] = Array(1...16)

/// A file of one stored float32 tensor of four elements, changed.
private func tensor(_ edit: (inout CraftedEntry) -> Void) -> CraftedFile {
  var entry = CraftedEntry(raw)
  edit(&entry)
  return CraftedFile(entry)
}

/// The same with a change to the whole file.
private func file(_ edit: (inout CraftedFile) -> Void) -> CraftedFile {
  var file = CraftedFile(CraftedEntry(raw))
  edit(&file)
  return file
}

/// A file of one compressed tensor of 400 bytes, changed.
private func compressed(_ edit: (inout CraftedEntry) -> Void) -> CraftedFile {
  var entry = CraftedEntry.compressed([UInt8](repeating: 9, count: 400))
  edit(&entry)
  return CraftedFile(entry)
}

struct ReaderRuleTests {
  @Test func craftedFilesAreReadWhenNothingIsWrong() throws {
    for file in [tensor { _ in }, file { _ in }, compressed { _ in }] {
      try CheckpointReader(bytes: file.bytes).verify()
    }
  }

  @Test(arguments: preambleCases + indexCases + shapeCases + payloadCases)
  func breaksExactlyOneRule(file: BrokenFile) {
    let error = #expect(throws: CheckpointError.self) {
      try CheckpointReader(bytes: file.bytes, name: "crafted", limits: file.limits).verify()
    }
    #expect(error?.problem == file.problem)
    #expect(error?.description.hasPrefix("crafted: ") == true)
    #expect(error?.description.contains("\n") == false)
  }

  /// Rules 0 to 7.
  private static let preambleCases: [BrokenFile] = [
    BrokenFile(.notARnnzFile(looksLike: "an empty file"), bytes: []),
    BrokenFile(
      .notARnnzFile(looksLike: "a zip archive (PyTorch's .pt, or .npz)"),
      bytes: Array("PK\u{3}\u{4}and more".utf8)),
    BrokenFile(
      .notARnnzFile(looksLike: "an HDF5 file (Keras)"), bytes: [0x89, 0x48, 0x44, 0x46, 0x0D]),
    BrokenFile(.notARnnzFile(looksLike: "a GGUF file"), bytes: Array("GGUF".utf8)),
    BrokenFile(.notARnnzFile(looksLike: "a gzip file"), bytes: [0x1F, 0x8B, 8]),
    BrokenFile(
      .notARnnzFile(looksLike: "a Python pickle (.pkl, or an old .pt)"), bytes: [0x80, 2, 0x7D]),
    BrokenFile(
      .notARnnzFile(looksLike: "a NumPy array (.npy)"), bytes: [0x93] + Array("NUMPY".utf8)),
    BrokenFile(
      .notARnnzFile(looksLike: "a Git LFS pointer: run 'git lfs pull'"),
      bytes: Array("version https://git-lfs.github.com/spec/v1".utf8)),
    BrokenFile(
      .notARnnzFile(looksLike: "a web page"), bytes: Array("<!DOCTYPE HTML><html>".utf8)),
    BrokenFile(
      .notARnnzFile(looksLike: "a safetensors file"), bytes: little(UInt64(9)) + Array("{}".utf8)),
    BrokenFile(
      .notARnnzFile(looksLike: "an ONNX model"), bytes: [8, 8, 0x12, 9] + Array("swift-rnn".utf8)),
    BrokenFile(.truncatedPreamble(size: 63), bytes: Array(tensor { _ in }.bytes[..<63])),
    BrokenFile(
      .badMagic(found: [0x89, 0x52, 0x4E, 0x5A, 0x0A, 0x1A, 0x0A, 0x0A]),
      file { $0.editPreamble = { $0.replaceSubrange(4..<8, with: [0x0A, 0x1A, 0x0A, 0x0A]) } }),
    BrokenFile(
      .preambleChecksum(
        expected: checksum(Array(tensor { _ in }.bytes[..<60])) ^ 1,
        found: checksum(Array(tensor { _ in }.bytes[..<60]))),
      file { $0.editFile = { $0[60] ^= 1 } }),
    BrokenFile(
      .unsupportedVersion(found: 2), file { $0.editPreamble = { $0.put(UInt16(2), at: 8) } }),
    BrokenFile(
      .unknownRequiredFeature(bit: 3), file { $0.editPreamble = { $0.put(UInt32(8), at: 12) } }),
    BrokenFile(
      .truncatedFile(expected: 208, found: 207), file { $0.editFile = { $0.removeLast() } }),
    BrokenFile(
      .trailingBytes(expected: 208, found: 209), file { $0.editFile = { $0.append(0) } }),
    BrokenFile(
      .indexBounds(offset: 128, storedBytes: 113, rawBytes: 113),
      file { $0.editPreamble = { $0.put(UInt64(128), at: 24) } }),
    BrokenFile(
      .indexBounds(offset: 64, storedBytes: 113, rawBytes: 112),
      file { $0.editPreamble = { $0.put(UInt32(112), at: 36) } }),
    BrokenFile(
      .indexBounds(offset: 64, storedBytes: 145, rawBytes: 145),
      file {
        $0.editPreamble = {
          $0.put(UInt32(145), at: 32)
          $0.put(UInt32(145), at: 36)
        }
      }),
    BrokenFile(
      .resourceLimit(.indexBytes, nil, limit: 100, found: 113), file { _ in },
      limits: { $0.indexBytes = 100 }),
    BrokenFile(
      .resourceLimit(.entries, nil, limit: 65_536, found: 65_537),
      file { $0.editPreamble = { $0.put(UInt32(65_537), at: 40) } }),
    BrokenFile(.reservedNonZero(offset: 56), file { $0.editPreamble = { $0[56] = 1 } }),
  ]

  /// Rules 8 to 14.
  private static let indexCases: [BrokenFile] = [
    BrokenFile(
      .indexChecksum(
        expected: checksum(Array(tensor { _ in }.bytes[64..<177])),
        found: checksum(Array(tensor { $0.flags = 1 }.bytes[64..<177]))),
      file { $0.editFile = { $0.put(UInt32(1), at: 64 + 16 + 12) } }),
    BrokenFile(
      .indexLayout(expected: "RIDX", found: "other bytes"),
      file { $0.editIndex = { $0[3] = UInt8(ascii: "Y") } }),
    BrokenFile(
      .indexLayout(expected: "1 entries", found: "2"),
      file { $0.editIndex = { $0.put(UInt32(2), at: 4) } }),
    BrokenFile(
      .indexLayout(expected: "114 bytes", found: "113"),
      file { $0.editIndex = { $0.put(UInt32(2), at: 8) } }),
    BrokenFile(
      .indexLayout(expected: "4294967407 bytes", found: "113"),
      file { $0.editIndex = { $0.put(UInt32.max, at: 8) } }),
    BrokenFile(
      .indexLayout(expected: "at least 16 bytes", found: "3"),
      file { $0.editIndex = { $0.removeLast($0.count - 3) } }),
    BrokenFile(.reservedNonZero(offset: 76), file { $0.editIndex = { $0[12] = 1 } }),
    BrokenFile(.nameBounds(entry: 0), tensor { $0.nameOffset = 1 }),
    BrokenFile(.nameBounds(entry: 0), tensor { $0.nameLength = 0 }),
    BrokenFile(.nameBounds(entry: 0), tensor { $0.nameLength = 2 }),
    BrokenFile(
      .nameBounds(entry: 0), tensor { $0.name = [UInt8](repeating: 0x61, count: 513) }),
    BrokenFile(
      .nameBounds(entry: 1),
      tensor {
        $0.name = Array("ww".utf8)
        $0.nameLength = 1
      }),
    BrokenFile(.nameNotUTF8(entry: 0), tensor { $0.name = [0xFF] }),
    BrokenFile(.nameNotUTF8(entry: 0), tensor { $0.name = [0xED, 0xA0, 0x80] }),  // a surrogate
    BrokenFile(.nameNotUTF8(entry: 0), tensor { $0.name = [0xC0, 0x80] }),  // an overlong zero
    BrokenFile(.nameControlCharacter(entry: 0), tensor { $0.name = [0x61, 0x0A] }),
    BrokenFile(.nameControlCharacter(entry: 0), tensor { $0.name = [0] }),
    BrokenFile(.nameControlCharacter(entry: 0), tensor { $0.name = [0x7F] }),
    BrokenFile(.duplicateName(key), CraftedFile(CraftedEntry(raw), CraftedEntry(raw))),
    BrokenFile(
      .unsortedIndex(.init(.model, "v"), after: key),
      file {
        var second = CraftedEntry(raw)
        second.name = Array("v".utf8)
        $0.entries.append(second)
      }),
    BrokenFile(
      .unsortedIndex(key, after: .init(.configuration, "w")),
      CraftedFile(.json(Array("{}".utf8)), CraftedEntry(raw))),
    BrokenFile(.unknownKind(key, found: 3), tensor { $0.kind = 3 }),
    BrokenFile(.unknownDType(key, found: 13), tensor { $0.dtype = 13 }),
    BrokenFile(.unknownDType(key, found: 0), tensor { $0.kind = 1 }),
    BrokenFile(.unknownCodec(key, found: 2), tensor { $0.codec = 2 }),
    BrokenFile(.unknownFilter(key, found: 2), compressed { $0.filter = 2 }),
    BrokenFile(.unknownFilter(key, found: 1), tensor { $0.filter = 1 }),
    BrokenFile(
      .unknownFilter(key, found: 1),
      compressed {
        $0.filter = 1
        $0.dtype = 6
        $0.extents = [400]
      }),
    BrokenFile(.reservedNonZero(offset: 92), tensor { $0.flags = 2 }),
    BrokenFile(.reservedNonZero(offset: 175), tensor { $0.reserved[15] = 1 }),
    BrokenFile(
      .unknownRequiredSection(.init(.init(rawValue: 11), "w")),
      tensor {
        $0.section = 11
        $0.flags = 1
      }),
    BrokenFile(
      .unknownRequiredSection(.init(.application(0), "w")),
      tensor {
        $0.section = 128
        $0.flags = 1
      }),
  ]

  /// Rules 15 to 19.
  private static let shapeCases: [BrokenFile] = [
    BrokenFile(.badRank(key, found: 9), tensor { $0.rank = 9 }),
    BrokenFile(.badRank(key, found: 0), tensor { $0.rank = 0 }),
    BrokenFile(.badRank(key, found: 1), tensor { $0.extents = [4, 0, 0, 0, 0, 0, 0, 1] }),
    BrokenFile(
      .badRank(key, found: 2),
      tensor {
        $0.kind = 1
        $0.dtype = 6
        $0.rank = 2
        $0.extents = [4, 4]
      }),
    BrokenFile(
      .shapeOverflow(key),
      tensor {
        $0.rank = 3
        $0.extents = [0x7FFF_FFFF, 0x7FFF_FFFF, 4]
      }),
    BrokenFile(
      .shapeOverflow(key),
      tensor {
        $0.rank = 4
        $0.extents = [0, 0x7FFF_FFFF, 0x7FFF_FFFF, 4]
        $0.rawLength = 0
      }),
    BrokenFile(
      .shapeSizeMismatch(key, expected: 20, found: 16), tensor { $0.extents = [5] }),
    BrokenFile(
      .shapeSizeMismatch(key, expected: 16, found: .max), tensor { $0.rawLength = .max }),
    BrokenFile(
      .resourceLimit(.dimension, key, limit: 0x7FFF_FFFF, found: 0x8000_0000),
      tensor {
        $0.rank = 2
        $0.extents = [0x8000_0000, 0]
        $0.rawLength = 0
        $0.stored = []
      }),
    BrokenFile(
      .resourceLimit(.entryBytes, key, limit: 0xFFFF_FFFF, found: 1 << 32),
      tensor {
        $0.extents = [1 << 30]
        $0.rawLength = 1 << 32
      }),
    BrokenFile(
      .resourceLimit(.entryBytes, key, limit: 0xFFFF_FFFF, found: 1 << 32),
      tensor { $0.storedLength = 1 << 32 }),
    BrokenFile(
      .resourceLimit(.totalBytes, key, limit: 15, found: 16), tensor { _ in },
      limits: { $0.totalBytes = 15 }),
    BrokenFile(
      .resourceLimit(.jsonBytes, .init(.configuration, "w"), limit: 3, found: 4),
      CraftedFile(.json(Array("null".utf8))), limits: { $0.jsonBytes = 3 }),
    BrokenFile(
      .storedSizeMismatch(key, stored: 15, raw: 16), tensor { $0.storedLength = 15 }),
    BrokenFile(
      .storedSizeMismatch(key, stored: 12, raw: 0),
      compressed {
        $0.extents = [0]
        $0.rawLength = 0
        $0.stored = Array(raw[..<12])
      }),
    BrokenFile(
      .storedSizeMismatch(key, stored: 400, raw: 400),
      compressed { $0.stored = [UInt8](repeating: 1, count: 400) }),
    BrokenFile(
      .expansionLimit(key, stored: 10, raw: 10_388),
      compressed {
        $0.extents = [2597]
        $0.rawLength = 10_388
        $0.stored = Array(raw[..<10])
      }),
  ]

  /// Rules 20 to 24.
  private static let payloadCases: [BrokenFile] = [
    BrokenFile(
      .payloadLayout(key, expected: 192, found: 256), tensor { $0.offset = 256 }),
    BrokenFile(.payloadLayout(key, expected: 192, found: 64), tensor { $0.offset = 64 }),
    BrokenFile(
      .payloadLayout(key, expected: 192, found: .max - 3), tensor { $0.offset = .max - 3 }),
    BrokenFile(
      .payloadLayout(key, expected: 192, found: 192),
      tensor {
        $0.extents = [5]
        $0.rawLength = 20
        $0.storedLength = 20
      }),
    BrokenFile(
      .payloadLayout(nil, expected: 208, found: 209),
      file {
        $0.editPreamble = { $0.put(UInt64(209), at: 16) }
        $0.editFile = { $0.append(0) }
      }),
    BrokenFile(.paddingNotZero(offset: 180), file { $0.editFile = { $0[180] = 1 } }),
    BrokenFile(
      .paddingNotZero(offset: 383),
      file {
        var second = CraftedEntry(raw)
        second.name = Array("x".utf8)
        $0.entries.append(second)
        $0.editFile = { $0[383] = 1 }
      }),
    BrokenFile(
      .storedChecksum(key, expected: checksum(raw) ^ 1, found: checksum(raw)),
      tensor { $0.storedChecksum = checksum(raw) ^ 1 }),
    BrokenFile(
      .inflateFailed(key, reason: "incorrect header check"), compressed { $0.stored[0] = 0 }),
    BrokenFile(
      .inflateFailed(key, reason: "incorrect data check"),
      compressed { $0.stored[$0.stored.count - 1] ^= 1 }),
    BrokenFile(
      .inflateFailed(key, reason: "the stream ends too early"),
      compressed { $0.stored.removeLast() }),
    BrokenFile(
      .inflateFailed(key, reason: "it needs a preset dictionary"),
      compressed { $0.stored.replaceSubrange(0..<2, with: [0x78, 0xF9, 0, 0, 0, 1]) }),
    BrokenFile(
      .inflatedSizeMismatch(key, expected: 404),
      compressed {
        $0.extents = [101]
        $0.rawLength = 404
      }),
    BrokenFile(
      .inflatedSizeMismatch(key, expected: 396),
      compressed {
        $0.extents = [99]
        $0.rawLength = 396
      }),
    BrokenFile(
      .trailingCompressedBytes(key, count: 2), compressed { $0.stored += [0, 0] }),
    BrokenFile(
      .rawChecksum(key, expected: checksum(raw) ^ 1, found: checksum(raw)),
      tensor { $0.rawChecksum ^= 1 }),
    BrokenFile(
      .rawChecksum(
        key, expected: 7, found: checksum([UInt8](repeating: 9, count: 400))),
      compressed { $0.rawChecksum = 7 }),
  ]
}
