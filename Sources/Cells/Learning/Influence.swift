import TensorCore

/// What is remembered of how the states of a cell depend on its parameters, for each sample of a batch.
///
/// With `A = ∂s'/∂s` and `I = ∂s'/∂θ` at fixed s, the influence `J = ∂s/∂θ` of everything so far goes
/// on by `J' = A J + I`, and the gradient of a loss is `∂l/∂θ + ∂l/∂s J`, without going back in time beyond
/// the window at hand. Conformers differ in what they keep of J, and in whether A and I are taken over a
/// whole window or step by step.
protocol Influence: Sendable {
  /// Forgets everything about a sample: it is at the start of a sequence.
  mutating func forget(sample: Int)

  /// Goes on over a window of one sample, and adds the gradient of the window's loss.
  ///
  /// - Parameters:
  ///   - outputs: The loss's cotangents of the sample's outputs, step by step; nil stands for zeros.
  ///   - inputs: Takes the loss's cotangents of the sample's inputs.
  mutating func advance(
    _ window: EvaluatedWindow, sample: Int, outputs: Area?, into gradient: GradientSums,
    inputs: Area)

  /// The number of floats that it takes, the room to work in included.
  var size: Int { get }

  /// The memory that has to be saved, always in the same order.
  var remembered: [Storage] { get }

  /// How many random numbers have been drawn.
  var drawCount: Int { get set }
}

extension Influence {
  /// Most draw none.
  var drawCount: Int {
    get { 0 }
    set {}
  }
}

/// Where the gradients of one sample are added up.
struct GradientSums {
  /// The parameters in the cell's order and then, if they are learned, the sample's initial states.
  let targets: [(floats: Floats, count: Int)]

  /// Adds a row that has the elements of all targets one after the other.
  func add(_ row: Floats) {
    var row = row
    for (target, count) in targets {
      columnSum(row, stride: count, rows: 1, width: count, accumulate: true, into: target)
      row = row + count
    }
  }
}
