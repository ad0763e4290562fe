import FileCore

/// An attribute of an object: a name, and texts or numbers.
struct HDF5Attribute {
  let name: String
  /// A text or number, or an array of them; null if there are no elements, or of another type.
  let value: JSONValue

  /// The most elements of an attribute: the names of a model's layers, or of a layer's weights.
  private static let mostElements = 65_536

  init(_ message: HDF5Scanner, in file: HDF5Bytes) throws(FormatError) {
    var scanner = message
    let version = try scanner.expect(version: 1...3, of: "attribute")
    let flags = try scanner.byte()
    let sizes = (try scanner.number(2), try scanner.number(2), try scanner.number(2))
    if version == 3 { try scanner.skip(1) }
    func padded(_ size: Int) -> Int { version == 1 ? (size + 7) / 8 * 8 : size }
    var nameScanner = try scanner.part(padded(sizes.0))
    name = try nameScanner.name(sizes.0)
    let typeMessage = try scanner.part(padded(sizes.1))
    let spaceMessage = try scanner.part(padded(sizes.2))
    guard version == 1 || flags & 3 == 0 else {
      // A type that stands elsewhere.
      value = .null
      return
    }
    let type = try HDF5Datatype(typeMessage)
    let space = try HDF5Dataspace(spaceMessage)
    let count = StoredArray.byteCount(shape: space.shape, elementType: .uint8) ?? .max
    guard !space.isNull, count <= Self.mostElements, count * type.size <= scanner.remaining else {
      guard !space.isNull else {
        value = .null
        return
      }
      throw scanner.failure(
        "\(name): expected at most \(Self.mostElements) elements, found \(count)")
    }
    var (elements, textSize) = ([JSONValue](), 0)
    for _ in 0..<count {
      let element = try Self.element(&scanner, type, HDF5GlobalHeap(file: file))
      if case .string(let text) = element { textSize += text.utf8.count }
      // Elements can have the same text of the heap.
      guard textSize <= file.bytes.count else {
        throw scanner.failure("\(name): texts of more bytes than the file has")
      }
      elements.append(element)
    }
    value = space.shape.isEmpty ? elements.first ?? .null : .array(elements)
  }

  private static func element(
    _ scanner: inout HDF5Scanner, _ type: HDF5Datatype, _ heap: HDF5GlobalHeap
  ) throws(FormatError) -> JSONValue {
    switch type.kind {
    case .text: return .string(try scanner.text(type.size).trimmedOfSpaces)
    case .variableText:
      let length = try scanner.number(4)
      let (collection, index) = (try scanner.address(), try scanner.number(4))
      guard length > 0, let collection, collection > 0 else { return .string("") }
      var text = try heap.object(collection: collection, index: index)
      return .string(try text.text(min(length, text.remaining)))
    case .number(let elementType):
      let range = try scanner.range(type.size)
      let array = StoredArray(
        elementType: elementType, shape: [], bytes: Array(scanner.file.bytes[range]))
      return array.scalarValue
    case .other:
      try scanner.skip(type.size)
      return .null
    }
  }
}

extension String {
  /// The text without spaces at its end, with which some writers fill fixed sizes.
  fileprivate var trimmedOfSpaces: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}
