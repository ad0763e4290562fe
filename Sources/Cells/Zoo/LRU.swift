/// Linear recurrent unit: a diagonal linear recurrence of complex numbers.
///
///     λ = exp(-exp(ν) + i exp(θ))        so that |λ| < 1
///     s' = λ s + γ B x,  γ = exp(g) sqrt(1 - |λ|²)
///     y = Re(C s') + D x
///
/// States: real and imaginary part of s, H each. The output y is no state. Parameters: `weight_ih [2H, I]` (B) and
/// `weight_sh [2H, H]` (C) in the order real, imaginary; `nu`, `theta`, `gain` (g), H each; `skip [H]` (D), which is
/// `weight_iy [H, I]` where I is not H.
///
/// |λ| is initialized uniformly over the ring between the two radii. The paper has the parameter log γ instead of g; g
/// starts at 0. To convert: g = log γ - log sqrt(1 - |λ|²).
public struct LRU: RecurrentCell, Codable, Hashable {
  /// The smallest initial |λ|.
  public var smallestRadius: Double
  /// The largest initial |λ|.
  public var greatestRadius: Double
  /// The largest initial angle of λ, in radians.
  public var greatestPhase: Double

  /// A cell whose λ are initialized in the given ring.
  public init(
    smallestRadius: Double = 0.4, greatestRadius: Double = 0.99, greatestPhase: Double = 6.28
  ) {
    self.smallestRadius = smallestRadius
    self.greatestRadius = greatestRadius
    self.greatestPhase = greatestPhase
  }

  public func equations(_ cell: inout CellBuilder) {
    let (x, re, im) = (cell.input, cell.state("real"), cell.state("imaginary"))
    let nu = cell.vector("nu", initially: .logRate(radius: smallestRadius...greatestRadius))
    let theta = cell.vector("theta", initially: .logUniform(1e-3...greatestPhase))
    let radius = exp(-exp(nu))
    let (cosine, sine) = (radius * cos(exp(theta)), radius * sin(exp(theta)))
    let gain = exp(cell.vector("gain", initially: .constant(0))) * sqrt(1 - radius * radius)
    let newRe = cosine * re - sine * im + gain * cell.linear(x, "ih.re")
    let newIm = sine * re + cosine * im + gain * cell.linear(x, "ih.im")
    let skip =
      x.width == cell.hiddenSize ? cell.vector("skip") * x : cell.linear(x, "iy")
    cell.update(re, to: newRe)
    cell.update(im, to: newIm)
    cell.output(cell.linear(newRe, "sh.re") - cell.linear(newIm, "sh.im") + skip)
  }

  /// Checks that the ring lies inside the unit circle.
  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {
    guard 0 < smallestRadius, smallestRadius <= greatestRadius, greatestRadius < 1 else {
      throw UnsuitableOption(
        "smallestRadius and greatestRadius", expected: "0 < smallest <= greatest < 1",
        found: "\(smallestRadius) and \(greatestRadius)")
    }
    guard greatestPhase > 1e-3, greatestPhase.isFinite else {
      throw UnsuitableOption(
        "greatestPhase", expected: "a number above 0.001", found: greatestPhase)
    }
  }
}

extension LRU {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "lru", cell: LRU(),
      summary: "linear recurrent unit, complex and diagonal",
      paper:
        "A. Orvieto et al., Resurrecting recurrent neural networks for long sequences, ICML 2023")
  ]
}
