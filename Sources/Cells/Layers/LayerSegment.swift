import TensorCore

/// The accumulated parameter gradients of a layer during its backward pass, over the whole sequence or from its
/// last segment to its first.
struct LayerSegment {
  /// For each direction of each layer, in the cell's order.
  private(set) var gradients: [[Tensor]]
  /// Whether this segment is processed first: the sequence's last one.
  var isFirst = true
  /// Whether this segment is processed last.
  var isLast = true
  /// For each direction of each layer, the sums of its segments so far; empty for a sequence in one piece.
  private let sums: [SegmentSums]

  /// A layer's sequence in one piece, or the first of its segments.
  init(of layer: Recurrent, isWhole: Bool = true) {
    gradients = layer.weights.map { $0.map { Tensor(uninitialized: $0.shape) } }
    sums = isWhole ? [] : layer.weights.map { _ in SegmentSums() }
  }

  /// The segment for one direction of one layer.
  func part(_ place: Int) -> PlanRun.Segment {
    PlanRun.Segment(
      sums: isFirst && isLast ? nil : sums[place], isFirst: isFirst, isLast: isLast)
  }

  /// The gradients of one direction of one layer, to be written by one pass.
  mutating func writableGradients(_ place: Int) -> [Floats] {
    gradients[place].indices.map { gradients[place][$0].writableElements() }
  }
}
