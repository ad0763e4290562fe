import FileCore

extension ONNXModel: ReadableFile {
  static let format = "ONNX model"
  /// The greatest depth of nested graphs.
  fileprivate static let maximumDepth = 4
  /// The largest file in bytes: the limit of Protocol Buffers.
  private static let maximumSize = Int(Int32.max)
  /// The most metadata entries of a model.
  private static let maximumRemarks = 1024

  /// Reads a file, with the weights that it says to be in other files of its folder.
  ///
  /// Throws if it is damaged or has an unsupported part: functions, training graphs, sparse weights,
  /// texts as weights, values that are not arrays.
  public init(source: ByteSource, limits: ReadLimits) throws(CheckpointError) {
    let limit = min(limits.totalBytes, Self.maximumSize)
    guard source.count <= limit else {
      throw CheckpointError(
        file: source.name,
        .resourceLimit(.totalBytes, nil, limit: UInt64(limit), found: UInt64(source.count)))
    }
    try limits.checkMemory("", UInt64(source.count), in: source.name)
    let bytes = try source.read(at: 0, count: source.count)
    let files = ONNXFiles(limits, beside: source.folder)
    do throws(FormatError) {
      try self.init(parsing: bytes[...], files)
    } catch {
      throw CheckpointError(
        file: source.name, format: Self.format, place: "byte \(error.offset)",
        reason: error.problem)
    }
  }

  private init(parsing bytes: ArraySlice<UInt8>, _ files: ONNXFiles) throws(FormatError) {
    self.init(ONNXGraph(name: ""), irVersion: 0, operationSet: 0)
    var graphs = 0
    var reader = ProtobufReader(bytes)
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (1, .integer(let version)): irVersion = Int(clamping: version)
      case (2, .data(let text)): producer = try reader.text(text)
      case (7, .data(let message)):
        graphs += 1
        graph = try ONNXGraph(parsing: message, depth: 1, files)
      case (8, .data(let message)):
        let (domain, version) = try ONNXModel.operationSet(message)
        if domain.isEmpty || domain == "ai.onnx" { operationSet = version }
      case (14, .data(let message)):
        let (key, value) = try ONNXModel.pair(message)
        metadata[key] = value
        guard metadata.count <= ONNXModel.maximumRemarks else {
          throw reader.failure("more than \(ONNXModel.maximumRemarks) remarks")
        }
      case (3, _), (4, _), (5, _), (6, _): continue  // versions and descriptions
      case (20, _), (25, _): throw reader.failure("training graphs and functions are not supported")
      default: throw reader.failure("field \(field) of a model is not known")
      }
    }
    guard graphs == 1, operationSet > 0 else {
      throw reader.failure(
        "expected one graph and the version of its operations, found \(graphs) graphs")
    }
  }

  private static func operationSet(
    _ message: ArraySlice<UInt8>
  ) throws(FormatError) -> (String, Int) {
    var (domain, version) = ("", 0)
    var reader = ProtobufReader(message)
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (1, .data(let text)): domain = try reader.text(text)
      case (2, .integer(let number)): version = Int(clamping: number)
      default: throw reader.failure("field \(field) of an operation set is not known")
      }
    }
    return (domain, version)
  }

  private static func pair(
    _ message: ArraySlice<UInt8>
  ) throws(FormatError) -> (String, String) {
    var (key, content) = ("", "")
    var reader = ProtobufReader(message)
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (1, .data(let text)): key = try reader.text(text, atMost: Format.maximumNameSize)
      case (2, .data(let text)): content = try reader.text(text, atMost: 1 << 20)
      default: throw reader.failure("field \(field) of a remark is not known")
      }
    }
    return (key, content)
  }
}

extension ProtobufReader {
  /// Decodes a UTF-8 text.
  func text(
    _ bytes: ArraySlice<UInt8>, atMost maximum: Int = Format.maximumNameSize
  ) throws(FormatError) -> String {
    guard bytes.count <= maximum, let text = String(utf8: bytes) else {
      throw failure("expected a text in UTF-8 of at most \(maximum) bytes")
    }
    return text
  }
}

extension ONNXGraph {
  fileprivate init(
    parsing bytes: ArraySlice<UInt8>, depth: Int, _ files: ONNXFiles
  ) throws(FormatError) {
    self.init(name: "")
    var reader = ProtobufReader(bytes)
    var names: Set<ExactString> = []
    guard depth <= ONNXModel.maximumDepth else { throw reader.failure("graphs nested too deep") }
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (1, .data(let message)):
        nodes.append(try ONNXNode(parsing: message, depth: depth, files))
      case (2, .data(let text)): name = try reader.text(text)
      case (5, .data(let message)):
        let (name, array) = try ONNXTensorReader.tensor(message, files)
        guard names.insert(ExactString(name)).inserted else {
          throw reader.failure(
            "\(name): expected a name of its own, found a second initializer of it")
        }
        initializers.append(Initializer(name, array))
      case (11, .data(let message)): inputs.append(try Value(parsing: message))
      case (12, .data(let message)): outputs.append(try Value(parsing: message))
      case (10, _), (13, _), (14, _), (16, _): continue  // descriptions
      case (15, _): throw reader.failure("sparse weights are not supported")
      default: throw reader.failure("field \(field) of a graph is not known")
      }
      guard
        max(nodes.count, initializers.count, inputs.count, outputs.count) <= files.limits.entries
      else { throw reader.failure("more than \(files.limits.entries) entries") }
    }
  }
}

extension ONNXGraph.Value {
  fileprivate init(parsing bytes: ArraySlice<UInt8>) throws(FormatError) {
    self.init("", .float32, nil)
    var isTyped = false
    var reader = ProtobufReader(bytes)
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (1, .data(let text)): name = try reader.text(text)
      case (2, .data(let message)):
        try readType(message)
        isTyped = true
      case (3, _), (4, _): continue
      default: throw reader.failure("field \(field) of a value is not known")
      }
    }
    guard isTyped else { throw reader.failure("\(name): expected a type, found none") }
  }

  private mutating func readType(_ message: ArraySlice<UInt8>) throws(FormatError) {
    var reader = ProtobufReader(message)
    while let (field, value) = try reader.next() {
      guard field == 1, let tensor = value.data else {
        if field == 6 { continue }
        throw reader.failure("\(name): expected an array, found another kind of value")
      }
      var inner = ProtobufReader(tensor)
      while let (field, value) = try inner.next() {
        switch (field, value) {
        case (1, .integer(let code)):
          guard let type = ElementType(onnxCode: Int(clamping: code)) else {
            throw inner.failure("\(name): element type \(code) is not supported")
          }
          elementType = type
        case (2, .data(let message)): shape = try ONNXGraph.Value.extents(message)
        default: throw inner.failure("field \(field) of an array's type is not known")
        }
      }
    }
  }

  private static func extents(_ message: ArraySlice<UInt8>) throws(FormatError) -> [Extent] {
    var extents: [Extent] = []
    var reader = ProtobufReader(message)
    while let (field, value) = try reader.next() {
      guard field == 1, let axis = value.data, extents.count < 64 else {
        throw reader.failure("expected at most 64 axes")
      }
      var extent = Extent.named("")
      var inner = ProtobufReader(axis)
      while let (field, value) = try inner.next() {
        switch (field, value) {
        case (1, .integer(let count)): extent = .fixed(Int(clamping: count))
        case (2, .data(let text)): extent = .named(try inner.text(text))
        case (3, _): continue
        default: throw inner.failure("field \(field) of an axis is not known")
        }
      }
      extents.append(extent)
    }
    return extents
  }
}

extension ONNXNode {
  /// The most attributes of an operation: more than any of the standard has.
  private static let maximumAttributes = 64

  fileprivate init(
    parsing bytes: ArraySlice<UInt8>, depth: Int, _ files: ONNXFiles
  ) throws(FormatError) {
    self.init("", [], [])
    var reader = ProtobufReader(bytes)
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (1, .data(let text)): inputs.append(try reader.text(text))
      case (2, .data(let text)): outputs.append(try reader.text(text))
      case (3, .data(let text)): name = try reader.text(text, atMost: 1 << 16)
      case (4, .data(let text)): operation = try reader.text(text)
      case (5, .data(let message)):
        let (name, attribute) = try ONNXAttributeReader.attribute(
          message, depth: depth, files)
        guard attributes.updateValue(attribute, forKey: name) == nil else {
          throw reader.failure("\(operation): \(name) is set twice")
        }
        guard attributes.count <= ONNXNode.maximumAttributes else {
          throw reader.failure("\(operation): more than \(ONNXNode.maximumAttributes) settings")
        }
      case (7, .data(let text)): domain = try reader.text(text)
      case (6, _), (9, _): continue
      default: throw reader.failure("field \(field) of an operation is not known")
      }
      guard max(inputs.count, outputs.count) <= files.limits.entries else {
        throw reader.failure("\(operation): more than \(files.limits.entries) values")
      }
    }
    if domain == "ai.onnx" { domain = "" }
  }
}

/// Reads an attribute: its name and its single value.
private struct ONNXAttributeReader {
  private var (name, code) = ("", 0)
  private var (integers, floats, texts): ([Int], [Float], [String]) = ([], [], [])
  private var (integer, float, text): (Int, Float, String) = (0, 0, "")
  private var (tensor, graph): (StoredArray?, ONNXGraph?) = (nil, nil)
  private var reader: ProtobufReader

  static func attribute(
    _ bytes: ArraySlice<UInt8>, depth: Int, _ files: ONNXFiles
  ) throws(FormatError) -> (String, ONNXNode.Attribute) {
    var attribute = ONNXAttributeReader(reader: ProtobufReader(bytes))
    while let (field, value) = try attribute.reader.next() {
      try attribute.set(field, value, depth: depth, files)
    }
    return (attribute.name, try attribute.value())
  }

  private init(reader: ProtobufReader) { self.reader = reader }

  private mutating func set(
    _ field: Int, _ value: ProtobufReader.Value, depth: Int, _ files: ONNXFiles
  ) throws(FormatError) {
    switch (field, value) {
    case (1, .data(let bytes)): name = try reader.text(bytes)
    case (2, .four(let pattern)): float = Float(bitPattern: pattern)
    case (3, .integer(let number)): integer = Int(Int64(bitPattern: number))
    case (4, .data(let bytes)): text = try reader.text(bytes, atMost: 1 << 16)
    case (5, .data(let bytes)): tensor = try ONNXTensorReader.tensor(bytes, files).1
    case (6, .data(let bytes)):
      graph = try ONNXGraph(parsing: bytes, depth: depth + 1, files)
    case (7, .four(let pattern)): floats.append(Float(bitPattern: pattern))
    case (7, .data(let bytes)):
      guard bytes.count.isMultiple(of: 4) else { throw reader.failure("numbers are cut off") }
      let bytes = Array(bytes)
      for offset in stride(from: 0, to: bytes.count, by: 4) {
        floats.append(Float(bitPattern: bytes.littleEndian(UInt32.self, at: offset)))
      }
    case (8, .integer(let number)): integers.append(Int(Int64(bitPattern: number)))
    case (8, .data(let bytes)):
      integers += try ProtobufReader.numbers(bytes).map { Int(Int64(bitPattern: $0)) }
    case (9, .data(let bytes)):
      texts.append(try reader.text(bytes))
      guard texts.count <= files.limits.entries else {
        throw reader.failure("\(name): more than \(files.limits.entries) texts")
      }
    case (20, .integer(let number)): code = Int(clamping: number)
    case (13, _): break
    default: throw reader.failure("\(name): field \(field) of an attribute is not supported")
    }
  }

  private func value() throws(FormatError) -> ONNXNode.Attribute {
    switch (code, tensor, graph) {
    case (1, _, _): return .float(float)
    case (2, _, _): return .integer(integer)
    case (3, _, _): return .text(text)
    case (4, let tensor?, _): return .tensor(tensor)
    case (5, _, let graph?): return .graph(graph)
    case (6, _, _): return .floats(floats)
    case (7, _, _): return .integers(integers)
    case (8, _, _): return .texts(texts)
    default: throw reader.failure("\(name): an attribute of kind \(code) is not supported")
    }
  }
}
