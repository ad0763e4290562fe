import TensorCore

/// The accumulated parameter gradients of a layer during its backward pass, over the whole sequence or from its
/// last segment to its first.
struct LayerSegment {
  /// For each direction of each layer, in the cell's order.
  var gradients: [[Tensor]]
  /// Whether this segment is processed first: the sequence's last one.
  var isFirst = true
  /// Whether this segment is processed last.
  var isLast = true
  private let sums: [SegmentSums]

  init(of layer: Recurrent) {
    gradients = layer.weights.map { $0.map { Tensor(uninitialized: $0.shape) { _ in } } }
    sums = layer.weights.map { _ in SegmentSums() }
  }

  /// The segment for one direction of one layer.
  func part(_ place: Int) -> PlanRun.Segment {
    PlanRun.Segment(
      sums: isFirst && isLast ? nil : sums[place], isFirst: isFirst, isLast: isLast)
  }
}
