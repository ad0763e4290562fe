import Checkpoint
import Requirements
import TensorCore

extension GraphOperator {
  /// Activation functions of one number of their own, or of none.
  static let activations: [String: GraphOperator] = [
    "LeakyRelu": scaled("alpha", 0.01) { x, alpha in
      select(where: x .> 0, x, else: x * alpha)
    },
    "ThresholdedRelu": scaled("alpha", 1) { x, alpha in
      select(where: x .> Tensor(alpha), x, else: x * 0)
    },
    "Elu": scaled("alpha", 1) { x, alpha in
      select(where: x .> 0, x, else: (exp(minimum(x, Tensor(0))) - 1) * alpha)
    },
    "Celu": scaled("alpha", 1) { x, alpha in
      select(where: x .> 0, x, else: (exp(minimum(x, Tensor(0)) * (1 / alpha)) - 1) * alpha)
    },
    "Selu": GraphOperator(1...1) { node throws(GraphFailure) in
      let alpha = try node.float("alpha") ?? 1.67326319217681884765625
      let gamma = try node.float("gamma") ?? 1.05070102214813232421875
      return tensorFunction { x in
        select(where: x .> 0, x, else: (exp(minimum(x, Tensor(0))) - 1) * alpha) * gamma
      }
    },
    "HardSigmoid": GraphOperator(1...1) { node throws(GraphFailure) in
      let alpha = try node.float("alpha") ?? 0.2
      let beta = try node.float("beta") ?? 0.5
      return tensorFunction { clamp($0 * alpha + beta, from: 0, to: 1) }
    },
    "HardSwish": GraphOperator(1...1) { _ throws(GraphFailure) in
      tensorFunction { $0 * clamp($0 * (1 / 6) + 0.5, from: 0, to: 1) }
    },
    "Mish": GraphOperator(1...1) { _ throws(GraphFailure) in
      tensorFunction { $0 * tanh(softplus($0)) }
    },
    // x * sigmoid(alpha * x)
    "Swish": GraphOperator(1...1) { node throws(GraphFailure) in
      let alpha = try node.float("alpha") ?? 1
      let swish = UnaryFunction(
        { $0 * sigmoid($0 * alpha) }, { $0 / (1 + exponential(-$0 * Double(alpha))) })
      return { inputs, run throws(GraphFailure) in
        try run.count(of: inputs.value(0).shape)
        return [try swish(inputs.value(0))]
      }
    },
    // Nothing between -lambd and lambd; what is beyond moves towards zero by the bias.
    "Shrink": GraphOperator(1...1) { node throws(GraphFailure) in
      let edge = Double(try node.float("lambd") ?? 0.5)
      let bias = Double(try node.float("bias") ?? 0)
      return { inputs, run throws(GraphFailure) in
        let x = try inputs.value(0)
        guard x.elementType != .bool else {
          throw GraphFailure(expected: "numbers", found: x.elementType)
        }
        try run.count(of: x.shape)
        let shrunk = x.doubles.map { $0 < -edge ? $0 + bias : $0 > edge ? $0 - bias : 0 }
        return [GraphValue(shrunk, shape: x.shape).converted(to: x.elementType)]
      }
    },
    "Gelu": GraphOperator(1...1) { node throws(GraphFailure) in
      guard try node.choice("approximate", of: ["none", "tanh"]) == "tanh" else {
        return tensorFunction { x in
          (1 + (x * Float(0.5).squareRoot()).mapping(errorFunction)) * x * 0.5
        }
      }
      return tensorFunction { x in
        (1 + tanh((x + x * x * x * 0.044715) * Float(2 / Double.pi).squareRoot())) * x * 0.5
      }
    },
    "PRelu": GraphOperator(2...2) { _ throws(GraphFailure) in
      { inputs, run throws(GraphFailure) in
        let (x, slope) = (try inputs.tensor(0), try inputs.tensor(1))
        guard Broadcasting.shape(slope.shape, x.shape) == x.shape else {
          throw GraphFailure(expected: "slopes that fit \(x.shape)", found: "\(slope.shape)")
        }
        try run.count(of: x.shape)
        guard x.tensor.count > 0 else { return [GraphValue(x.tensor, as: x.type)] }
        return [
          GraphValue(
            select(where: x.tensor .> 0, x.tensor, else: x.tensor * slope.tensor), as: x.type)
        ]
      }
    },
  ]

  /// A function of floats with one number of its own.
  private static func scaled(
    _ name: String, _ usual: Float, _ function: @escaping @Sendable (Tensor, Float) -> Tensor
  ) -> GraphOperator {
    GraphOperator(1...1) { node throws(GraphFailure) in
      let scale = try node.float(name) ?? usual
      return tensorFunction { function($0, scale) }
    }
  }
}
