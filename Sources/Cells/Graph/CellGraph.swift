/// A cell's equations as a graph, for one input size and hidden size.
///
/// The graph is not simplified. The oracle, the plan and the formula all read it. Two graphs are equal if they
/// are equal node for node.
public struct CellGraph: Sendable, Equatable {
  /// A state: its name and number of units.
  public struct State: Sendable, Hashable {
    /// The name that the equations gave it, "hidden" or "cell", say.
    public let name: String
    /// The axes of its units: one, unless the equations say otherwise.
    public let shape: [Int]
    /// The number of units.
    public let width: Int

    init(name: String, shape: [Int]) {
      self.name = name
      self.shape = shape
      width = shape.reduce(1, *)
    }

    init(name: String, width: Int) { self.init(name: name, shape: [width]) }
  }

  /// A parameter: its name as in PyTorch's cells and its shape, `[out, in]` for a matrix.
  public struct Parameter: Sendable, Hashable {
    /// A named block of a parameter: rows of a matrix, or units of a vector.
    public struct Block: Sendable, Hashable {
      /// The name after the dot, `f` of `"ih.f"`; empty where the parameter is one block.
      public let name: String
      /// Its rows or units.
      public let range: Range<Int>
      /// Its initialization, if the equations state one.
      public let initialization: Initialization?
    }

    /// The name, `weight_ih`, say.
    public let name: String
    /// One size for a vector, two for a matrix; a published parameter has the shape that it was published with.
    public let shape: [Int]
    /// Whether the equations use its numbers as a signal's units, and not as a matrix of products.
    package let isSignal: Bool
    /// Its blocks, in order.
    public let blocks: [Block]

    /// The rows of its numbers as a matrix; 1 for a signal.
    package let rows: Int
    /// The numbers of a row.
    package let columns: Int

    init(name: String, shape: [Int], isSignal: Bool, blocks: [Block]) {
      (self.name, self.shape, self.isSignal, self.blocks) = (name, shape, isSignal, blocks)
      rows = isSignal ? 1 : shape.dropLast().reduce(1, *)
      columns = shape.reduce(1, *) / max(1, rows)
    }
  }

  /// An external signal: the input, or a mask that a layer feature adds.
  public struct Sequence: Sendable, Hashable {
    /// The name.
    public let name: String
    /// The number of units.
    public let width: Int
    /// The source of its values.
    package var role = Role.input

    /// The source of an external signal's values.
    package enum Role: Sendable, Hashable {
      /// The caller.
      case input
      /// A random mask.
      case mask(Mask)
      /// 1 for a valid step, 0 for padding.
      case validity
      /// 1 for a step that starts a sequence.
      case resets
    }

    /// How long a mask keeps its values.
    package enum Lifetime: Sendable, Hashable {
      /// Each step has its own.
      case step
      /// All steps of a sequence share them.
      case sequence
    }

    /// How a random mask is sampled.
    package struct Mask: Sendable, Hashable {
      /// The probability of a zero.
      package var probability: Float
      /// How long it keeps its values.
      package var lifetime: Lifetime
      /// Whether the other values are `1 / (1 - p)` instead of 1, which keeps the mean.
      package var isScaled = true
    }
  }

  /// A mask for the elements of a matrix that depends on parameters alone, sampled for each pass.
  package struct WeightMask: Sendable, Hashable {
    package var rows: Int
    package var columns: Int
    package var probability: Float
  }

  package var graph: Graph
  /// The number of units of the input, I.
  public let inputSize: Int
  /// The number of units of the hidden state, H.
  public let hiddenSize: Int
  /// The states, in the order in which the equations mention them.
  public let states: [State]
  /// The parameters, in the order in which the equations mention them.
  public package(set) var parameters: [Parameter]
  /// The external signals; the first is the input.
  public package(set) var sequences: [Sequence]
  /// The new value of each state.
  package var updates: [NodeID]
  package var output: NodeID
  /// Weight-dropout masks, which a pass is given as extra parameters after ``parameters``.
  package var weightMasks: [WeightMask] = []

  /// The number of units of the output.
  public var outputSize: Int { graph[output].columns }

  init(
    graph: Graph, inputSize: Int, hiddenSize: Int, states: [State], parameters: [Parameter],
    sequences: [Sequence], updates: [NodeID], output: NodeID
  ) {
    self.graph = graph
    self.inputSize = inputSize
    self.hiddenSize = hiddenSize
    self.states = states
    self.parameters = parameters
    self.sequences = sequences
    self.updates = updates
    self.output = output
  }
}
