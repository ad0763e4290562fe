import Checkpoint
import FileCore
import TensorCore

/// Layers that change each number by itself.
extension KerasGraph {
  /// Layers without weights that keep the shape; nil for others.
  mutating func elementwise(
    _ layer: KerasDescription.Layer, _ x: Value
  ) throws(CheckpointError) -> Value? {
    let options = layer.options
    func option(_ name: String, default value: Double) -> Double {
      options.member(name)?.double ?? value
    }
    var y = x
    switch layer.type {
    case "Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianNoise", "GaussianDropout",
      "AlphaDropout", "ActivityRegularization":
      break
    case "Activation": y.name = try activated(x.name, options.member("activation"), layer)
    case "Softmax":
      let axis = options.member("axis")?.integer ?? -1
      y.name = builder.add("Softmax", [x.name], ["axis": .integer(axis)])
    case "ReLU", "LeakyReLU", "ELU": y.name = try rectified(x.name, layer)
    case "Rescaling":
      guard let scale = options.member("scale")?.double else {
        throw failure(layer, "scale: expected a number")
      }
      y.name = builder.add("Mul", [x.name, number(scale)])
      y.name = builder.add("Add", [y.name, number(option("offset", default: 0))])
    case "Masking": return masked(x, by: number(option("mask_value", default: 0)))
    case "UnitNormalization":
      let axis = options.member("axis")?.integer ?? -1
      let squares = builder.add("Mul", [x.name, x.name])
      let length = builder.add(
        "Sqrt", [builder.add("ReduceSum", [squares, builder.integers([axis])])])
      y.name = builder.add("Div", [x.name, builder.add("Max", [length, number(1e-12)])])
    default: return nil
    }
    return y
  }

  private mutating func rectified(
    _ x: String, _ layer: KerasDescription.Layer
  ) throws(CheckpointError) -> String {
    func slope(_ names: String..., default value: Double) -> [String: ONNXNode.Attribute] {
      let found = names.lazy.compactMap { layer.options.member($0)?.double }.first
      return ["alpha": .float(Float(found ?? value))]
    }
    switch layer.type {
    case "ELU": return builder.add("Elu", [x], slope("alpha", default: 1))
    case "LeakyReLU":
      return builder.add("LeakyRelu", [x], slope("negative_slope", "alpha", default: 0.3))
    default:
      guard layer.options.member("threshold")?.double ?? 0 == 0 else {
        throw failure(layer, "threshold: expected 0")
      }
      let y = builder.add("LeakyRelu", [x], slope("negative_slope", default: 0))
      let most = layer.options.member("max_value")?.double
      return most.map { builder.add("Min", [y, number($0)]) } ?? y
    }
  }

  /// Steps whose numbers all have a value are masked, and 0.
  private mutating func masked(_ x: Value, by value: String) -> Value {
    let differs = builder.add("Not", [builder.add("Equal", [x.name, value])])
    let steps = builder.add(
      "ReduceMax", [cast(differs, to: .float32), builder.integers([-1])], ["keepdims": .integer(0)])
    let column = builder.add("Unsqueeze", [steps, builder.integers([-1])])
    return Value(name: builder.add("Mul", [x.name, column]), mask: cast(steps, to: .int64))
  }

  mutating func cast(_ value: String, to type: ElementType) -> String {
    builder.add("Cast", [value], ["to": .integer(type.onnxCode)])
  }

  /// A value after an activation function, which a layer names.
  mutating func activated(
    _ x: String, _ function: JSONValue?, _ layer: KerasDescription.Layer
  ) throws(CheckpointError) -> String {
    if function == nil || function == .null { return x }
    let name = function?.stringValue ?? function?.member("class_name")?.stringValue
    switch name?.lowercased() {
    case "linear": return x
    case "relu": return builder.add("Relu", [x])
    case "sigmoid": return builder.add("Sigmoid", [x])
    case "tanh": return builder.add("Tanh", [x])
    case "softmax": return builder.add("Softmax", [x], ["axis": .integer(-1)])
    case "log_softmax": return builder.add("LogSoftmax", [x], ["axis": .integer(-1)])
    case "elu": return builder.add("Elu", [x])
    case "selu": return builder.add("Selu", [x])
    case "softplus": return builder.add("Softplus", [x])
    case "softsign": return builder.add("Softsign", [x])
    case "exponential": return builder.add("Exp", [x])
    case "mish": return builder.add("Mish", [x])
    case "gelu": return builder.add("Gelu", [x])
    case "swish", "silu": return builder.add("Mul", [x, builder.add("Sigmoid", [x])])
    case "leaky_relu": return builder.add("LeakyRelu", [x], ["alpha": .float(0.2)])
    case "relu6": return builder.add("Min", [builder.add("Relu", [x]), number(6)])
    case "hard_sigmoid":
      return builder.add("HardSigmoid", [x], ["alpha": .float(Float(weights.hardSigmoidSlope))])
    default:
      throw failure(layer, "activation: \(name ?? function?.text ?? "") is not supported")
    }
  }
}
