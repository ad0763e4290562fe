import FileCore

/// A report on a file of weights, as text for people or as JSON for programs.
///
/// ```swift
/// let inspection = try Inspection(ArrayFile(path: "model.rnnz"))
/// print(inspection.text)
/// ```
public struct Inspection: Sendable {
  /// One row of the table of parameters.
  public struct Parameter: Sendable, Hashable {
    /// The name.
    public let name: String
    /// The size of each axis.
    public let shape: [Int]
    /// The type of the elements.
    public let elementType: ElementType
    /// The sizes of the array and, for a file with compressed arrays, of its stored form, in bytes.
    public let (byteCount, storedByteCount): (Int, Int)
    /// Statistics of the elements.
    public let statistics: StoredArray.Statistics
  }

  /// A fact about training or the model: an entry of the file and its value.
  public struct Fact: Sendable, Hashable {
    /// For example `trainer/step`.
    public let name: String
    /// The value.
    public let value: JSONValue
  }

  /// The file's path.
  public let path: String
  /// The format's name.
  public let format: String
  /// The file's size.
  public let byteCount: Int
  /// Facts about the model: configuration, tokenizer, metadata.
  public private(set) var configuration: [Fact] = []
  /// The parameters, in the file's order.
  public private(set) var parameters: [Parameter] = []
  /// The training state in the file.
  public private(set) var state: [Fact] = []
  /// A line that describes the model; nil unless the caller sets it.
  public var model: String?
  /// The result of verification, if requested.
  public private(set) var verification: String?

  /// Inspects a file. Throws if a parameter is damaged or, with `verifying`, anything else.
  public init(_ file: ArrayFile, verifying: Bool = false) throws(CheckpointError) {
    path = file.path
    format = file.formatName
    byteCount = file.byteCount
    var storedSizes: [String: Int] = [:]
    var elementTypes: [String: ElementType] = [:]
    switch file.content {
    case .checkpoint(let reader):
      if verifying { try reader.verify() }
      for entry in file.modelEntries(reader) {
        storedSizes[entry.key.name] = entry.storedByteCount
        elementTypes[entry.key.name] = entry.elementType
      }
      try read(reader)
    case .safetensors(let content): readMetadata(content.metadata)
    case .torch(let content):
      if !content.path.isEmpty {
        configuration = [Fact(name: "state_dict", value: .string(content.path))]
      }
    case .pickle, .array: break
    case .hdf5(let content): readMetadata(content.metadata)
    case .keras(let content): readMetadata(content.metadata)
    case .numPy(let archive): storedSizes = archive.storedSizes
    case .onnx(let model): read(model)
    }
    for name in file.names {
      let array = try file.array(name)
      let elementType = elementTypes[name] ?? array.elementType
      let byteCount = array.count * elementType.width
      parameters.append(
        Parameter(
          name: name, shape: array.shape, elementType: elementType,
          byteCount: byteCount, storedByteCount: storedSizes[name] ?? byteCount,
          statistics: array.statistics))
    }
    if verifying { verification = Self.verification(of: file.content) }
  }

  private static func verification(of content: ArrayFile.Content) -> String {
    switch content {
    case .checkpoint: "every checksum is right, of every entry"
    case .torch(let file) where !file.warnings.isEmpty: file.warnings.joined(separator: "; ")
    case .hdf5, .keras: "the structure is right, and every checksum that there is"
    case .torch, .numPy: "every checksum is right, of every array"
    case .safetensors, .onnx, .pickle, .array:
      "the structure is right; the format has no checksums, so changed numbers go unseen"
    }
  }

  private mutating func readMetadata(_ metadata: [String: String]) {
    for (key, text) in metadata.sorted(by: { $0.key < $1.key }) {
      let value = try? JSONValue(
        parsing: Array(text.utf8), maximumDepth: ReadLimits().jsonDepth)
      configuration.append(Fact(name: key, value: value ?? .string(text)))
    }
  }

  private mutating func read(_ model: ONNXModel) {
    func shape(_ value: ONNXGraph.Value) -> JSONValue {
      .array(
        (value.shape ?? []).map { extent in
          switch extent {
          case .fixed(let count): JSONValue(count)
          case .named(let name): .string(name)
          }
        })
    }
    var counts: [ExactString: Int] = [:]
    for node in model.graph.nodes { counts[ExactString(node.operation), default: 0] += 1 }
    let graph = model.graph
    configuration = [
      Fact(name: "producer", value: .string(model.producer)),
      Fact(name: "operation set", value: JSONValue(model.operationSet)),
      Fact(name: "operations", value: .object(counts.mapValues { JSONValue($0) })),
      Fact(
        name: "inputs",
        value: .object(
          [ExactString: JSONValue](graph.inputs.map { (ExactString($0.name), shape($0)) }) { $1 })),
      Fact(
        name: "outputs",
        value: .object(
          [ExactString: JSONValue](graph.outputs.map { (ExactString($0.name), shape($0)) }) { $1 })),
    ]
    readMetadata(model.metadata)
  }

  /// Reads the entries of a checkpoint other than weights.
  private mutating func read(_ reader: CheckpointReader) throws(CheckpointError) {
    for entry in reader.entries
    where entry.key.section != .model && entry.key.section != .scales {
      let isConfiguration =
        entry.key.section == .configuration || entry.key.section == .tokenizer
      let fact = Fact(name: "\(entry.key)", value: try value(of: entry, reader))
      if isConfiguration { configuration.append(fact) } else { state.append(fact) }
    }
  }

  private func value(
    of entry: CheckpointReader.Entry, _ reader: CheckpointReader
  ) throws(CheckpointError) -> JSONValue {
    switch entry.kind {
    case .json: return try reader.json(entry.key.section, entry.key.name)
    case .bytes: return .string("\(entry.byteCount) bytes")
    case .tensor:
      guard entry.shape.reduce(1, *) == 1 else {
        return .string("\(entry.elementType) \(entry.shape)")
      }
      return try reader.array(entry.key.section, entry.key.name).scalarValue
    }
  }
}

extension StoredArray {
  /// The element of a scalar array, with all digits.
  var scalarValue: JSONValue {
    switch elementType {
    case .int64: JSONValue(value(as: Int64.self) ?? 0)
    case .uint64: JSONValue(value(as: UInt64.self) ?? 0)
    case .float64: JSONValue(value(as: Double.self) ?? 0)
    case .bool: .bool(floats.first != 0)
    default: JSONValue(Double(floats.first ?? 0))
    }
  }
}

extension NumPyArchive {
  /// The stored size of each array in bytes.
  fileprivate var storedSizes: [String: Int] {
    [String: Int](names.map { ($0, storedByteCount($0)) }) { $1 }
  }
}
