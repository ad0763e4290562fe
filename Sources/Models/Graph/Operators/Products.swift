import Checkpoint
import TensorCore

extension GraphOperator {
  /// Matrix products and convolutions.
  static let products: [String: GraphOperator] = [
    "MatMul": GraphOperator(2...2) { node throws(GraphFailure) in
      let known = node.constant(1).flatMap { value in
        value.rank == 2 ? value.tensor.map { ProductWeight($0.transposed(1, 0)) } : nil
      }
      return { inputs, run throws(GraphFailure) in
        let (a, b) = (try inputs.tensor(0), try inputs.tensor(1))
        return [try product(a, b, known, &run)]
      }
    },
    "Gemm": GraphOperator(2...3) { node throws(GraphFailure) in
      let (alpha, beta) = (try node.float("alpha") ?? 1, try node.float("beta") ?? 1)
      let (transA, transB) = (try node.flag("transA"), try node.flag("transB"))
      let weight: @Sendable (Tensor) -> Tensor = { transB ? $0 : $0.transposed(1, 0) }
      let known = node.constant(1).flatMap { value in
        value.rank == 2 ? value.tensor.map { ProductWeight(weight($0)) } : nil
      }
      return { inputs, run throws(GraphFailure) in
        let (a, b) = (try inputs.tensor(0), try inputs.tensor(1))
        guard a.shape.count == 2, b.shape.count == 2 else {
          throw GraphFailure(expected: "two matrices", found: "shapes \(a.shape) and \(b.shape)")
        }
        let x = transA ? a.tensor.transposed(1, 0) : a.tensor
        let rows = known ?? ProductWeight(weight(b.tensor))
        var y = try rows.product(x, &run)
        if alpha != 1 { y = y * alpha }
        var result = GraphValue(y, as: a.type)
        if inputs.optional(2) != nil {
          let c = try inputs.tensor(2)
          guard broadcastShape(c.shape, y.shape) == y.shape else {
            throw GraphFailure(expected: "C that fits \(y.shape)", found: "\(c.shape)")
          }
          result = GraphValue(y + (beta == 1 ? c.tensor : c.tensor * beta), as: a.type)
        }
        return [result]
      }
    },
    "Conv": GraphOperator(2...3) { node throws(GraphFailure) in
      let convolution = try Convolution(&node)
      let known = node.constant(1)?.tensor.flatMap { ConvolutionWeights($0, convolution.groups) }
      return { inputs, run throws(GraphFailure) in
        let (x, w) = (try inputs.tensor(0), try inputs.tensor(1))
        let bias = try inputs.optional(2) == nil ? nil : inputs.tensor(2).tensor
        return [try convolution(x, w.tensor, known, bias, &run)]
      }
    },
  ]
}

/// A weight `[O, I]` that stays packed from one product to the next.
struct ProductWeight: Sendable {
  let weight: Tensor
  private let packed = PackedOnce()

  init(_ weight: Tensor) { self.weight = weight }

  /// x Wᵀ + b of rows `[.., I]`.
  func product(
    _ x: Tensor, bias: Tensor? = nil, _ run: inout GraphRun
  ) throws(GraphFailure) -> Tensor {
    let (outputs, inputs) = (weight.shape[0], weight.shape[1])
    guard x.rank > 0, x.shape[x.rank - 1] == inputs else {
      throw GraphFailure(expected: "rows of \(inputs) numbers", found: "shape \(x.shape)")
    }
    let shape = x.shape.dropLast() + [outputs]
    let count = try run.count(of: Array(shape))
    try run.charge(product: count, inputs)
    guard count > 0, inputs > 0 else {
      let zeros = Tensor(zeros: Array(shape))
      return count > 0 ? bias.map { zeros + $0 } ?? zeros : zeros
    }
    return affine(x, weight: weight, bias: bias, packed: packed)
  }
}

/// The product of matrices, or of vectors where an array has one axis; `known` is b where it is a constant matrix.
private func product(
  _ a: GraphTensor, _ b: GraphTensor, _ known: ProductWeight?, _ run: inout GraphRun
) throws(GraphFailure) -> GraphValue {
  guard !a.shape.isEmpty, !b.shape.isEmpty else {
    throw GraphFailure(expected: "matrices", found: "shapes \(a.shape) and \(b.shape)")
  }
  if let known { return GraphValue(try known.product(a.tensor, &run), as: a.type) }
  let left = a.shape.count == 1 ? [1] + a.shape : a.shape
  let right = b.shape.count == 1 ? b.shape + [1] : b.shape
  let (m, k, n) = (left[left.count - 2], left[left.count - 1], right[right.count - 1])
  guard right[right.count - 2] == k,
    let batch = broadcastShape(Array(left.dropLast(2)), Array(right.dropLast(2)))
  else {
    throw GraphFailure(
      expected: "shapes that have a matrix product", found: "\(a.shape) and \(b.shape)")
  }
  let count = try run.count(of: batch + [m, n])
  try run.charge(product: count, k)
  var shape = batch
  if a.shape.count > 1 { shape.append(m) }
  if b.shape.count > 1 { shape.append(n) }
  guard count > 0, k > 0 else { return GraphValue(Tensor(zeros: shape), as: a.type) }
  let y = matmul(a.tensor.reshaped(to: left), b.tensor.reshaped(to: right))
  return GraphValue(y.reshaped(to: shape), as: a.type)
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
  private let kernel: [Int]?
  private let strides: [Int]?
  private let dilations: [Int]?
  private let pads: [Int]?
  private let automaticPads: String

  init(_ node: inout GraphNode) throws(GraphFailure) {
    let (sizes, largest) = ("positive whole numbers", 1 << 20)
    groups = try node.integer("group", in: 1...largest) ?? 1
    kernel = try node.integers("kernel_shape")
    strides = try node.integers("strides")
    dilations = try node.integers("dilations")
    pads = try node.integers("pads")
    automaticPads =
      try node.choice("auto_pad", of: ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"]) ?? "NOTSET"
    for numbers in [strides, dilations] {
      if let wrong = numbers?.first(where: { !(1...largest).contains($0) }) {
        throw GraphFailure(expected: "strides and dilations as \(sizes)", found: wrong)
      }
    }
    if let wrong = pads?.first(where: { !(0...largest).contains($0) }) {
      throw GraphFailure(expected: "pads from 0 to \(largest)", found: wrong)
    }
  }

  /// x `[N, C, ...]` with weights `[M, C / G, ...]` and a bias `[M]` gives `[N, M, ...]`.
  func callAsFunction(
    _ x: GraphTensor, _ weights: Tensor, _ known: ConvolutionWeights?, _ bias: Tensor?,
    _ run: inout GraphRun
  ) throws(GraphFailure) -> GraphValue {
    let (shape, kernel) = (x.shape, Array(weights.shape.dropFirst(2)))
    guard shape.count >= 3, weights.rank == shape.count, weights.count > 0, shape[0] > 0,
      weights.shape[1] * groups == shape[1], weights.shape[0].isMultiple(of: groups),
      self.kernel ?? kernel == kernel, bias.map({ $0.shape == [weights.shape[0]] }) ?? true,
      let prepared = known ?? ConvolutionWeights(weights, groups)
    else {
      throw GraphFailure(
        expected: "x [N, C, ...], weights [M, C / \(groups), ...] and a bias [M]",
        found: "\(shape), \(weights.shape) and \(bias?.shape.description ?? "none")")
    }
    let axes = try zip(shape.dropFirst(2), kernel).enumerated().map {
      axis, sizes throws(GraphFailure) in try self.axis(axis, of: kernel.count, sizes.0, sizes.1)
    }
    let outputs = axes.map(\.outputs)
    try run.count(of: [shape[0], weights.shape[0]] + outputs)
    let positions = try GraphRun.count(of: outputs, atMost: run.limits.elements)
    let taps = kernel.reduce(1, *)
    let columns = weights.shape[1] * taps
    guard positions > 0 else {
      return GraphValue(Tensor(zeros: [shape[0], weights.shape[0]] + outputs), as: x.type)
    }
    try run.count(of: [shape[0], positions, columns])
    let windows = WindowOffsets(axes, taps: taps)
    var parts: [Tensor] = []
    for (group, weight) in prepared.groups.enumerated() {
      let rows = windows.rows(
        of: x.tensor, channels: group * weights.shape[1]..<(group + 1) * weights.shape[1])
      let width = weight.weight.shape[0]
      let own = bias.map { $0.slice(group * width..<(group + 1) * width) }
      parts.append(try weight.product(rows, bias: own, &run))
    }
    let y = parts.count == 1 ? parts[0] : concatenate(parts, along: 2)  // [N, P, M]
    let result = positions == 1 ? y : y.transposed(0, 2, 1)
    return GraphValue(
      result.reshaped(to: [shape[0], weights.shape[0]] + outputs), as: x.type)
  }

  private func axis(
    _ index: Int, of rank: Int, _ length: Int, _ kernel: Int
  ) throws(GraphFailure) -> WindowAxis {
    for (numbers, count) in [(strides, rank), (dilations, rank), (pads, 2 * rank)] {
      if let numbers, numbers.count != count {
        throw GraphFailure(expected: "\(count) numbers", found: numbers.count)
      }
    }
    var axis = WindowAxis(
      length: length, kernel: kernel, stride: strides?[index] ?? 1,
      dilation: dilations?[index] ?? 1)
    switch automaticPads {
    case "VALID": axis.setOutputs(before: 0, after: 0)
    case "NOTSET":
      axis.setOutputs(before: pads?[index] ?? 0, after: pads?[index + rank] ?? 0)
    default:
      // As many outputs as strides begin inside the axis.
      let outputs = (length + axis.stride - 1) / axis.stride
      let total = max(0, (outputs - 1) * axis.stride + axis.reach - length)
      let small = total / 2
      let before = automaticPads == "SAME_UPPER" ? small : total - small
      axis.setOutputs(before: before, after: total - before)
    }
    return axis
  }
}

/// How a window moves along one axis.
private struct WindowAxis {
  let length: Int
  let kernel: Int
  let stride: Int
  let dilation: Int
  private(set) var before = 0
  private(set) var outputs = 0

  /// The elements that the window spans.
  var reach: Int { (kernel - 1) * dilation + 1 }

  init(length: Int, kernel: Int, stride: Int, dilation: Int) {
    (self.length, self.kernel, self.stride, self.dilation) = (length, kernel, stride, dilation)
  }

  mutating func setOutputs(before: Int, after: Int) {
    self.before = before
    let room = length + before + after - reach
    outputs = room < 0 ? 0 : room / stride + 1
  }
}

/// For every output position and place in the window, the input's place among all positions; -1 outside.
private struct WindowOffsets {
  private var places = [0]
  private let taps: Int
  private let size: Int

  init(_ axes: [WindowAxis], taps: Int) {
    self.taps = taps
    size = axes.reduce(1) { $0 * $1.length }
    // One axis after the other: positions [P, K] become [P * outputs, K * kernel].
    var (positions, window) = (1, 1)
    for axis in axes {
      var next = [Int](
        repeating: -1, count: positions * axis.outputs * window * axis.kernel)
      for position in 0..<positions {
        for output in 0..<axis.outputs {
          for place in 0..<window {
            let outer = places[position * window + place]
            let row = (position * axis.outputs + output) * window + place
            for tap in 0..<axis.kernel where outer >= 0 {
              let inner = output * axis.stride + tap * axis.dilation - axis.before
              guard inner >= 0, inner < axis.length else { continue }
              next[row * axis.kernel + tap] = outer * axis.length + inner
            }
          }
        }
      }
      (positions, window, places) = (positions * axis.outputs, window * axis.kernel, next)
    }
  }

  /// The windows of channels of x `[N, C, ...]` as rows `[N, P, channels * K]`.
  func rows(of x: Tensor, channels: Range<Int>) -> Tensor {
    let (samples, all, positions) = (x.shape[0], x.shape[1], places.count / taps)
    return Tensor(writing: [samples, positions, channels.count * taps]) { result in
      x.withUnsafePointer { source in
        places.withUnsafeBufferPointer { places in
          var target = result
          for sample in 0..<samples {
            for position in 0..<positions {
              for channel in channels {
                let signal = source + (sample * all + channel) * size
                for tap in 0..<taps {
                  let place = places[position * taps + tap]
                  target[tap] = place < 0 ? 0 : signal[place]
                }
                target += taps
              }
            }
          }
        }
      }
    }
  }
}
