import FileCore

/// The header of a safetensors file: eight bytes of length, then JSON.
struct SafetensorsHeader {
  struct Tensor {
    var name: String
    var elementType: ElementType
    var shape: [Int]
    /// The range of the array's bytes, relative to the end of the header.
    var range: Range<Int>
  }

  var metadata: [String: String] = [:]
  /// Tensors in the order of their bytes.
  var tensors: [Tensor] = []
  /// The offset of the first array, which is the end of the header.
  var dataOffset = 0

  /// The key of the metadata.
  static let metadataKey = "__metadata__"
  /// The highest rank: the limit of NumPy and PyTorch.
  private static let maximumRank = 64

  init(reading source: ByteSource, limits: ReadLimits) throws(CheckpointError) {
    guard source.count >= 8 else {
      throw CheckpointError(
        file: source.name,
        .safetensorsHeader(at: 0, reason: "expected at least 8 bytes, found \(source.count)"))
    }
    let length = try source.read(at: 0, count: 8).littleEndian(UInt64.self, at: 0)
    guard length <= UInt64(source.count - 8) else {
      throw CheckpointError(
        file: source.name,
        .safetensorsHeader(
          at: 0,
          reason: "expected a header inside the \(source.count) bytes, found one of \(length)"))
    }
    guard length <= UInt64(limits.indexBytes) else {
      throw CheckpointError(
        file: source.name,
        .resourceLimit(.indexBytes, nil, limit: UInt64(limits.indexBytes), found: length))
    }
    dataOffset = 8 + Int(length)
    let text = try source.read(at: 8, count: Int(length))
    do throws(JSONError) {
      try parse(text)
    } catch {
      throw CheckpointError(
        file: source.name, .safetensorsHeader(at: 8 + error.offset, reason: error.problem))
    }
    try checkLayout(source: source, limits: limits)
  }

  private mutating func parse(_ text: [UInt8]) throws(JSONError) {
    var scanner = JSONScanner(text, maximumDepth: 3)
    var (metadata, tensors): ([String: String], [Tensor]) = ([:], [])
    try scanner.forEachMember { (scanner, key) throws(JSONError) in
      if key == SafetensorsHeader.metadataKey {
        // MLX writes null where there is no metadata.
        if try scanner.null() { return }
        let texts = try scanner.members { (scanner, _) throws(JSONError) in try scanner.string() }
        metadata = [String: String](texts.map { ($0.key.string, $0.value) }) { first, _ in first }
      } else {
        tensors.append(try SafetensorsHeader.tensor(named: key, &scanner))
      }
    }
    try scanner.expectEnd()
    self.metadata = metadata
    self.tensors = tensors
  }

  /// Reads `{"dtype":"F32","shape":[28,64],"data_offsets":[0,7168]}`.
  private static func tensor(
    named name: String, _ scanner: inout JSONScanner
  ) throws(JSONError) -> Tensor {
    let start = scanner.position
    var (elementType, shape, offsets): (ElementType?, [Int]?, [Int]?) = (nil, nil, nil)
    try scanner.forEachMember { (scanner, key) throws(JSONError) in
      let start = scanner.position
      switch key {
      case "dtype":
        let code = try scanner.string()
        elementType = ElementType(safetensorsCode: code)
        guard elementType != nil else {
          throw scanner.failure("unknown element type \(code)", at: start)
        }
      case "shape": shape = try scanner.counts(atMost: maximumRank)
      case "data_offsets": offsets = try scanner.counts(atMost: 2)
      default: throw scanner.failure("unknown key", at: start)
      }
    }
    guard let elementType, let shape, let offsets, offsets.count == 2 else {
      throw scanner.failure("expected dtype, shape and two data_offsets", at: start)
    }
    guard offsets[0] <= offsets[1] else {
      throw scanner.failure("expected data_offsets in rising order", at: start)
    }
    return Tensor(
      name: name, elementType: elementType, shape: shape, range: offsets[0]..<offsets[1])
  }

  /// Sorts the tensors by offset; checks that they fill the file and that shapes match sizes.
  private mutating func checkLayout(
    source: ByteSource, limits: ReadLimits
  ) throws(CheckpointError) {
    guard tensors.count <= limits.entries else {
      throw CheckpointError(
        file: source.name,
        .resourceLimit(
          .entries, nil, limit: UInt64(limits.entries), found: UInt64(tensors.count)))
    }
    tensors.sort {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    var end = 0
    for tensor in tensors {
      if let reason = tensor.problem(expectedStart: end) {
        throw CheckpointError(
          file: source.name, .safetensorsTensor(name: tensor.name, reason: reason))
      }
      end = tensor.range.upperBound
    }
    let available = source.count - dataOffset
    guard end == available else {
      throw CheckpointError(
        file: source.name,
        .safetensorsHeader(
          at: dataOffset, reason: "expected \(end) bytes of data after it, found \(available)"))
    }
    guard end <= limits.totalBytes else {
      throw CheckpointError(
        file: source.name,
        .resourceLimit(.totalBytes, nil, limit: UInt64(limits.totalBytes), found: UInt64(end)))
    }
    try limits.checkMemory("", UInt64(end), in: source.name)
  }
}

extension SafetensorsHeader.Tensor {
  /// Why its bytes are not those of its shape from a start on; nil if they are.
  fileprivate func problem(expectedStart start: Int) -> String? {
    if range.lowerBound != start {
      return "expected at byte \(start) of the data, found at \(range.lowerBound)"
    }
    guard let needed = StoredArray.byteCount(shape: shape, elementType: elementType) else {
      return "the shape \(shape) is beyond any memory"
    }
    return needed == range.count
      ? nil : "expected \(needed) bytes for shape \(shape), found \(range.count)"
  }
}

extension JSONScanner {
  /// Reads an array of whole numbers.
  fileprivate mutating func counts(atMost maximum: Int) throws(JSONError) -> [Int] {
    var counts: [Int] = []
    try forEachElement { (scanner) throws(JSONError) in
      guard counts.count < maximum else { throw scanner.failure("more than \(maximum) numbers") }
      counts.append(try scanner.count())
    }
    return counts
  }
}

extension ElementType {
  /// The type's name in safetensors, for example `F32`.
  var safetensorsCode: String {
    switch self {
    case .float32: "F32"
    case .float64: "F64"
    case .float16: "F16"
    case .bfloat16: "BF16"
    case .int32: "I32"
    case .int64: "I64"
    case .uint8: "U8"
    case .uint32: "U32"
    case .uint64: "U64"
    case .int8: "I8"
    case .bool: "BOOL"
    case .int16: "I16"
    case .uint16: "U16"
    }
  }

  init?(safetensorsCode: String) {
    guard let type = ElementType.allCases.first(where: { $0.safetensorsCode == safetensorsCode })
    else { return nil }
    self = type
  }
}
