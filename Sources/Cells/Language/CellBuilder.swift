import Requirements
import TensorCore

/// The input, states and parameters with which a cell states its equations.
///
/// Parameters have names of one or two parts. `"hh"` is a parameter of its own; `"hh.f"` is block `f`
/// of parameter `hh`, whose blocks are stacked in the order in which the equations mention them
/// first. So an LSTM that mentions `ih.i`, `ih.f`, `ih.g`, `ih.o` has PyTorch's `weight_ih` of
/// shape `[4H, I]` with its order of gates.
public struct CellBuilder {
  /// The number of units of the input, I.
  public let inputSize: Int
  /// The number of units of a state, unless it says otherwise, H.
  public let hiddenSize: Int
  /// Whether `affine` adds a bias.
  public let hasBias: Bool

  let trace: Trace

  init(_ trace: Trace, inputSize: Int, hiddenSize: Int, hasBias: Bool) {
    self.trace = trace
    self.inputSize = inputSize
    self.hiddenSize = hiddenSize
    self.hasBias = hasBias
  }

  /// The input of the step, I units.
  public var input: Signal { trace.signal(.sequence(0), width: inputSize) }

  /// A state, as it was before the step. Asking again for the same name gives the same state.
  public func state(_ name: String, width: Int? = nil) -> Signal {
    trace.state(name, shape: [width ?? hiddenSize])
  }

  /// A state whose units have several axes: a matrix for each head, say.
  public func state(_ name: String, shape: [Int]) -> Signal { trace.state(name, shape: shape) }

  /// States what a state becomes. Every state needs one update.
  public func update(_ state: Signal, to value: Signal) {
    trace.update(state.id, to: value.id)
  }

  /// States the cell's output. Without it, the output is the first state after its update.
  public func output(_ value: Signal) { trace.output = value.id }

  /// `x · Wᵀ + b`, with block `name` of `weight_…` and, unless biases are off, of `bias_…`.
  public func affine(
    _ x: Signal, _ name: String, width: Int? = nil, bias: Initialization? = nil
  ) -> Signal {
    let product = linear(x, name, width: width)
    return hasBias ? product + self.bias(name, width: width, initially: bias) : product
  }

  /// Block `name` of the vector `bias_…`; zero if biases are off.
  public func bias(
    _ name: String, width: Int? = nil, initially initialization: Initialization? = nil
  ) -> Signal {
    hasBias
      ? vector("bias_" + name, width: width, initially: initialization)
      : constant(0, width: width ?? hiddenSize)
  }

  /// `x · Wᵀ`, with block `name` of the matrix `weight_…`, `[width, x.width]`.
  public func linear(_ x: Signal, _ name: String, width: Int? = nil) -> Signal {
    product(x, matrix(name, rows: width, columns: x.width))
  }

  /// `x · Wᵀ` in groups of units, each with a matrix of its own: the parameter `weight_…` with the shape
  /// `[groups, width / groups, x.width / groups]`.
  public func linear(_ x: Signal, _ name: String, width: Int? = nil, groups: Int) -> Signal {
    let width = width ?? hiddenSize
    require(
      groups > 0 && width % groups == 0 && x.width % groups == 0,
      "\(x.width) and \(width) units don't fall into \(groups) groups")
    return product(x, weight("weight_" + name, [groups, width / groups, x.width / groups]))
  }

  /// `x · Mᵀ` for a matrix `[out, x.width]`, or one for each group of units.
  public func product(_ x: Signal, _ matrix: Matrix) -> Signal {
    let term = ProductTerm(
      signal: x.id, weight: matrix.id, isTransposed: matrix.isTransposed, groups: matrix.groups)
    return trace.signal(.affine([term], biases: []))
  }

  /// Block `name` of the matrix `weight_…`, `[rows, columns]`, both H unless given.
  public func matrix(
    _ name: String, rows: Int? = nil, columns: Int? = nil,
    initially initialization: Initialization? = nil
  ) -> Matrix {
    let id = trace.parameterBlock(
      "weight_" + name, rows: rows ?? hiddenSize, columns: columns ?? hiddenSize, isVector: false,
      initialization)
    return Matrix(id: id, trace: trace)
  }

  /// Block `name` of a parameter with one number a unit (H of them unless given), under its own name.
  public func vector(
    _ name: String, width: Int? = nil, initially initialization: Initialization? = nil
  ) -> Signal {
    let id = trace.parameterBlock(
      name, rows: 1, columns: width ?? hiddenSize, isVector: true, initialization)
    return Signal(id: id, trace: trace)
  }

  /// A parameter of one number.
  public func scalar(_ name: String, initially initialization: Initialization? = nil) -> Signal {
    vector(name, width: 1, initially: initialization)
  }

  /// The matrix with ones on its diagonal, `[size, size]`.
  public func identity(_ size: Int) -> Matrix {
    Matrix(id: trace.add(.identity(size)), trace: trace)
  }

  /// The matrix of the given rows, which is not learned.
  public func matrix(rows: [[Double]]) -> Matrix {
    Matrix(id: trace.add(.table(Table(rows))), trace: trace)
  }

  /// A signal of the given numbers, which are not learned.
  public func constants(_ numbers: [Double]) -> Signal {
    Signal(id: trace.add(.table(Table([numbers]))), trace: trace)
  }

  /// The same number in each of `width` units.
  public func constant(_ value: Double, width: Int = 1) -> Signal {
    trace.signal(.constant(value, columns: width))
  }
}
