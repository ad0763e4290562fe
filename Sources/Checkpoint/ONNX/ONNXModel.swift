/// A model in the Open Neural Network Exchange format: a graph of operations, with its weights.
///
/// This is the file format alone; the meaning of the operations is implemented in the library `Interop`.
public struct ONNXModel: Sendable, Hashable {
  /// The version of the format.
  public var irVersion: Int
  /// The version of the standard set of operations.
  public var operationSet: Int
  /// The program that wrote it.
  public var producer: String
  /// Metadata: texts by key.
  public var metadata: [String: String]
  /// The computation graph.
  public var graph: ONNXGraph

  /// A model of a graph; the default versions are those that runtimes since 2021 read.
  public init(
    _ graph: ONNXGraph, irVersion: Int = 8, operationSet: Int = 14, producer: String = "",
    metadata: [String: String] = [:]
  ) {
    self.irVersion = irVersion
    self.operationSet = operationSet
    self.producer = producer
    self.metadata = metadata
    self.graph = graph
  }
}

/// A computation graph: operations in topological order, inputs, outputs and constants.
public struct ONNXGraph: Sendable, Hashable {
  /// A constant of the graph, for example a weight.
  public struct Initializer: Sendable, Hashable {
    /// Its name among the graph's values.
    public var name: String
    /// Its elements.
    public var array: StoredArray

    /// A named constant.
    public init(_ name: String, _ array: StoredArray) {
      self.name = name
      self.array = array
    }
  }

  /// An input or output of the graph.
  public struct Value: Sendable, Hashable {
    /// The size of an axis.
    public enum Extent: Sendable, Hashable {
      /// A fixed size.
      case fixed(Int)
      /// A size chosen at run time; axes of equal names have equal sizes.
      case named(String)
    }

    /// Its name.
    public var name: String
    /// The type of its elements.
    public var elementType: ElementType
    /// The sizes of its axes; nil if the model does not give them.
    public var shape: [Extent]?

    /// A value of a name, type and shape.
    public init(_ name: String, _ elementType: ElementType, _ shape: [Extent]?) {
      self.name = name
      self.elementType = elementType
      self.shape = shape
    }
  }

  /// The graph's name.
  public var name: String
  /// The operations.
  public var nodes: [ONNXNode]
  /// The constants.
  public var initializers: [Initializer]
  /// The inputs.
  public var inputs: [Value]
  /// The outputs.
  public var outputs: [Value]

  /// An empty graph, to be filled.
  public init(name: String) {
    self.name = name
    (nodes, initializers, inputs, outputs) = ([], [], [], [])
  }
}

/// One operation: its kind, the names of its inputs and outputs, and its attributes.
public struct ONNXNode: Sendable, Hashable {
  /// The value of an attribute.
  public enum Attribute: Sendable, Hashable {
    /// A whole number.
    case integer(Int)
    /// A number.
    case float(Float)
    /// A text.
    case text(String)
    /// Whole numbers.
    case integers([Int])
    /// Numbers.
    case floats([Float])
    /// Texts.
    case texts([String])
    /// An array.
    case tensor(StoredArray)
    /// A graph: the body of a loop.
    indirect case graph(ONNXGraph)
  }

  /// The kind, for example `LSTM`.
  public var operation: String
  /// The operation's domain; empty for the standard's.
  public var domain: String
  /// The operation's own name, for people.
  public var name: String
  /// The names of the inputs; an empty name is an omitted optional input.
  public var inputs: [String]
  /// The names of the outputs.
  public var outputs: [String]
  /// The attributes by name.
  public var attributes: [String: Attribute]

  /// An operation of the standard set.
  public init(
    _ operation: String, _ inputs: [String], _ outputs: [String],
    attributes: [String: Attribute] = [:], name: String = "", domain: String = ""
  ) {
    self.operation = operation
    self.domain = domain
    self.name = name
    self.inputs = inputs
    self.outputs = outputs
    self.attributes = attributes
  }
}
