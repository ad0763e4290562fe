import Checkpoint
import FileCore
import TensorCore

/// Layers whose windows move over axes.
extension KerasGraph {
  /// Convolutions and pooling; nil for others.
  mutating func windowed(
    _ layer: KerasDescription.Layer, _ x: Value
  ) throws(CheckpointError) -> Value? {
    let type = layer.type.replacingPrefix("Convolution", with: "Conv")
    let axes = type.hasSuffix("1D") ? 1 : type.hasSuffix("2D") ? 2 : 0
    guard axes > 0 else { return nil }
    switch type.dropLast(2) {
    case "Conv", "DepthwiseConv", "SeparableConv":
      return Value(name: try convolution(layer, x.name, String(type.dropLast(2)), axes))
    case "MaxPooling", "AveragePooling":
      let size = layer.options.member("pool_size") ?? layer.options.member("pool_length")
      var attributes = try windows(layer, size?.integers ?? [2], axes, strides: size)
      let isMean = type.hasPrefix("A")
      if isMean { attributes["count_include_pad"] = .integer(0) }
      let front = toFront(x.name, axes)
      return Value(
        name: toBack(builder.add(isMean ? "AveragePool" : "MaxPool", [front], attributes), axes))
    case "GlobalMaxPooling", "GlobalAveragePooling": return globalPooling(layer, x, axes)
    default: return nil
    }
  }

  private mutating func globalPooling(
    _ layer: KerasDescription.Layer, _ x: Value, _ axes: Int
  ) -> Value {
    let places = builder.integers(Array(1...axes))
    let keeps = [
      "keepdims": ONNXNode.Attribute.integer(layer.options.member("keepdims")?.flag == true ? 1 : 0)
    ]
    if layer.type.hasPrefix("GlobalMax") {
      return Value(name: builder.add("ReduceMax", [x.name, places], keeps))
    }
    guard let mask = x.mask else {
      return Value(name: builder.add("ReduceMean", [x.name, places], keeps))
    }
    let steps = builder.add("Unsqueeze", [cast(mask, to: .float32), builder.integers([2])])
    let sum = builder.add("ReduceSum", [builder.add("Mul", [x.name, steps]), places], keeps)
    return Value(
      name: builder.add("Div", [sum, builder.add("ReduceSum", [steps, places], keeps)]))
  }

  /// A convolution of Keras' kernel `[K.., I, O]`; of a depthwise one `[K.., I, M]`.
  private mutating func convolution(
    _ layer: KerasDescription.Layer, _ x: String, _ kind: String, _ axes: Int
  ) throws(CheckpointError) -> String {
    let isDepthwise = kind != "Conv"
    let kernel = try weight(kind == "SeparableConv" ? "depthwise_kernel" : "kernel", 0, of: layer)
    guard kernel.rank == axes + 2 else {
      throw failure(layer, "expected a kernel of \(axes + 2) axes, found shape \(kernel.shape)")
    }
    let (inputs, outputs) = (kernel.shape[axes], kernel.shape[axes + 1])
    var attributes = try windows(
      layer, Array(kernel.shape.prefix(axes)), axes, strides: .number("1"))
    attributes["group"] = .integer(
      isDepthwise ? inputs : layer.options.member("groups")?.integer ?? 1)
    var weights = kernel.transposed([axes + 1, axes] + Array(0..<axes))  // [O, I, K..]
    if isDepthwise {
      weights = kernel.transposed([axes, axes + 1] + Array(0..<axes)).reshaped(
        to: [inputs * outputs, 1] + Array(kernel.shape.prefix(axes)))
    }
    var y = toBack(builder.add("Conv", [toFront(x, axes), constant(weights)], attributes), axes)
    if kind == "SeparableConv" {
      let pointwise = try weight("pointwise_kernel", 1, of: layer)
      let shape = Array(pointwise.shape.suffix(2))
      guard shape.count == 2, pointwise.count == shape[0] * shape[1] else {
        throw failure(layer, "expected a kernel of one step, found shape \(pointwise.shape)")
      }
      y = builder.add("MatMul", [y, constant(pointwise.reshaped(to: shape))])
    }
    if let bias = try bias(kind == "SeparableConv" ? 2 : 1, of: layer) {
      y = builder.add("Add", [y, constant(bias)])
    }
    return try activated(y, layer.options.member("activation"), layer)
  }

  /// The attributes of windows of a size.
  private func windows(
    _ layer: KerasDescription.Layer, _ size: [Int], _ axes: Int, strides usual: JSONValue?
  ) throws(CheckpointError) -> [String: ONNXNode.Attribute] {
    if let format = layer.options.member("data_format")?.stringValue, format != "channels_last" {
      throw failure(layer, "data_format: expected channels_last, found \(format)")
    }
    func each(_ value: JSONValue?, _ name: String) throws(CheckpointError) -> [Int] {
      let numbers = value == nil || value == .null ? (usual?.integers ?? [2]) : value?.integers
      guard let numbers, numbers.count == axes || numbers.count == 1 else {
        throw failure(layer, "\(name): expected \(axes) whole numbers")
      }
      return numbers.count == axes ? numbers : [Int](repeating: numbers[0], count: axes)
    }
    let size = size.count == axes ? size : [Int](repeating: size.first ?? 1, count: axes)
    let options = layer.options
    let strides = try each(
      options.member("strides") ?? options.member("subsample_length") ?? options.member("stride"),
      "strides")
    var attributes: [String: ONNXNode.Attribute] = [
      "kernel_shape": .integers(size), "strides": .integers(strides),
    ]
    var dilations = [Int](repeating: 1, count: axes)
    if let rate = options.member("dilation_rate") { dilations = try each(rate, "dilation_rate") }
    if dilations.contains(where: { $0 != 1 }) { attributes["dilations"] = .integers(dilations) }
    let padding =
      options.member("padding")?.stringValue ?? options.member("border_mode")?.stringValue
    switch padding ?? "valid" {
    case "valid": break
    case "same": attributes["auto_pad"] = .text("SAME_UPPER")
    case "causal" where axes == 1:
      attributes["pads"] = .integers([(size[0] - 1) * dilations[0], 0])
    case let other: throw failure(layer, "padding: \(other) is not supported")
    }
    return attributes
  }

  /// `[B, .., C]` as `[B, C, ..]`, where ONNX has the channels, and back.
  mutating func toFront(_ x: String, _ axes: Int) -> String {
    builder.transpose(x, [0, axes + 1] + Array(1...axes))
  }
  mutating func toBack(_ x: String, _ axes: Int) -> String {
    builder.transpose(x, [0] + Array(2...axes + 1) + [1])
  }
}

extension String {
  fileprivate func replacingPrefix(_ prefix: String, with other: String) -> String {
    hasPrefix(prefix) ? other + dropFirst(prefix.count) : self
  }
}
