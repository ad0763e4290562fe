import Requirements
import TensorCore

/// The order of work of a recurrence: once, for all steps at once, and step by step.
package struct Schedule: Sendable {
  /// Memory that the steps read and write: an area of every run.
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
      /// A signal of our own for the current step, `[B, width]`.
      case oneStep
      /// A matrix of our own that depends on parameters alone, `[rows, width]`.
      case prepared(rows: Int)
      /// A matrix of our own, made of gathered ones, `[rows, width]`.
      case value(rows: Int)
    }
    package var kind: Kind
    package var width: Int
    /// Whether every step of a state is kept, or only the last two.
    package var keepsHistory = false
    /// The output that is a state's new value: the state lives there, and has no memory of its own.
    package var output: Int?
  }

  /// A weight to be packed once a pass.
  package struct Packing: Sendable {
    package var matrix: Place
    package var isTransposed: Bool
    /// The number of outputs and inputs.
    package var n: Int
    package var k: Int
  }

  /// A sum over all samples and steps, after the last step.
  package enum Sum: Sendable {
    /// The sum of `aᵀ · b`.
    case outer(Place, Place, into: Place)
    /// In each row of a matrix, the sum of a signal where another one has the row's number.
    case byRow(Place, Place, into: Place)
    /// The sum of a signal.
    case total(Place, into: Place)

    /// The signals that are summed.
    package var sources: [Place] {
      switch self {
      case .outer(let a, let b, _), .byRow(let a, let b, _): [a, b]
      case .total(let a, _): [a]
      }
    }

    /// The approximate number of multiplications and additions for one row.
    var work: Int {
      switch self {
      case .outer(let a, let b, _): a.columns * b.columns
      case .byRow(_, let a, _), .total(let a, _): a.columns
      }
    }

    /// The number of columns that threads can share: rows of the destination of `outer`.
    var sharedColumns: Int {
      switch self {
      case .outer(let a, _, _), .byRow(_, let a, _), .total(let a, _): a.columns
      }
    }
  }

  /// Rows of a gathered value that are one outer product over a single step of a single sample.
  struct GatheredOuter: Sendable {
    /// The gathered value's number.
    var value: Int
    var rows: Range<Int>
    /// Its factors.
    var left: Place
    var right: Place
    /// The number of the sum that computes these rows alone, if nothing else reads them.
    var sum: Int?
  }

  /// A time loop over states that the later loops' states depend on, after the work for all its steps.
  package struct Phase: Sendable {
    /// For all steps at once, before the first.
    package var before: [Step] = []
    /// Step after step.
    package var loop: [Step] = []
  }

  /// The buffers, indexed as the areas are.
  package var buffers: [Buffer] = []
  package var packings: [Packing] = []
  /// Once a pass, before everything else.
  package var parameterStage: [Step] = []
  /// Matrices of constant numbers.
  var tables: [Storage] = []
  /// The loops before the last one, in order.
  package var earlier: [Phase] = []
  /// For all steps at once, before the first.
  package var before: [Step] = []
  /// Step after step.
  package var loop: [Step] = []
  /// For all steps at once, after the last.
  package var after: [Step] = []
  /// Over all samples and steps.
  package var sums: [Sum] = []
  /// The steps that compute results from the sums.
  package var gathering: [Step] = []
  /// The rows of each gathered value.
  package var gatheredRows: [Int] = []
  /// The outer products in the gathered values, in the order of these and of their rows.
  var gatheredOuters: [GatheredOuter] = []
  /// The place of each saved node's value.
  package var kept: [Place] = []

  /// The approximate number of multiplications and additions for one sample and one step.
  package var work: Int {
    let summed = sums.reduce(0) { $0 + $1.work }
    return (earlierSteps + before + loop + after + gathering).reduce(summed) { sum, step in
      switch step {
      case .product(let product):
        sum + product.groups * packings[product.weight].n * packings[product.weight].k
      case .program(let program): sum + 4 * program.program.operationCount * program.width
      case .rowSum(let a, _), .rowMaximum(let a, _), .cumulativeSum(let a, _, _),
        .sumAlong(let a, _, _), .maximumAlong(let a, _, _):
        sum + a.columns
      case .spread(_, _, let b), .pickedRows(_, _, _, let b): sum + b.columns
      case .rowProducts(let a, _, _, _, _), .weightedRows(let a, _, _, _): sum + 2 * a.columns
      case .transpose, .identity: sum
      }
    }
  }

  /// The number of weights that the products of one step multiply by.
  var weightCount: Int {
    (earlierSteps + before + loop + after).reduce(0) { sum, step in
      guard case .product(let product) = step else { return sum }
      return sum + product.groups * packings[product.weight].n * packings[product.weight].k
    }
  }

  /// The steps of the earlier loops, and those before them, in order.
  package var earlierSteps: [Step] { earlier.flatMap { $0.before + $0.loop } }

  /// The number of a state's buffer.
  func buffer(ofState index: Int) -> Int {
    guard let number = buffers.firstIndex(where: { $0.kind == .state(index) }) else {
      failure("state \(index) has no buffer among \(buffers.count)")
    }
    return number
  }
}
