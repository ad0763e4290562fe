import Cells

/// The cell of an ONNX operation that no cell of the registry matches: other activations, or clipping.
///
/// Pre-activations of the gates are clipped, the cell state is not, as in ONNX runtime.
struct ONNXCell: RecurrentCell, Hashable {
  enum Kind: Hashable {
    case rnn
    case gru(isLinearBeforeReset: Bool)
    case lstm(hasPeepholes: Bool, isCoupled: Bool)
  }

  var kind: Kind
  /// The activation functions of the gates, the candidate and the output, in the standard's order f, g, h.
  var activations: [ONNXActivation]
  /// The largest magnitude of a pre-activation.
  var clip: Float?

  func equations(_ cell: inout CellBuilder) {
    let (x, h, builder) = (cell.input, cell.state("hidden"), cell)
    func clipped(_ sum: Signal) -> Signal {
      clip.map { clamp(sum, Double(-$0)...Double($0)) } ?? sum
    }
    func sum(_ gate: String) -> Signal {
      builder.affine(x, "ih\(gate)") + builder.affine(h, "hh\(gate)")
    }
    switch kind {
    case .rnn:
      cell.update(h, to: activations[0](clipped(sum(""))))
    case .gru(let isLinearBeforeReset):
      let r = activations[0](clipped(sum(".r")))
      let z = activations[0](clipped(sum(".z")))
      let fromX = builder.affine(x, "ih.n")
      let fromH =
        isLinearBeforeReset
        ? r * builder.affine(h, "hh.n") : builder.affine(r * h, "hh.n")
      let n = activations[1](clipped(fromX + fromH))
      cell.update(h, to: (1 - z) * n + z * h)
    case .lstm(let hasPeepholes, let isCoupled):
      let c = cell.state("cell")
      // All gates are declared first, so that the rows are in the order i, f, g, o.
      var sums: [String: Signal] = [:]
      let names = isCoupled ? ["i", "g", "o"] : ["i", "f", "g", "o"]
      for name in names { sums[name] = sum(".\(name)") }
      func gate(_ name: String, seeing state: Signal) -> Signal {
        let sum = sums[name] ?? x
        return activations[0](
          clipped(hasPeepholes ? sum + builder.vector("weight_ch.\(name)") * state : sum))
      }
      let i = gate("i", seeing: c)
      let f = isCoupled ? 1 - i : gate("f", seeing: c)
      let new = f * c + i * activations[1](clipped(sums["g"] ?? x))
      cell.update(c, to: new)
      cell.update(h, to: gate("o", seeing: new) * activations[2](new))
    }
  }
}

/// An activation function of ONNX's recurrent operations.
struct ONNXActivation: Hashable {
  /// The name in lower case, as runtimes compare it.
  let name: String
  let alpha: Float
  let beta: Float

  /// The functions and the defaults of their parameters alpha and beta; nil for no parameter.
  private static let defaults: [String: (alpha: Float?, beta: Float?)] = [
    "relu": (nil, nil), "tanh": (nil, nil), "sigmoid": (nil, nil), "softsign": (nil, nil),
    "softplus": (nil, nil), "leakyrelu": (0.01, nil), "thresholdedrelu": (1, nil),
    "elu": (1, nil), "affine": (1, 0), "scaledtanh": (1, 1), "hardsigmoid": (0.2, 0.5),
  ]

  /// Takes the function's parameters from the lists for all functions; nil if there is no such function.
  init?(_ name: String, alphas: inout ArraySlice<Float>, betas: inout ArraySlice<Float>) {
    self.name = name.lowercased()
    guard let known = Self.defaults[self.name] else { return nil }
    alpha = known.alpha.map { alphas.popFirst() ?? $0 } ?? 0
    beta = known.beta.map { betas.popFirst() ?? $0 } ?? 0
  }

  func callAsFunction(_ x: Signal) -> Signal {
    let (alpha, beta) = (Double(alpha), Double(beta))
    switch name {
    case "relu": return relu(x)
    case "tanh": return tanh(x)
    case "sigmoid": return sigmoid(x)
    case "softsign": return x / (1 + abs(x))
    case "softplus": return softplus(x)
    case "leakyrelu": return choose(where: x .> 0, x, else: alpha * x)
    case "thresholdedrelu": return choose(where: x .> alpha, x, else: 0 * x)
    case "elu": return choose(where: x .> 0, x, else: alpha * (exp(minimum(x, 0 * x)) - 1))
    case "affine": return alpha * x + beta
    case "scaledtanh": return alpha * tanh(beta * x)
    default: return clamp(alpha * x + beta, 0...1)
    }
  }
}
