import Checkpoint

/// The values of an output of a loop, one of each step, until they become one array.
struct StepOutputs {
  /// Values of several steps each, along a first axis.
  private var blocks: [GraphValue] = []
  /// The values of the last steps.
  private var last: [GraphValue] = []
  private var shape: [Int] = []

  /// The steps of a block: many small values take more room than their elements.
  private static let blockSteps = 1024

  private var steps: Int { blocks.count * Self.blockSteps + last.count }

  mutating func append(_ value: GraphValue, _ run: inout GraphRun) throws(GraphFailure) {
    if steps == 0 { shape = value.shape }
    guard value.shape == shape else {
      throw GraphFailure(expected: "an output of shape \(shape)", found: "\(value.shape)")
    }
    try GraphRun.count(of: [steps + 1] + shape, atMost: run.limits.elements)
    last.append(value.reshaped(to: [1] + shape))
    if last.count == Self.blockSteps {
      blocks.append(try GraphValue.concatenated(last, along: 0, &run))
      last = []
    }
  }

  /// The values along a new axis; nil if there are none.
  mutating func joined(
    along axis: Int, isReversed: Bool = false, _ run: inout GraphRun
  ) throws(GraphFailure) -> GraphValue? {
    guard steps > 0 else { return nil }
    let count = steps
    var all = try GraphValue.concatenated(blocks + last, along: 0, &run)
    if isReversed { all = try all.taking((0..<count).reversed(), along: 0, &run) }
    let place = try position(ofAxis: axis, rank: all.rank)
    var order = Array(1..<all.rank)
    order.insert(0, at: place)
    return try all.transposed(order, &run)
  }
}
