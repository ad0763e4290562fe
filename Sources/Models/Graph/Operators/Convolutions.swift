import Checkpoint
import TensorCore

extension GraphOperator {
  /// Convolutions over one or more axes of positions, and transposed ones.
  static let convolutions: [String: GraphOperator] = [
    "Conv": GraphOperator(2...3) { node throws(GraphFailure) in
      let convolution = try Convolution(&node)
      let known = node.constant(1)?.tensor.flatMap { ConvolutionWeights($0, convolution.groups) }
      return { inputs, run throws(GraphFailure) in
        let (x, w) = (try inputs.tensor(0), try inputs.tensor(1))
        let bias = try inputs.optional(2) == nil ? nil : inputs.tensor(2).tensor
        return [try convolution(x, w.tensor, known, bias, &run)]
      }
    },
    "ConvTranspose": GraphOperator(2...3) { node throws(GraphFailure) in
      let convolution = try TransposedConvolution(&node)
      return { inputs, run throws(GraphFailure) in
        let (x, w) = (try inputs.tensor(0), try inputs.tensor(1))
        let bias = try inputs.optional(2) == nil ? nil : inputs.tensor(2).tensor
        return [try convolution(x, w.tensor, bias, &run)]
      }
    },
  ]
}

/// The weights `[M, C / G, ...]` of a convolution, for each group as a matrix of M / G rows.
struct ConvolutionWeights: Sendable {
  let groups: [ProductWeight]

  init?(_ weights: Tensor, _ count: Int) {
    guard weights.rank > 2, weights.count > 0, weights.shape[0].isMultiple(of: count) else {
      return nil
    }
    let rows = weights.shape[0] / count
    let matrix = weights.reshaped(to: [weights.shape[0], weights.count / weights.shape[0]])
    groups = (0..<count).map { ProductWeight(matrix.slice($0 * rows..<($0 + 1) * rows)) }
  }
}

/// A convolution over one or more axes of positions: every output is a product of the weights with a window.
struct Convolution: Sendable {
  let groups: Int
  private let settings: WindowSettings
  private let known = KnownWindows()

  init(_ node: inout GraphNode) throws(GraphFailure) {
    groups = try node.integer("group", in: 1...1 << 20) ?? 1
    settings = try WindowSettings(&node)
  }

  /// x `[N, C, ...]` with weights `[M, C / G, ...]` and a bias `[M]` gives `[N, M, ...]`.
  func callAsFunction(
    _ x: GraphTensor, _ weights: Tensor, _ prepared: ConvolutionWeights?, _ bias: Tensor?,
    _ run: inout GraphRun
  ) throws(GraphFailure) -> GraphValue {
    let (shape, kernel) = (x.shape, weights.shape.dropFirst(2))
    guard shape.count >= 3, weights.rank == shape.count, weights.count > 0, shape[0] > 0,
      weights.shape[1] * groups == shape[1], weights.shape[0].isMultiple(of: groups),
      settings.kernel?.elementsEqual(kernel) ?? true,
      bias.map({ $0.rank == 1 && $0.count == weights.shape[0] }) ?? true,
      let prepared = prepared ?? ConvolutionWeights(weights, groups)
    else {
      throw GraphFailure(
        expected: "x [N, C, ...], weights [M, C / \(groups), ...] and a bias [M]",
        found: "\(shape), \(weights.shape) and \(bias?.shape.description ?? "none")")
    }
    let windows = try known.windows(shape.dropFirst(2), kernel) {
      (lengths, kernel) throws(GraphFailure) in
      try settings.axes(lengths, kernel)
    }
    let result = [shape[0], weights.shape[0]] + windows.outputs
    try run.count(of: result)
    let positions = try GraphRun.count(of: windows.outputs, atMost: run.limits.elements)
    guard positions > 0 else { return GraphValue(Tensor(zeros: result), as: x.type) }
    try run.count(of: [shape[0], positions, weights.shape[1] * kernel.reduce(1, *)])
    let offsets = known.offsets(of: windows)
    var parts: [Tensor] = []
    for (group, weight) in prepared.groups.enumerated() {
      let rows = offsets.rows(
        of: x.tensor, channels: group * weights.shape[1]..<(group + 1) * weights.shape[1])
      let width = weight.weight.shape[0]
      let own = groups == 1 ? bias : bias?.slice(group * width..<(group + 1) * width)
      parts.append(try weight.product(rows, bias: own, &run))
    }
    let y = parts.count == 1 ? parts[0] : concatenate(parts, along: 2)  // [N, P, M]
    return GraphValue(
      (positions == 1 ? y : y.transposed(0, 2, 1)).reshaped(to: result), as: x.type)
  }
}

/// A transposed convolution: every input adds a window, weighted by it, to the outputs.
struct TransposedConvolution: Sendable {
  private let groups: Int
  private let settings: WindowSettings
  private let extra: [Int]?
  private let shape: [Int]?
  private let known = KnownWindows()

  init(_ node: inout GraphNode) throws(GraphFailure) {
    groups = try node.integer("group", in: 1...1 << 20) ?? 1
    settings = try WindowSettings(&node)
    extra = try node.integers("output_padding")
    shape = try node.integers("output_shape")
  }

  /// x `[N, C, ...]` with weights `[C, M / G, ...]` and a bias `[M]` gives `[N, M, ...]`.
  func callAsFunction(
    _ x: GraphTensor, _ weights: Tensor, _ bias: Tensor?, _ run: inout GraphRun
  ) throws(GraphFailure) -> GraphValue {
    let kernel = Array(weights.shape.dropFirst(2))
    guard x.shape.count >= 3, weights.rank == x.shape.count, weights.count > 0, x.tensor.count > 0,
      weights.shape[0] == x.shape[1], x.shape[1].isMultiple(of: groups),
      settings.kernel ?? kernel == kernel,
      bias.map({ $0.shape == [weights.shape[1] * groups] }) ?? true
    else {
      throw GraphFailure(
        expected: "x [N, C, ...], weights [C, M / \(groups), ...] and a bias [M]",
        found: "\(x.shape), \(weights.shape) and \(bias?.shape.description ?? "none")")
    }
    let windows = try known.windows(x.shape.dropFirst(2), kernel[...]) {
      (lengths, kernel) throws(GraphFailure) in
      try settings.transposedAxes(lengths, kernel, extra: extra, shape: shape)
    }
    let (samples, inputs, width) = (x.shape[0], x.shape[1] / groups, weights.shape[1])
    let outputs = [samples, width * groups] + windows.axes.map(\.length)
    try run.count(of: outputs)
    let positions = windows.lengths.reduce(1, *)
    let columns = width * kernel.reduce(1, *)
    try run.count(of: [samples, positions, columns * groups])
    let offsets = known.offsets(of: windows)
    let rows = x.tensor.reshaped(to: [samples, x.shape[1], positions]).transposed(0, 2, 1)
    let matrix = weights.reshaped(to: [weights.shape[0], columns])
    var parts: [Tensor] = []
    for group in 0..<groups {
      let part = group * inputs..<(group + 1) * inputs
      let weight = ProductWeight(matrix.slice(part).transposed(1, 0))
      let products = try weight.product(groups == 1 ? rows : rows.slice(part, along: 2), &run)
      parts.append(offsets.sums(of: products, channels: width))
    }
    var y = parts.count == 1 ? parts[0] : concatenate(parts, along: 1)  // [N, M, P]
    if let bias { y = y + bias.reshaped(to: [bias.count, 1]) }
    return GraphValue(y.reshaped(to: outputs), as: x.type)
  }
}
