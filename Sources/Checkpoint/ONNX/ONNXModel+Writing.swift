extension ONNXModel {
  /// The file's bytes. Equal models give equal bytes.
  public func encoded() -> [UInt8] {
    var writer = ProtobufWriter()
    writer.integer(1, irVersion)
    if !producer.isEmpty { writer.text(2, producer) }
    writer.message(7) { graph.write(to: &$0) }
    writer.message(8) { $0.integer(2, operationSet) }
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      writer.message(14) {
        $0.text(1, key)
        $0.text(2, value)
      }
    }
    return writer.bytes
  }

  /// Saves a file atomically, like ``Checkpoint/save(to:compression:)``.
  public func save(to path: String) throws(CheckpointError) {
    try CheckpointError.saving([encoded()], to: path)
  }
}

extension ONNXGraph {
  fileprivate func write(to writer: inout ProtobufWriter) {
    for node in nodes { writer.message(1) { node.write(to: &$0) } }
    writer.text(2, name)
    for initializer in initializers {
      writer.message(5) { initializer.array.write(named: initializer.name, to: &$0) }
    }
    for input in inputs { writer.message(11) { input.write(to: &$0) } }
    for output in outputs { writer.message(12) { output.write(to: &$0) } }
  }
}

extension ONNXGraph.Value {
  fileprivate func write(to writer: inout ProtobufWriter) {
    writer.text(1, name)
    writer.message(2) { type in
      type.message(1) { tensor in
        tensor.integer(1, elementType.onnxCode)
        guard let shape else { return }
        tensor.message(2) { axes in
          for extent in shape {
            axes.message(1) { axis in
              switch extent {
              case .fixed(let count): axis.integer(1, count)
              case .named(let name): axis.text(2, name)
              }
            }
          }
        }
      }
    }
  }
}

extension ONNXNode {
  fileprivate func write(to writer: inout ProtobufWriter) {
    for input in inputs { writer.text(1, input) }
    for output in outputs { writer.text(2, output) }
    if !name.isEmpty { writer.text(3, name) }
    writer.text(4, operation)
    for (key, attribute) in attributes.sorted(by: { $0.key < $1.key }) {
      writer.message(5) {
        $0.text(1, key)
        attribute.write(to: &$0)
      }
    }
    if !domain.isEmpty { writer.text(7, domain) }
  }
}

extension ONNXNode.Attribute {
  fileprivate func write(to writer: inout ProtobufWriter) {
    switch self {
    case .integer(let value): writer.integer(3, value)
    case .float(let value): writer.float(2, value)
    case .text(let value): writer.text(4, value)
    case .integers(let values): for value in values { writer.integer(8, value) }
    case .floats(let values): for value in values { writer.float(7, value) }
    case .texts(let values): for value in values { writer.text(9, value) }
    case .tensor(let array): writer.message(5) { array.write(named: "", to: &$0) }
    case .graph(let graph): writer.message(6) { graph.write(to: &$0) }
    }
    writer.integer(20, code)
  }

  /// The format's code of the kind.
  var code: Int {
    switch self {
    case .float: 1
    case .integer: 2
    case .text: 3
    case .tensor: 4
    case .graph: 5
    case .floats: 6
    case .integers: 7
    case .texts: 8
    }
  }
}

extension StoredArray {
  fileprivate func write(named name: String, to writer: inout ProtobufWriter) {
    for extent in shape { writer.integer(1, extent) }
    writer.integer(2, elementType.onnxCode)
    if !name.isEmpty { writer.text(8, name) }
    writer.data(9, bytes)
  }
}

extension ElementType {
  /// ONNX's code of the type.
  package var onnxCode: Int {
    switch self {
    case .float32: 1
    case .uint8: 2
    case .int8: 3
    case .uint16: 4
    case .int16: 5
    case .int32: 6
    case .int64: 7
    case .bool: 9
    case .float16: 10
    case .float64: 11
    case .uint32: 12
    case .uint64: 13
    case .bfloat16: 16
    }
  }

  package init?(onnxCode: Int) {
    guard let type = ElementType.allCases.first(where: { $0.onnxCode == onnxCode }) else {
      return nil
    }
    self = type
  }
}
