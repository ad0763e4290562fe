import TensorCore

/// The parameters of one direction of one layer, and the values that schedules computed from them.
package struct PlanParameters {
  package let tensors: [Tensor]
  /// Keeps packed weights from pass to pass; nil without a cache.
  package let cache: PreparedCache?

  package init(_ tensors: [Tensor], cache: PreparedCache? = nil) {
    self.tensors = tensors
    self.cache = cache
  }
}

/// The arguments of a schedule's run besides its signals.
struct PlanArguments: ~Copyable {
  var batch: Int
  var steps: Int
  /// Whether the last step comes first.
  var isReversed: Bool
  /// The rows of samples of different lengths; nil if all have all steps.
  var rows: StepRows?
  var parameters: PlanParameters
  /// Floats from one sample's gathered values to the next one's; 0 where they are summed over samples.
  var gatheredStride = 0
  /// This run's segment of a sequence that is processed in segments.
  var segment = PlanRun.Segment()
  /// Whether the outer products in gathered values are returned as their factors.
  var returnsOuterFactors = false
  /// Which states are kept for the backward pass.
  var states = StateKeeping.everyStep
  /// The states of the forward pass that this backward pass computes again.
  var spaced: SpacedStates?

  /// The number of rows of some steps in memory.
  func rowCount(of steps: Range<Int>) -> Int {
    rows?.rowCount(of: steps) ?? batch * steps.count
  }
}
