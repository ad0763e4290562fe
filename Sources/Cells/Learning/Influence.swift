import TensorCore

/// The influence of a cell's parameters on its states, `J = ∂s/∂θ`, for each sample of a batch: exact or approximate.
///
/// With `A = ∂s'/∂s` and `I = ∂s'/∂θ` at fixed s, it is advanced by `J' = A J + I`, and the gradient of a loss is
/// `∂l/∂θ + ∂l/∂s J`, without a backward pass beyond the current window. Conformers differ in which elements of J
/// they store, and in whether A and I are those of a whole window or of a step.
protocol Influence: Sendable {
  /// Resets a sample, which is at the start of a sequence.
  mutating func reset(sample: Int)

  /// Advances over a window of one sample, of one step or more, and computes the gradient of the window's loss.
  ///
  /// - Parameters:
  ///   - outputs: The loss's cotangents of the sample's outputs, step by step; nil stands for zeros.
  ///   - inputs: Receives the loss's cotangents of the sample's inputs; nil where nobody reads them.
  mutating func advance(
    _ window: EvaluatedWindow, sample: Int, outputs: Area?, into gradient: GradientSums,
    inputs: Area?)

  /// J of a sample, a row for each unit of each state or for each state; nil where it is not stored.
  mutating func matrix(ofSample sample: Int) -> Tensor?

  /// The number of floats in memory, scratch memory included.
  var size: Int { get }

  /// The arrays that a snapshot saves, always in the same order.
  var savedArrays: [Storage] { get }

  /// Further arrays that a snapshot saves; zeros where it has none, as one of an earlier version.
  var deferredArrays: [Storage] { get }

  /// The number of random signs sampled so far.
  var signCount: Int { get set }
}

extension Influence {
  func matrix(ofSample sample: Int) -> Tensor? { nil }

  var deferredArrays: [Storage] { [] }

  /// 0, for engines that sample none.
  var signCount: Int {
    get { 0 }
    set {}
  }
}

/// The gradients that the samples of a window share, but for each sample's initial states.
struct GradientSums {
  /// The parameters in the cell's order and then, if they are learned, the sample's initial states.
  let targets: [(floats: Floats, count: Int)]
  /// Whether gradients are added to what the targets hold; else they are written.
  var hasValues: Bool

  /// Takes a row that holds the elements of all targets, one target after the other.
  func take(_ row: Floats) {
    var row = row
    for (target, count) in targets {
      columnSum(row, stride: count, rows: 1, width: count, accumulate: hasValues, into: target)
      row = row + count
    }
  }
}
