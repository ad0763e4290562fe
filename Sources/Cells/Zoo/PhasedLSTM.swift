/// Phased LSTM: each unit is updated during a share of its own period and keeps its state otherwise.
///
///     φ = u - ⌊u⌋,  u = t / exp(p) - s
///     k = 2 φ / r          while φ < r / 2
///         2 - 2 φ / r      while φ < r
///         α φ              else
///     c̃, h̃ from an LSTM of x, h and c
///     c' = k c̃ + (1 - k) c      h' = k h̃ + (1 - k) h
///
/// States: hidden, H; cell, H; clock t, one unit, which counts steps from 0. Parameters: `weight_ih [4H, I]`,
/// `bias_ih [4H]`, `weight_hh [4H, H]` in the order i, f, g, o; `log_period [H]` (p), initialized for periods between 1
/// and 1000 steps, and `shift [H]` (s), initialized between 0 and 1, in periods.
///
/// tf.contrib stores the period itself and the shift in steps, trains r, and has time as an input; here time counts
/// steps.
public struct PhasedLSTM: RecurrentCell, Codable, Hashable {
  /// The share of its period that a unit is open for, r.
  public var openShare: Double
  /// The leak while the unit is closed, α; usually 0 after training.
  public var leak: Double

  /// A cell with the given options.
  public init(openShare: Double = 0.1, leak: Double = 0.001) {
    self.openShare = openShare
    self.leak = leak
  }

  public func equations(_ cell: inout CellBuilder) {
    let (x, h, c) = (cell.input, cell.state("hidden"), cell.state("cell"))
    let clock = cell.state("clock", width: 1)
    let logThousand = 6.907755278982137
    let period = exp(cell.vector("log_period", initially: .uniform(0...logThousand)))
    let u = clock / period - cell.vector("shift", initially: .uniform(0...1))
    let phase = u - floor(u)
    let falling = choose(
      where: phase .> openShare, leak * phase, else: 2 - phase * (2 / openShare))
    let k = choose(where: phase .> openShare / 2, falling, else: phase * (2 / openShare))

    let i = sigmoid(cell.affine(x, "ih.i") + cell.linear(h, "hh.i"))
    let f = sigmoid(cell.affine(x, "ih.f") + cell.linear(h, "hh.f"))
    let g = tanh(cell.affine(x, "ih.g") + cell.linear(h, "hh.g"))
    let o = sigmoid(cell.affine(x, "ih.o") + cell.linear(h, "hh.o"))
    let new = f * c + i * g
    cell.update(c, to: k * new + (1 - k) * c)
    cell.update(h, to: k * (o * tanh(new)) + (1 - k) * h)
    cell.update(clock, to: clock + 1)
  }

  /// Checks that the open share is above 0 and at most 1.
  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {
    guard openShare > 0, openShare <= 1 else {
      throw UnsuitableOption(
        "openShare", expected: "a number above 0, at most 1", found: openShare)
    }
  }
}

extension PhasedLSTM {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "phased-lstm", cell: PhasedLSTM(),
      summary: "LSTM whose units open periodically",
      paper:
        "D. Neil, M. Pfeiffer and S.-C. Liu, Phased LSTM: accelerating recurrent network"
        + " training for long or event-based sequences, NeurIPS 2016")
  ]
}
