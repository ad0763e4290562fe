import FileCore

/// Reads an array of an ONNX file in any of ONNX's encodings.
enum ONNXTensorReader {
  /// The array's name and content.
  static func tensor(
    _ bytes: ArraySlice<UInt8>, _ files: ONNXFiles
  ) throws(FormatError) -> (String, StoredArray) {
    var reader = ProtobufReader(bytes)
    var fields = Fields()
    while let (field, value) = try reader.next() { try fields.set(field, value, reader) }
    let (name, shape) = (fields.name, fields.shape)
    guard let type = ElementType(onnxCode: fields.code) else {
      throw reader.failure("\(name): element type \(fields.code) is not supported")
    }
    let size = StoredArray.byteCount(shape: shape, elementType: type)
    let content: [UInt8]
    if let outer = fields.outer {
      content = try files.bytes(outer, expecting: size, reader, name)
    } else {
      content = fields.raw.map { Array($0) } ?? unpacked(fields.numbers, fields.patterns, type)
    }
    guard size == content.count else {
      throw reader.failure(
        "\(name): expected elements for shape \(shape), found \(content.count) bytes")
    }
    return (name, StoredArray(elementType: type, shape: shape, bytes: content))
  }

  /// The fields of the message `TensorProto`.
  private struct Fields {
    var (name, code, shape) = ("", 0, [Int]())
    var raw: ArraySlice<UInt8>?
    var outer: ONNXFiles.Place?
    var (numbers, patterns): ([UInt64], [UInt8]) = ([], [])

    mutating func set(
      _ field: Int, _ value: ProtobufReader.Value, _ reader: ProtobufReader
    ) throws(FormatError) {
      switch (field, value) {
      case (1, .integer(let extent)): shape.append(Int(clamping: extent))
      case (1, .data(let packed)):
        shape += try ProtobufReader.numbers(packed).map { Int(clamping: $0) }
      case (2, .integer(let number)): code = Int(clamping: number)
      case (8, .data(let text)): name = try reader.text(text)
      case (9, .data(let data)): raw = data
      case (4, .data(let data)), (10, .data(let data)): patterns += data
      case (4, .four(let pattern)): patterns.append(littleEndian: pattern)
      case (5, .data(let packed)), (7, .data(let packed)), (11, .data(let packed)):
        numbers += try ProtobufReader.numbers(packed)
      case (5, .integer(let number)), (7, .integer(let number)), (11, .integer(let number)):
        numbers.append(number)
      // Texts (6) are refused by their element type, once the name is known.
      case (6, _), (12, _), (16, _), (14, .integer(0)): break
      case (14, .integer(1)): outer = outer ?? ONNXFiles.Place()
      case (13, .data(let pair)):
        var place = outer ?? ONNXFiles.Place()
        try place.set(pair)
        outer = place
      default: throw reader.failure("\(name): field \(field) of an array is not supported")
      }
      guard shape.count <= 64 else { throw reader.failure("\(name): more than 64 axes") }
    }
  }

  /// The bytes of elements that are encoded as integers or as fixed 32- or 64-bit patterns.
  private static func unpacked(
    _ numbers: [UInt64], _ patterns: [UInt8], _ type: ElementType
  ) -> [UInt8] {
    if type == .float32 || type == .float64 { return patterns }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(numbers.count * type.width)
    for number in numbers {
      for index in 0..<type.width { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * index))) }
    }
    return bytes
  }
}
