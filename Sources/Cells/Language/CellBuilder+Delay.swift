import Requirements
import TensorCore

extension CellBuilder {
  /// The signal some steps earlier; zero before the start of a sequence, and after a reset.
  ///
  /// The steps between are kept in a state: the signal's own units for one step, and for more `[steps, width]`,
  /// the oldest first. It depends on what the signal depends on: what follows a delayed input leaves the loop of
  /// the cell's other states.
  public func delay(_ x: Signal, _ steps: Int = 1, state name: String = "past") -> Signal {
    earlier(x, steps: steps, state: name)[0].shaped(x.shape)
  }

  /// The signal at the `steps` steps before this one, the oldest first.
  func earlier(_ x: Signal, steps: Int, state name: String) -> [Signal] {
    require(steps > 0, "expected a delay of one step or more, found \(steps)")
    let past = state(name, shape: steps == 1 ? x.shape : [steps, x.width])
    update(
      past, to: steps == 1 ? x : concatenate(past.flat[x.width..<steps * x.width], x.flat))
    return past.flat.chunks(steps)
  }

  /// Each unit's weighted sum of its last `width` values:
  ///
  ///     y_t[c] = b[c] + Σ_j w[c, 0, j] x_{t - width + 1 + j}[c]
  ///
  /// with the parameters `name.weight [C, 1, width]` and `name.bias [C]`, and the state `past [width - 1, C]`.
  public func causalConvolution(
    _ x: Signal, _ name: String, width: Int, state: String = "past", hasBias: Bool = true
  ) -> Signal {
    convolution(name, channels: x.width, width: width, hasBias: hasBias)(x, state: state)
  }

  /// The parameters of a causal convolution, `name.weight [channels, 1, width]` and `name.bias [channels]`.
  public func convolution(
    _ name: String, channels: Int, width: Int = 4, hasBias: Bool = true,
    initially initialization: Initialization? = nil, bias: Initialization? = .constant(0)
  ) -> CausalConvolution {
    let weight = weight(name + ".weight", [channels, 1, width], initially: initialization)
    let bias =
      hasBias && self.hasBias ? parameter(name + ".bias", [channels], initially: bias) : nil
    // Each row of the matrix is a channel's, [channels, width].
    return CausalConvolution(
      taps: weight.stacked.transposed(), width: width, bias: bias, cell: self)
  }
}

/// A causal convolution of each channel by itself, with published weights.
public struct CausalConvolution {
  /// `[width, channels]`; the last row multiplies this step.
  let taps: Matrix
  let width: Int
  let bias: Signal?
  let cell: CellBuilder

  /// The convolution at this step; the steps before it are in the state of the given name.
  public func callAsFunction(_ x: Signal, state: String = "past") -> Signal {
    let earlier = width > 1 ? cell.earlier(x, steps: width - 1, state: state) : []
    let products = zip(0..<width, earlier + [x.flat]).map { taps[$0] * $1 }
    let summands = products + (bias.map { [$0] } ?? [])
    return summands.dropFirst().reduce(summands[0], +)
  }
}
