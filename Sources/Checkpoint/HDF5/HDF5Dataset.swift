import FileCore

/// A dataset of numbers: its type and shape, and where the numbers are.
struct HDF5Dataset: Sendable {
  enum Layout: Sendable {
    /// Bytes of the file; empty if nothing was ever written.
    case bytes(Range<Int>)
    case chunked(HDF5Chunks)
  }

  var elementType: ElementType
  var shape: [Int]
  var layout: Layout
  /// The bytes of an element that was never written.
  var fill: [UInt8]
  /// The size of all elements in bytes.
  var byteCount: Int

  /// Reads the description of a dataset; nil if its elements are no numbers of a known type.
  init?(_ object: HDF5Object, _ metadata: inout HDF5Metadata) throws(FormatError) {
    guard let typeMessage = object.first(.datatype), let spaceMessage = object.first(.dataspace),
      var message = object.first(.layout)
    else { return nil }
    let type = try HDF5Datatype(typeMessage)
    let space = try HDF5Dataspace(spaceMessage)
    guard case .number(let elementType) = type.kind, !space.isNull else { return nil }
    guard elementType.width == type.size,
      let byteCount = StoredArray.byteCount(shape: space.shape, elementType: elementType)
    else { throw message.failure("the shape \(space.shape) is beyond any memory") }
    (self.elementType, shape, self.byteCount) = (elementType, space.shape, byteCount)
    fill = try Self.fill(object, width: type.size)
    let filters = try object.first(.filters).map { message throws(FormatError) in
      try HDF5Filters(message)
    }
    layout = try Self.layout(
      &message, shape: shape, type, byteCount: byteCount, filters ?? HDF5Filters(), &metadata)
  }

  /// Where the elements are.
  private static func layout(
    _ message: inout HDF5Scanner, shape: [Int], _ type: HDF5Datatype, byteCount: Int,
    _ filters: HDF5Filters, _ metadata: inout HDF5Metadata
  ) throws(FormatError) -> Layout {
    let version = try message.expect(version: 1...5, of: "layout")
    let rank = version < 3 ? try message.byte() : 0
    let kind = try message.byte()
    if version < 3 { try message.skip(5) }
    switch kind {
    case 0:
      if version < 3 { try message.skip(4 * rank) }
      let range = try message.range(try message.number(version < 3 ? 4 : 2))
      guard range.count == byteCount else {
        throw message.failure(
          "expected \(byteCount) bytes for shape \(shape), found \(range.count)")
      }
      return .bytes(range)
    case 1:
      guard let address = try message.address(), byteCount > 0 else { return .bytes(0..<0) }
      var scanner = try metadata.file.scanner(at: address)
      return .bytes(try scanner.range(byteCount))
    case 2:
      return .chunked(
        try HDF5Chunks(
          &message, version: version, rank: rank, shape: shape, width: type.size,
          filters: filters, &metadata))
    default: throw message.failure("expected a layout of this file, found kind \(kind)")
    }
  }

  private static func fill(_ object: HDF5Object, width: Int) throws(FormatError) -> [UInt8] {
    let zeros = [UInt8](repeating: 0, count: width)
    guard var message = object.first(.fillValue) else { return zeros }
    let version = try message.expect(version: 1...3, of: "fill value")
    if version == 3 {
      guard try message.byte() & 0x20 != 0 else { return zeros }
    } else {
      try message.skip(2)
      guard try message.byte() != 0 else { return zeros }
    }
    let size = try message.number(4)
    guard size == width else { return zeros }
    return Array(message.file.bytes[try message.range(size)])
  }

  /// Reads the elements.
  func array(in file: HDF5Bytes) throws(FormatError) -> StoredArray {
    switch layout {
    case .bytes(let range) where range.count == byteCount:
      return StoredArray(elementType: elementType, shape: shape, bytes: Array(file.bytes[range]))
    case .bytes:
      return StoredArray(elementType: elementType, shape: shape, bytes: filled())
    case .chunked(let chunks):
      var bytes = filled()
      try chunks.copy(to: &bytes, in: file)
      return StoredArray(elementType: elementType, shape: shape, bytes: bytes)
    }
  }

  private func filled() -> [UInt8] {
    guard fill.contains(where: { $0 != 0 }) else { return [UInt8](repeating: 0, count: byteCount) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCount)
    for _ in 0..<byteCount / fill.count { bytes += fill }
    return bytes
  }
}
