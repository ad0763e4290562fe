/// A cell's equations as a graph, for one input size and hidden size.
///
/// It holds what the equations say, as they say it, and it is what all readers of a cell read: the oracle, the
/// plan, the formula. Two are equal if they say the same, node for node.
public struct CellGraph: Sendable, Equatable {
  /// A state: its name and number of units.
  public struct State: Sendable, Hashable {
    /// The name that the equations gave it, "hidden" or "cell", say.
    public let name: String
    /// The number of units.
    public let width: Int
  }

  /// A parameter: its name as in PyTorch's cells and its shape, `[out, in]` for a matrix.
  public struct Parameter: Sendable, Hashable {
    /// The rows of a matrix, or the units of a vector, that the equations call by a name of their own.
    public struct Block: Sendable, Hashable {
      /// The name behind the dot, `f` of `"ih.f"`; empty where the parameter is one block.
      public let name: String
      /// Its rows or units.
      public let range: Range<Int>
      /// How it starts, where the equations say so.
      public let initialization: Initialization?
    }

    /// The name, `weight_ih`, say.
    public let name: String
    /// One size for a vector, two for a matrix.
    public let shape: [Int]
    /// Its blocks, in order.
    public let blocks: [Block]
  }

  /// A signal from outside: the input, or a mask that a layer feature adds.
  public struct Sequence: Sendable, Hashable {
    /// What it is.
    public let name: String
    /// The number of units.
    public let width: Int
    /// Where its numbers come from.
    package var role = Role.input

    /// Where the numbers of a signal from outside come from.
    package enum Role: Sendable, Hashable {
      /// The caller.
      case input
      /// Chance.
      case mask(Mask)
      /// 1 where a step counts.
      case validity
      /// 1 where a step starts a sequence.
      case resets
    }

    /// How long a mask's numbers last.
    package enum Lifetime: Sendable, Hashable {
      /// Each step has its own.
      case step
      /// All steps of a sequence share them.
      case sequence
    }

    /// How chance sets a mask to zeros.
    package struct Mask: Sendable, Hashable {
      /// The share of the zeros.
      package var probability: Float
      /// How long its numbers last.
      package var lifetime: Lifetime
      /// Whether the other numbers are `1 / (1 - p)`, and not 1.
      package var isScaled = true
    }
  }

  /// A mask for the elements of a matrix that depends on parameters alone, new for each pass.
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
  /// The signals from outside; the first is the input.
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
