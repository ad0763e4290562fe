import TensorCore

/// What is remembered of how the states of a cell depend on its parameters, for each sample of a batch.
///
/// With `A = ∂s'/∂s` and `I = ∂s'/∂θ` at fixed s, the influence `J = ∂s/∂θ` of everything so far goes
/// on by `J' = A J + I`, and the gradient of a step's loss is `∂l/∂θ + ∂l/∂s J`, without going back in
/// time. Conformers differ in what they keep of J.
protocol Influence: Sendable {
  /// Forgets everything about a sample: it is at the start of a sequence.
  mutating func forget(sample: Int)

  /// Goes on by one step of one sample, and gives the gradient of the step's loss.
  ///
  /// `outputCotangent` is the loss's cotangent of the step's output; nil stands for zeros.
  mutating func advance(
    _ window: EvaluatedWindow, step: Int, sample: Int, outputCotangent: UnsafePointer<Float>?
  ) -> StepGradient

  /// The number of floats that are remembered.
  var size: Int { get }
}

/// The gradient of one step's loss of one sample, in memory that is good until the next step.
struct StepGradient {
  /// The parameters' elements, in the cell's order.
  var parameters: UnsafePointer<Float>
  /// The states' units at the start of the sequence, in the cell's order, if they are learned.
  var initialStates: UnsafePointer<Float>?
  /// The input's units, through this step alone.
  var input: UnsafePointer<Float>
}
