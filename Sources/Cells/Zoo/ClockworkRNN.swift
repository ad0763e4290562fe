/// Clockwork RNN: groups of units, each updated at its own period.
///
///     h'ₖ = tanh(Wₖ x + bₖ + Uₖ [hₖ; hₖ₊₁; ...])    where t is a multiple of the period of group k
///     h'ₖ = hₖ                                      else
///
/// Groups are ordered from the shortest period to the longest; each sees itself and the slower ones. States: hidden, H,
/// and clock t, one unit, which counts from 0. Parameters, for G groups of n = H/G units: `weight_ih [H, I]`,
/// `bias_ih [H]`, and `weight_hh0 [n, H]`, `weight_hh1 [n, H - n]`, ...
public struct ClockworkRNN: RecurrentCell, Codable, Hashable {
  /// The period of each group in steps, ascending. H is a multiple of the number of groups.
  public var periods: [Int]

  /// A cell with a group for each period.
  public init(periods: [Int] = [1, 2, 4, 8]) { self.periods = periods }

  public func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let clock = cell.state("clock", width: 1)
    let size = h.width / periods.count
    let groups = periods.enumerated().map { [cell] group, period in
      let old = h[group * size..<(group + 1) * size]
      let visible = h[group * size..<h.width]
      let sum =
        cell.affine(x, "ih.\(group)", width: size)
        + cell.linear(visible, "hh\(group)", width: size)
      let turns = clock / Double(period)
      return choose(where: floor(turns) .== turns, tanh(sum), else: old)
    }
    cell.update(h, to: concatenate(all: groups))
    // The clock returns to 0 when all periods coincide, so that the count stays exact.
    let next = clock + 1
    cell.update(clock, to: choose(where: next .== Double(common), cell.constant(0), else: next))
  }

  /// The least common multiple of the periods.
  private var common: Int {
    periods.reduce(1) { product, period in
      var (a, b) = (product, period)
      while b > 0 { (a, b) = (b, a % b) }
      return product / a * period
    }
  }

  /// Checks that periods ascend from at least 1 and that H is a multiple of their number.
  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {
    guard !periods.isEmpty, hiddenSize % periods.count == 0 else {
      throw UnsuitableOption(
        "periods", expected: "as many as divide the hidden size \(hiddenSize)",
        found: periods.count)
    }
    guard periods == periods.sorted(), periods.allSatisfy((1...1 << 20).contains), isCountable
    else {
      throw UnsuitableOption(
        "periods", expected: "ascending numbers from 1 with a common multiple below 2^24",
        found: periods)
    }
  }

  /// Whether a 32-bit float can count exactly to the common multiple.
  private var isCountable: Bool {
    var product = 1
    for period in Set(periods) {
      guard product < 1 << 24 else { return false }
      product = ClockworkRNN(periods: [product, period]).common
    }
    return product < 1 << 24
  }
}

extension ClockworkRNN {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "clockwork", cell: ClockworkRNN(),
      summary: "groups of units with periods of their own",
      paper: "J. Koutník, K. Greff, F. Gomez and J. Schmidhuber, A clockwork RNN, ICML 2014")
  ]
}
