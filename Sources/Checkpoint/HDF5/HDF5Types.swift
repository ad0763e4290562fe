import FileCore

/// The extents of a dataset or an attribute.
struct HDF5Dataspace: Sendable {
  /// Empty for a scalar.
  var shape: [Int] = []
  /// Whether there are no elements at all.
  var isNull = false

  init(_ message: HDF5Scanner) throws(FormatError) {
    var scanner = message
    let version = try scanner.expect(version: 1...2, of: "dataspace")
    let rank = try scanner.byte()
    guard rank <= 32 else { throw scanner.failure("expected at most 32 axes, found \(rank)") }
    let flags = try scanner.byte()
    if version == 1 {
      try scanner.skip(5)
    } else {
      isNull = try scanner.byte() == 2
    }
    for _ in 0..<rank { shape.append(try scanner.length()) }
    _ = flags
  }
}

/// The type of an element.
struct HDF5Datatype: Sendable {
  enum Kind: Sendable {
    case number(ElementType)
    /// A text of fixed size.
    case text
    /// A text in the global heap.
    case variableText
    /// A type that is not read, by its name.
    case other(String)
  }

  var kind: Kind
  /// The size of an element in the file.
  var size: Int

  private static let names = [
    "integers", "numbers", "times", "texts", "bit fields", "opaque bytes", "compound values",
    "references", "enumerations", "sequences of variable length", "arrays",
  ]

  init(_ message: HDF5Scanner) throws(FormatError) {
    var scanner = message
    let first = try scanner.byte()
    let bits = try scanner.number(3)
    let size = try scanner.number(4)
    self.size = size
    guard (1...65_536).contains(size) else {
      throw scanner.failure("expected elements of 1 to 65536 bytes, found \(size)")
    }
    let isBig = bits & 1 != 0 && size > 1
    switch first & 0xF {
    case 0:
      let isSigned = bits & 8 != 0
      let types: [Int: (ElementType?, ElementType?)] = [
        1: (.int8, .uint8), 2: (.int16, .uint16), 4: (.int32, .uint32), 8: (.int64, .uint64),
      ]
      let type = types[size].flatMap { isSigned ? $0.0 : $0.1 }
      kind = Self.number(
        type, "\(isSigned ? "" : "unsigned ")integers of \(size) bytes", isBigEndian: isBig)
    case 1:
      try scanner.skip(5)
      let exponentSize = try scanner.byte()
      let type: ElementType? =
        switch (size, exponentSize) {
        case (2, 5): .float16
        case (2, 8): .bfloat16
        case (4, 8): .float32
        case (8, 11): .float64
        default: nil
        }
      kind = Self.number(type, "numbers of \(size) bytes", isBigEndian: isBig || bits & 0x40 != 0)
    case 3: kind = .text
    // An enumeration of one byte is how h5py writes truth values.
    case 8 where size == 1: kind = .number(.bool)
    case 9 where bits & 0xF == 1: kind = .variableText
    case let other: kind = .other(other < Self.names.count ? Self.names[other] : "type \(other)")
    }
  }

  private static func number(_ type: ElementType?, _ name: String, isBigEndian: Bool) -> Kind {
    guard let type else { return .other(name) }
    return isBigEndian ? .other("big-endian \(name)") : .number(type)
  }
}

/// The filters that a chunk passed when it was written.
struct HDF5Filters: Sendable {
  enum Filter: Sendable {
    case deflate
    /// Bytes of the same place in each element are together; the size of an element.
    case shuffle(Int)
    case fletcher32
  }

  private(set) var filters: [Filter] = []

  init() {}

  init(_ message: HDF5Scanner) throws(FormatError) {
    var scanner = message
    let version = try scanner.expect(version: 1...2, of: "filters")
    let count = try scanner.byte()
    guard count <= 32 else { throw scanner.failure("expected at most 32 filters, found \(count)") }
    if version == 1 { try scanner.skip(6) }
    for _ in 0..<count {
      let id = try scanner.number(2)
      let nameSize = version == 1 || id >= 256 ? try scanner.number(2) : 0
      try scanner.skip(2)
      let valueCount = try scanner.number(2)
      let name = try scanner.text(version == 1 ? (nameSize + 7) / 8 * 8 : nameSize)
      var values: [Int] = []
      for _ in 0..<valueCount { values.append(try scanner.number(4)) }
      if version == 1, valueCount % 2 == 1 { try scanner.skip(4) }
      switch id {
      case 1: filters.append(.deflate)
      case 2:
        guard let width = values.first, (1...65_536).contains(width) else {
          throw scanner.failure("shuffle: expected the size of an element, found none")
        }
        filters.append(.shuffle(width))
      case 3: filters.append(.fletcher32)
      default:
        throw scanner.failure(
          "expected the filters deflate, shuffle and fletcher32, found filter \(id)"
            + (name.isEmpty || name.hasControlCharacter ? "" : " (\(name))"))
      }
    }
  }

  /// Undoes the filters. Filters whose bit in the mask is set were left out.
  func unfiltered(
    _ chunk: ArraySlice<UInt8>, skipping mask: Int, size: Int, at offset: Int
  ) throws(FormatError) -> [UInt8] {
    var bytes = chunk
    for (index, filter) in filters.enumerated().reversed() where mask >> index & 1 == 0 {
      switch filter {
      case .fletcher32:
        guard bytes.count >= 4 else { throw FormatError(offset: offset, problem: "cut off") }
        let stored = Array(bytes.suffix(4)).littleEndian(UInt32.self, at: 0)
        bytes = bytes.dropLast(4)
        let found = HDF5Checksum.fletcher32(bytes)
        guard stored == found else {
          throw FormatError(
            offset: offset,
            problem: "damaged: expected checksum \(String(stored, radix: 16)), found "
              + String(found, radix: 16))
        }
      case .deflate:
        // A checksum can follow what was deflated.
        let checksums = filters[..<index].count { if case .fletcher32 = $0 { true } else { false } }
        do throws(Inflate.Failure) {
          bytes = try Inflate.expanded(Array(bytes), count: size + 4 * checksums)[...]
        } catch {
          throw FormatError(offset: offset, problem: "cannot be decompressed: \(error)")
        }
      case .shuffle(let width):
        // Bytes that make no whole element stay at the end.
        let whole = Array(bytes.prefix(bytes.count / width * width))
        bytes =
          (ByteShuffle.unshuffled(whole, width: width) + bytes.dropFirst(whole.count))[...]
      }
    }
    guard bytes.count == size else {
      throw FormatError(
        offset: offset, problem: "expected a chunk of \(size) bytes, found \(bytes.count)")
    }
    return Array(bytes)
  }
}
