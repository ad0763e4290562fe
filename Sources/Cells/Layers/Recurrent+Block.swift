extension Recurrent {
  /// A pre-norm residual block around the cell of each layer, as published stacks of cells with matrix states have it.
  ///
  ///     y  = S x + g(f(N(x)))                              f is the cell, g is ``output``
  ///     y' = y + W_down (silu(W_gate N(y)) ∘ W_up N(y))    the gated feed-forward part
  ///
  /// N is ``normalization`` with gains of its own; S is the identity, or `weight_skip [O, I]` where the sizes differ, as
  /// for ``Connection/residual``. The last layer's y' is normalised once more. With O output units, I input units and F
  /// of the feed-forward part, the parameters are
  /// `attn_norm.weight [I]`, `mlp_norm.weight [O]`, `mlp.gate_proj.weight` and `mlp.up_proj.weight [F, O]`,
  /// `mlp.down_proj.weight [O, F]`, and, in the last layer, `final_norm.weight [O]`; layer normalisation also has
  /// `attn_norm.bias` and so on.
  ///
  /// ```swift
  /// var options = Recurrent.Options()
  /// options.block = Recurrent.Block()
  /// let stack = Recurrent(
  ///   GatedDeltaNet(), inputSize: 64, hiddenSize: 64, layers: 4, options: options, using: &generator)
  /// ```
  ///
  /// Papers: H. Touvron et al., LLaMA: open and efficient foundation language models, 2023 (the block); B. Zhang and
  /// R. Sennrich, Root mean square layer normalization, NeurIPS 2019; N. Shazeer, GLU variants improve transformer, 2020.
  public struct Block: Sendable, Hashable {
    /// A normalisation over the units of a step.
    public enum Normalization: String, Sendable, Hashable, Codable, CaseIterable {
      /// `x / sqrt(mean x² + ε) γ`, ε = 1e-6.
      case rootMeanSquare = "rms"
      /// `(x - mean) / sqrt(variance + ε) γ + β`, ε = 1e-5.
      case layer
    }

    /// What follows the cell before its output is added to the input. Cells with a matrix for a state have an output
    /// gate and a normalisation of their own.
    public enum Output: String, Sendable, Hashable, Codable, CaseIterable {
      /// The output as it is.
      case plain
      /// The output normalised, with `attn_out_norm.weight [O]`.
      case normalized
      /// `f(N(x)) ∘ silu(W N(x))` with W = `attn_out_gate.weight [O, I]`.
      case gated
    }

    /// The normalisation before the cell, before the feed-forward part and after the last layer.
    public var normalization = Normalization.rootMeanSquare
    /// What follows the cell.
    public var output = Output.plain
    /// The units F of the feed-forward part; 0 for none, as in stacks of Mamba; nil for 8/3 of the output's units,
    /// rounded up to a multiple of 8.
    public var feedForwardSize: Int?
    /// The ε of all normalisations; nil for that of their kind. Models of Mamba have 1e-5.
    public var epsilon: Double?

    /// Root mean square normalisation, the cell's output as it is, and 8/3 of its units in the feed-forward part.
    public init() {}

    /// F for a number of output units.
    func feedForwardSize(of outputSize: Int) -> Int {
      feedForwardSize ?? (outputSize * 8 + 23) / 24 * 8
    }
  }
}

extension Recurrent.Block: Codable {
  private enum CodingKeys: String, CodingKey {
    case normalization, output, feedForwardSize, epsilon
  }

  /// Reads what was encoded; what is missing has its default.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try values.update(&normalization, forKey: .normalization)
    try values.update(&output, forKey: .output)
    try values.update(&feedForwardSize, forKey: .feedForwardSize)
    try values.update(&epsilon, forKey: .epsilon)
  }
}
