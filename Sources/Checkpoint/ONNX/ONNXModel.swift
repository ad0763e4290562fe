/// A model in the Open Neural Network Exchange format: a graph of operations, with its weights.
///
/// This is the format alone. What the operations mean is known to those who read and write models of recurrent cells.
public struct ONNXModel: Sendable, Hashable {
  /// The version of the format.
  public var irVersion: Int
  /// The version of the standard set of operations.
  public var operationSet: Int
  /// Who wrote it.
  public var producer: String
  /// Free text by key.
  public var metadata: [String: String]
  /// What is computed.
  public var graph: ONNXGraph

  /// A model of a graph, in versions that runtimes of 2021 and later read.
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

/// Operations in an order in which they can be computed, what they read and what they give.
public struct ONNXGraph: Sendable, Hashable {
  /// A constant of the graph: a weight, say.
  public struct Initializer: Sendable, Hashable {
    /// Its name among the graph's values.
    public var name: String
    /// Its elements.
    public var array: StoredArray

    /// A constant of a name.
    public init(_ name: String, _ array: StoredArray) {
      self.name = name
      self.array = array
    }
  }

  /// A value that goes in or comes out.
  public struct Value: Sendable, Hashable {
    /// One axis of a value.
    public enum Extent: Sendable, Hashable {
      /// As long as this.
      case fixed(Int)
      /// As long as whoever runs the graph likes; equal names are equally long.
      case named(String)
    }

    /// Its name.
    public var name: String
    /// The type of its elements.
    public var elementType: ElementType
    /// Its axes; nil where the model leaves them open.
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
  /// What goes in.
  public var inputs: [Value]
  /// What comes out.
  public var outputs: [Value]

  /// An empty graph, to be filled.
  public init(name: String) {
    self.name = name
    (nodes, initializers, inputs, outputs) = ([], [], [], [])
  }
}

/// One operation: its kind, the names of what it reads and gives, and its settings.
public struct ONNXNode: Sendable, Hashable {
  /// A setting of an operation.
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
  /// Whose operation it is; empty for the standard's.
  public var domain: String
  /// The operation's own name, for people.
  public var name: String
  /// What it reads; an empty name stands for an optional input that is left out.
  public var inputs: [String]
  /// What it gives.
  public var outputs: [String]
  /// The settings.
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
