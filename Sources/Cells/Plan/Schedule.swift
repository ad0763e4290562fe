import TensorCore

/// The order of work of a recurrence: what is done once, what for all steps at once, what step by step.
package struct Schedule: Sendable {
  /// Memory that the steps read and write.
  package struct Buffer: Sendable {
    package enum Kind: Sendable, Hashable {
      /// A signal given by the caller, `[T, B, width]` with any strides.
      case sequence(Int)
      /// A signal returned to the caller, `[T, B, width]` with any strides.
      case output(Int)
      /// A state, `[T + 1, B, width]`, or the last two steps of it.
      case state(Int)
      /// A parameter of the caller.
      case parameter(Int)
      /// A matrix of constant numbers, among ``Schedule/tables``.
      case table(Int)
      /// A gathered value returned to the caller.
      case gathered(Int)
      /// A signal of our own for all steps, `[T, B, width]`.
      case everyStep
      /// A signal of our own for the step at hand, `[B, width]`.
      case oneStep
      /// A matrix of our own that depends on parameters alone, `[rows, width]`.
      case prepared(rows: Int)
      /// A matrix of our own, made of gathered ones, `[rows, width]`.
      case value(rows: Int)
    }
    package var kind: Kind
    package var width: Int
    /// Whether a state's every step is kept, or only the last two.
    package var keepsHistory = false
    /// The output that is a state's new value: the state lives there, and has no memory of its own.
    package var output: Int?
  }

  /// Where a node's value lies.
  package struct Place: Sendable, Hashable {
    package enum Slot: Sendable { case current, previous, next }
    package var buffer: Int
    /// Floats from the start of a row or, in a matrix, from its start.
    package var offset = 0
    package var slot = Slot.current
    /// How many rows there are, and floats from one to the next, where it is a matrix or vector.
    package var rows = 1
    package var columns: Int
  }

  /// Elementwise work in one pass over blocks.
  package struct Fused: Sendable {
    package var program: ElementwiseProgram
    package var operands: [Place]
    package var width: Int
    /// The rows of a matrix program; nil where the rows are samples.
    package var rows: Int?
    package var operationCount: Int
  }

  /// `destination = (accumulate ? destination : 0) + bias + signal · W`.
  package struct Product: Sendable {
    package var signal: Place
    /// An index into `packings`.
    package var weight: Int
    package var bias: Place?
    package var accumulate: Bool
    package var destination: Place
  }

  /// A weight to be packed once a pass.
  package struct Packing: Sendable {
    package var matrix: Place
    package var isTransposed: Bool
    /// The number of outputs and inputs.
    package var n: Int
    package var k: Int
  }

  package enum Step: Sendable {
    case fused(Fused)
    case product(Product)
    case rowSum(Place, into: Place)
    case rowMaximum(Place, into: Place)
    case cumulativeSum(Place, isReversed: Bool, into: Place)
    // After the last step.
    case outer(Place, Place, into: Place)
    case total(Place, into: Place)
    // Of matrices.
    case transpose(Place, into: Place)
    case identity(into: Place)
  }

  package var buffers: [Buffer] = []
  package var packings: [Packing] = []
  /// Once a pass, before everything else.
  package var parameterStage: [Step] = []
  /// Matrices of constant numbers.
  var tables: [Storage] = []
  /// For all steps at once, before the first.
  package var before: [Step] = []
  /// Step after step.
  package var loop: [Step] = []
  /// For all steps at once, after the last.
  package var after: [Step] = []
  /// Sums over all samples and steps, and what is made of them.
  package var gathering: [Step] = []
  /// The rows of each gathered value.
  package var gatheredRows: [Int] = []
  /// Where each kept node's value lies.
  package var kept: [Place] = []

  /// Multiplications and additions for one sample and one step, about.
  package var work: Int {
    (before + loop + after + gathering).reduce(0) { sum, step in
      switch step {
      case .product(let product):
        sum + packings[product.weight].n * packings[product.weight].k
      case .outer(let a, let b, _): sum + a.columns * b.columns
      case .fused(let fused): sum + 4 * fused.operationCount * fused.width
      case .rowSum(let a, _), .rowMaximum(let a, _), .cumulativeSum(let a, _, _), .total(let a, _):
        sum + a.columns
      case .transpose, .identity: sum
      }
    }
  }
}
