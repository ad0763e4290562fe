extension CellGraph {
  /// The same cell in a pre-norm residual block (see ``Recurrent/Block``).
  ///
  /// - Parameters:
  ///   - units: The units of the input that the cell's output is added to, as for `residual`.
  ///   - share: The factor of the input, as for `residual`.
  ///   - isLast: Whether the block's output is normalised.
  func block(
    _ block: Recurrent.Block, _ units: Range<Int>, share: Double, isLast: Bool
  ) -> CellGraph {
    let cell = CellRewriting(self)
    let builder = cell.builder
    let normalized = block.normalized(cell.input, "attn_norm", builder)
    cell.replaceInput { _ in normalized }
    var output = cell.output
    switch block.output {
    case .plain: break
    case .normalized: output = block.normalized(output, "attn_out_norm", builder)
    case .gated:
      let gate = builder.projection("attn_out_gate", from: inputSize, to: outputSize)
      output = output * silu(gate(normalized))
    }
    output = path(units, share: share, cell) + output
    output = block.feedingForward(output, builder)
    cell.output = isLast ? block.normalized(output, "final_norm", builder) : output
    return cell.finished()
  }
}

extension Recurrent.Block {
  /// The first words of the names of the parameters that a block adds.
  static let parameterPrefixes = ["attn_", "mlp", "final_norm", "weight_skip"]

  /// N(x) with the parameters of a name.
  fileprivate func normalized(_ x: Signal, _ name: String, _ cell: CellBuilder) -> Signal {
    let gain = cell.parameter(name + ".weight", [x.width], initially: .constant(1))
    switch normalization {
    case .rootMeanSquare: return x / sqrt((x * x).mean() + (epsilon ?? 1e-6)) * gain
    case .layer:
      return x.normalized(epsilon: epsilon ?? 1e-5) * gain
        + cell.parameter(name + ".bias", [x.width], initially: .constant(0))
    }
  }

  /// `y + W_down (silu(W_gate N(y)) ∘ W_up N(y))`.
  fileprivate func feedingForward(_ y: Signal, _ cell: CellBuilder) -> Signal {
    let size = feedForwardSize(of: y.width)
    guard size > 0 else { return y }
    let x = normalized(y, "mlp_norm", cell)
    func projection(_ name: String, from columns: Int, to width: Int) -> Projection {
      cell.projection(
        "mlp.\(name)_proj", from: columns, to: width, initially: .flashLinearAttention)
    }
    let gate = projection("gate", from: y.width, to: size)
    let up = projection("up", from: y.width, to: size)
    let down = projection("down", from: size, to: y.width)
    return y + down(silu(gate(x)) * up(x))
  }
}
