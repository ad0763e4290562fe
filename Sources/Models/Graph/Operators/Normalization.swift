import Checkpoint
import TensorCore

extension GraphOperator {
  /// Normalization with means and variances of the input, or with those of training.
  static let normalization: [String: GraphOperator] = [
    // (x - mean) / sqrt(variance + epsilon) * scale + bias, over the axes from `axis` on.
    "LayerNormalization": GraphOperator(2...3, outputs: 3) { node throws(GraphFailure) in
      let axis = try node.integer("axis") ?? -1
      let epsilon = try node.float("epsilon") ?? 1e-5
      _ = try node.integer("stash_type", in: 1...1)
      return { inputs, run throws(GraphFailure) in
        let (x, scale) = (try inputs.tensor(0), try inputs.tensor(1))
        let first = try position(ofAxis: axis, rank: x.shape.count)
        let normal = try Normalized(x, along: Array(first..<x.shape.count), epsilon, &run)
        var y = try normal.y.scaled(by: scale.tensor, &run)
        if inputs.optional(2) != nil { y = try y.shifted(by: inputs.tensor(2).tensor, &run) }
        return [
          GraphValue(y, as: x.type), GraphValue(normal.mean), GraphValue(normal.inverseDeviation),
        ]
      }
    },
    // The same over the positions of each sample and channel.
    "InstanceNormalization": GraphOperator(3...3) { node throws(GraphFailure) in
      let epsilon = try node.float("epsilon") ?? 1e-5
      return { inputs, run throws(GraphFailure) in
        let x = try inputs.tensor(0)
        guard x.shape.count >= 3 else {
          throw GraphFailure(expected: "x [N, C, ...]", found: "shape \(x.shape)")
        }
        let normal = try Normalized(x, along: Array(2..<x.shape.count), epsilon, &run)
        let scale = try channels(inputs, 1, of: x)
        let bias = try channels(inputs, 2, of: x)
        let y = try normal.y.scaled(by: scale, &run).shifted(by: bias, &run)
        return [GraphValue(y, as: x.type)]
      }
    },
    // With the means and variances of training, for each channel.
    "BatchNormalization": GraphOperator(5...5, outputs: 5) { node throws(GraphFailure) in
      let epsilon = try node.float("epsilon") ?? 1e-5
      _ = try node.float("momentum")
      guard try !node.flag("training_mode") else {
        throw GraphFailure("training_mode: expected 0, frozen statistics, found 1")
      }
      guard node.node.outputs.count == 1 else {
        throw GraphFailure("statistics of training as outputs: the form is not supported")
      }
      guard try node.flag("spatial", default: true) else {
        throw GraphFailure("spatial: expected 1, found 0")
      }
      return { inputs, run throws(GraphFailure) in
        let x = try inputs.tensor(0)
        guard x.shape.count >= 2, x.tensor.count > 0 else {
          throw GraphFailure(expected: "x [N, C, ...]", found: "shape \(x.shape)")
        }
        let (scale, bias) = (try channels(inputs, 1, of: x), try channels(inputs, 2, of: x))
        let (mean, variance) = (try channels(inputs, 3, of: x), try channels(inputs, 4, of: x))
        try run.count(of: x.shape)
        let factor = scale / sqrt(variance + epsilon)
        return [GraphValue((x.tensor - mean) * factor + bias, as: x.type)]
      }
    },
  ]
}

/// An array with mean 0 and variance 1 along axes.
private struct Normalized {
  let y: Tensor
  let mean: Tensor
  let inverseDeviation: Tensor

  init(
    _ x: GraphTensor, along axes: [Int], _ epsilon: Float, _ run: inout GraphRun
  ) throws(GraphFailure) {
    guard x.tensor.count > 0 else {
      throw GraphFailure(expected: "an array with elements", found: "shape \(x.shape)")
    }
    try run.charge(product: x.tensor.count, 4)
    try run.count(of: x.shape)
    mean = x.tensor.mean(along: axes, keepingAxes: true)
    let centred = x.tensor - mean
    let variance = (centred * centred).mean(along: axes, keepingAxes: true)
    inverseDeviation = 1 / sqrt(variance + epsilon)
    y = centred * inverseDeviation
  }
}

extension Tensor {
  fileprivate func scaled(
    by scale: Tensor, _ run: inout GraphRun
  ) throws(GraphFailure) -> Tensor {
    try checkFits(scale)
    try run.count(of: shape)
    return self * scale
  }

  fileprivate func shifted(
    by offset: Tensor, _ run: inout GraphRun
  ) throws(GraphFailure) -> Tensor {
    try checkFits(offset)
    try run.count(of: shape)
    return self + offset
  }

  private func checkFits(_ other: Tensor) throws(GraphFailure) {
    guard Broadcasting.shape(other.shape, shape) == shape else {
      throw GraphFailure(
        expected: "scale and bias that fit \(shape)", found: "shape \(other.shape)")
    }
  }
}

/// An input `[C]` as `[C, 1, ...]`, one number for each channel of x.
private func channels(
  _ inputs: [GraphValue?], _ index: Int, of x: GraphTensor
) throws(GraphFailure) -> Tensor {
  let value = try inputs.tensor(index).tensor
  guard value.shape == [x.shape[1]] else {
    throw GraphFailure(
      expected: "input \(index) of \(x.shape[1]) channels", found: "shape \(value.shape)")
  }
  return value.reshaped(to: value.shape + [Int](repeating: 1, count: x.shape.count - 2))
}
