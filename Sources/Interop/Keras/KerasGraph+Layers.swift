import Checkpoint
import FileCore
import TensorCore

/// Layers with weights, and layers that move elements.
extension KerasGraph {
  /// Embeddings, products and normalizations; nil for others.
  mutating func withWeights(
    _ layer: KerasDescription.Layer, _ x: Value
  ) throws(CheckpointError) -> Value? {
    switch layer.type {
    case "Embedding": return try embedding(layer, x)
    case "Dense", "TimeDistributed": return try product(layer, x)
    case "BatchNormalization": return try batchNorm(layer, x)
    case "LayerNormalization": return try layerNorm(layer, x)
    case "PReLU":
      let slopes = constant(try weight("alpha", 0, of: layer))
      return Value(name: builder.add("PRelu", [x.name, slopes]), mask: x.mask)
    default: return nil
    }
  }

  private mutating func embedding(
    _ layer: KerasDescription.Layer, _ x: Value
  ) throws(CheckpointError) -> Value {
    let table = try weight("embeddings", 0, of: layer)
    guard table.rank == 2 else {
      throw failure(layer, "expected a table, found shape \(table.shape)")
    }
    let rows = builder.add("Gather", [constant(table), x.name])
    guard layer.options.member("mask_zero")?.flag == true else { return Value(name: rows) }
    let isPadding = builder.add("Equal", [x.name, builder.constant(StoredArray(Int64(0)))])
    return Value(name: rows, mask: cast(builder.add("Not", [isPadding]), to: .int64))
  }

  /// `f(x W + b)`, of a layer or of the one that is applied to every step.
  private mutating func product(
    _ layer: KerasDescription.Layer, _ x: Value
  ) throws(CheckpointError) -> Value {
    var inner = layer
    if layer.type == "TimeDistributed" {
      let nested = layer.options.member("layer")
      let type = nested?.member("class_name")?.stringValue ?? "nothing"
      inner.options = nested?.member("config") ?? .null
      if ["Activation", "Dropout"].contains(type) {
        inner.type = type
        return try elementwise(inner, x) ?? x
      }
      guard type == "Dense" else {
        throw failure(layer, "expected a Dense layer for every step, found \(type)")
      }
    }
    let kernel = try weight("kernel", 0, of: layer)
    guard kernel.rank == 2 else {
      throw failure(layer, "expected a matrix, found shape \(kernel.shape)")
    }
    var y = builder.add("MatMul", [x.name, constant(kernel)])
    if inner.options.member("use_bias")?.flag != false {
      y = builder.add("Add", [y, constant(try weight("bias", 1, of: layer))])
    }
    return Value(name: try activated(y, inner.options.member("activation"), layer), mask: x.mask)
  }

  /// Means and variances of training are constants: a factor and a summand for each unit.
  private mutating func batchNorm(
    _ layer: KerasDescription.Layer, _ x: Value
  ) throws(CheckpointError) -> Value {
    try checkLastAxis(layer)
    let (scales, centers) = (
      layer.options.member("scale")?.flag != false, layer.options.member("center")?.flag != false
    )
    let first = (scales ? 1 : 0) + (centers ? 1 : 0)
    let mean = try weight("moving_mean", first, of: layer)
    let variance = try weight("moving_variance", first + 1, of: layer)
    let epsilon = Float(layer.options.member("epsilon")?.double ?? 1e-3)
    let gamma = scales ? try weight("gamma", 0, of: layer) : Tensor(ones: mean.shape)
    let beta = centers ? try weight("beta", scales ? 1 : 0, of: layer) : Tensor(zeros: mean.shape)
    guard mean.rank == 1, [variance, gamma, beta].allSatisfy({ $0.shape == mean.shape }) else {
      throw failure(layer, "expected vectors of equal lengths, found others")
    }
    let factor = reciprocal(sqrt(variance + epsilon)) * gamma
    let offset = beta - mean * factor
    let scaled = builder.add("Mul", [x.name, constant(factor)])
    return Value(name: builder.add("Add", [scaled, constant(offset)]), mask: x.mask)
  }

  private mutating func layerNorm(
    _ layer: KerasDescription.Layer, _ x: Value
  ) throws(CheckpointError) -> Value {
    try checkLastAxis(layer)
    guard layer.options.member("scale")?.flag != false else {
      throw failure(layer, "scale: expected true")
    }
    var inputs = [x.name, constant(try weight("gamma", 0, of: layer))]
    if layer.options.member("center")?.flag != false {
      inputs.append(constant(try weight("beta", 1, of: layer)))
    }
    let epsilon = Float(layer.options.member("epsilon")?.double ?? 1e-3)
    return Value(
      name: builder.add(
        "LayerNormalization", inputs, ["axis": .integer(-1), "epsilon": .float(epsilon)]),
      mask: x.mask)
  }

  private func checkLastAxis(_ layer: KerasDescription.Layer) throws(CheckpointError) {
    let axes = layer.options.member("axis")?.integers ?? [-1]
    let input = layer.options.member("build_config")?.member("input_shape")
    let rank: Int? = if case .array(let sizes)? = input { sizes.count } else { nil }
    // Without the input's shape, a positive number is that of the last axis of sequences.
    guard axes.count == 1, axes[0] == -1 || axes[0] == (rank ?? 3) - 1 else {
      throw failure(layer, "axis: expected the last one, found \(axes)")
    }
  }

  // MARK: Moved elements

  /// Layers that only move elements; nil for others.
  mutating func arranged(
    _ layer: KerasDescription.Layer, _ x: Value
  ) throws(CheckpointError) -> Value? {
    switch layer.type {
    case "Flatten":
      return Value(name: builder.add("Reshape", [x.name, builder.integers([0, -1])]))
    case "Reshape":
      let shape = try numbers("target_shape", 1...8, of: layer)
      return Value(name: builder.add("Reshape", [x.name, builder.integers([0] + shape)]))
    case "Permute":
      return Value(name: builder.transpose(x.name, [0] + (try numbers("dims", 1...8, of: layer))))
    case "RepeatVector":
      let count = try numbers("n", 1...1, of: layer)
      let one = builder.add("Unsqueeze", [x.name, builder.integers([1])])
      return Value(name: builder.add("Expand", [one, builder.integers([1, count[0], 1])]))
    default: return try resized(layer, x)
    }
  }

  private func numbers(
    _ name: String, _ count: ClosedRange<Int>, of layer: KerasDescription.Layer
  ) throws(CheckpointError) -> [Int] {
    guard let numbers = layer.options.member(name)?.integers, count.contains(numbers.count) else {
      throw failure(layer, "\(name): expected whole numbers")
    }
    return numbers
  }

  /// Layers that make sequences longer or shorter; nil for others.
  private mutating func resized(
    _ layer: KerasDescription.Layer, _ x: Value
  ) throws(CheckpointError) -> Value? {
    switch layer.type {
    case "ZeroPadding1D":
      let sizes = try numbers("padding", 1...2, of: layer)
      let pads = builder.integers([0, sizes[0], 0, 0, sizes[sizes.count - 1], 0])
      return Value(name: builder.add("Pad", [x.name, pads]))
    case "Cropping1D":
      let sizes = try numbers("cropping", 1...2, of: layer)
      let (first, last) = (sizes[0], sizes[sizes.count - 1])
      let ends = builder.integers([last == 0 ? Int(Int32.max) : -last])
      return Value(
        name: builder.add(
          "Slice", [x.name, builder.integers([first]), ends, builder.integers([1])]))
    case "UpSampling1D":
      let size = try numbers("size", 1...1, of: layer)
      let columns = builder.add("Unsqueeze", [toFront(x.name, 1), builder.integers([3])])
      let repeated = builder.add("Expand", [columns, builder.integers([1, 1, 1, size[0]])])
      return Value(
        name: toBack(builder.add("Reshape", [repeated, builder.integers([0, 0, -1])]), 1))
    default: return nil
    }
  }
}
