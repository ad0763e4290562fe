import Requirements

extension Recurrent {
  /// The initialization of a layer's weights, except those for which the cell's equations state one.
  ///
  /// ```swift
  /// options.initialization = .keras
  /// options.initialization.blocks["bias_ih.f"] = .constant(1)      // the forget gate remembers at first
  /// options.initialization = .chrono(steps: 500, forget: "f", input: "i")       // an LSTM
  /// ```
  ///
  /// Options that a file does not know have their defaults.
  public struct Initialization: Sendable, Hashable, Codable {
    /// Input matrices, whose operand does not depend on the state; nil samples as PyTorch does.
    public var input: Cells.Initialization?
    /// Recurrent matrices, whose operand depends on the state.
    public var recurrent: Cells.Initialization?
    /// The vectors `bias_…`.
    public var bias: Cells.Initialization?
    /// Single parameters, `"weight_hh"`, or blocks of them, `"bias_ih.f"`, whatever the equations say.
    public var blocks: [String: Cells.Initialization] = [:]

    /// As the cell's equations say, or else as PyTorch does it: everything uniform from ±1/sqrt(H).
    public init() {}

    /// The same start for input and recurrent matrices, with biases of zero.
    public init(
      input: Cells.Initialization, recurrent: Cells.Initialization,
      bias: Cells.Initialization? = .constant(0)
    ) {
      self.input = input
      self.recurrent = recurrent
      self.bias = bias
    }

    /// As PyTorch does it: everything uniform from ±1/sqrt(H).
    public static let pyTorch = Self()
    /// As Keras does it, but for the forget gate of an LSTM, whose bias is 1 there.
    public static let keras = Self(input: .xavierUniform, recurrent: .orthogonal(gain: 1))
    /// As Flax does it.
    public static let flax = Self(input: .lecunNormal, recurrent: .orthogonal(gain: 1))
    /// As for the IRNN, an ``RNN`` with `relu` whose units first remember all: Le, Jaitly and Hinton, 2015.
    public static let identity = Self(
      input: .normal(deviation: 0.001), recurrent: .identity(scale: 1))
    /// Variances of `2 / (in + out)`.
    public static let xavier = Self(input: .xavierUniform, recurrent: .xavierUniform)
    /// Variances of `2 / in`.
    public static let kaiming = Self(input: .kaimingUniform, recurrent: .kaimingUniform)
    /// Variances of `1 / in`.
    public static let lecun = Self(input: .lecunUniform, recurrent: .lecunUniform)
    /// Orthogonal matrices.
    public static let orthogonal = Self(
      input: .orthogonal(gain: 1), recurrent: .orthogonal(gain: 1))

    /// The ones that have names, as flags and files call them.
    public static let named: [(name: String, initialization: Self)] = [
      ("pytorch", .pyTorch), ("keras", .keras), ("flax", .flax), ("xavier", .xavier),
      ("kaiming", .kaiming), ("lecun", .lecun), ("orthogonal", .orthogonal),
      ("identity", .identity),
    ]

    /// Gates that remember for times spread evenly up to a number of steps:
    ///
    ///     b_forget = log u,   u uniform from 1...steps - 1,   b_input = -b_forget
    ///
    /// - Parameters:
    ///   - steps: The longest time that is to be remembered, from 2 on.
    ///   - forget: The block of the gate that keeps the state where it is 1: f of an LSTM or JANET, z of a GRU.
    ///   - input: The block of the gate that admits new values, if there is one: i of an LSTM.
    ///
    /// Paper: C. Tallec and Y. Ollivier, Can recurrent neural networks warp time?, ICLR 2018.
    public static func chrono(steps: Int, forget: String, input: String? = nil) -> Self {
      require(steps > 1, "expected 2 or more steps for a chrono initialisation, found \(steps)")
      var result = Self()
      result.blocks["bias_ih.\(forget)"] = .logUniform(1...Double(max(steps - 1, 1)))
      result.blocks["bias_hh.\(forget)"] = .constant(0)
      if let input {
        result.blocks["bias_ih.\(input)"] = .opposite(ofBlock: forget)
        result.blocks["bias_hh.\(input)"] = .constant(0)
      }
      return result
    }

    private enum CodingKeys: String, CodingKey { case input, recurrent, bias, blocks }

    /// Reads what was encoded; what is missing has its default.
    public init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      try values.update(&input, forKey: .input)
      try values.update(&recurrent, forKey: .recurrent)
      try values.update(&bias, forKey: .bias)
      try values.update(&blocks, forKey: .blocks)
    }
  }
}

extension CellGraph {
  /// The names of all parameters and blocks, `"bias_ih"` and `"bias_ih.f"`.
  var blockNames: [String] {
    parameters.flatMap { parameter in
      [parameter.name]
        + parameter.blocks.filter { !$0.name.isEmpty }.map { "\(parameter.name).\($0.name)" }
    }
  }

  /// The same cell with other initializations.
  func starting(as initialization: Recurrent.Initialization) -> CellGraph {
    guard initialization != .pyTorch else { return self }
    let recurrent = recurrentProducts.filter { $0.product.kind.isMatrix }.map(\.product.weight)
    let read = Set(
      graph.reachable(from: recurrent).compactMap { id -> Int? in
        if case .parameter(let index) = graph[id].operation { index } else { nil }
      })
    var result = self
    result.parameters = parameters.enumerated().map { index, parameter in
      let group =
        !parameter.isSignal
        ? read.contains(index) ? initialization.recurrent : initialization.input
        : parameter.name.hasPrefix("bias_") ? initialization.bias : nil
      return Parameter(
        name: parameter.name, shape: parameter.shape, isSignal: parameter.isSignal,
        blocks: parameter.blocks.map { block in
          let own =
            initialization.blocks["\(parameter.name).\(block.name)"]
            ?? initialization.blocks[parameter.name]
          return .init(
            name: block.name, range: block.range,
            initialization: own ?? block.initialization ?? group)
        })
    }
    return result
  }
}
