import TensorCore

/// Legendre memory unit: a linear memory of the last θ steps of one signal, and a simple RNN that reads it.
///
///     u  = eₓ x + eₕ h + eₘ m
///     m' = Ā m + B̄ u
///     h' = tanh(Wₓ x + Wₕ h + Wₘ m')
///
/// A_ij = (2i + 1) (-1 if i < j, else (-1)^(i-j+1)) and B_i = (2i + 1) (-1)^i, with i and j from 0 to q - 1: the memory
/// then holds the coefficients of u over the last θ steps in the basis of Legendre polynomials. By zero-order hold
/// Ā = exp(A / θ) and B̄ = A⁻¹ (Ā - I) B; by Euler's rule Ā = I + A / θ and B̄ = B / θ. Neither is trained.
///
/// States: hidden, H, and memory, q. Parameters, without biases as in the paper: `weight_ux [1, I]`, `weight_uh [1, H]`
/// and `weight_um [1, q]` (e), `weight_ih [H, I]`, `weight_hh [H, H]` and `weight_mh [H, q]`.
public struct LMU: RecurrentCell, Codable, Hashable {
  /// How the continuous-time memory is discretized.
  public enum Discretization: String, Codable, Sendable {
    /// Zero-order hold: exact for a signal that is constant during each step.
    case zeroOrderHold
    /// Euler's rule: stable for θ well above the memory's size.
    case euler
  }

  /// The units of the memory, q.
  public var memorySize: Int
  /// The length of the window in steps, θ.
  public var window: Double
  /// How the continuous-time memory is discretized.
  public var discretization: Discretization

  /// A cell with the given options.
  public init(
    memorySize: Int = 8, window: Double = 32, discretization: Discretization = .zeroOrderHold
  ) {
    self.memorySize = memorySize
    self.window = window
    self.discretization = discretization
  }

  public func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    let m = cell.state("memory", width: memorySize)
    let (decay, intake) = matrices()
    func encoder(_ name: String, _ signal: Signal, _ start: Initialization) -> Signal {
      cell.product(signal, cell.matrix(name, rows: 1, columns: signal.width, initially: start))
    }
    let u =
      encoder("ux", x, .lecunUniform) + encoder("uh", h, .lecunUniform)
      + encoder("um", m, .constant(0))
    let memory =
      cell.product(m, cell.matrix(rows: decay)) + cell.product(u, cell.matrix(rows: intake))
    cell.update(m, to: memory)
    cell.update(
      h, to: tanh(cell.linear(x, "ih") + cell.linear(h, "hh") + cell.linear(memory, "mh")))
  }

  /// Checks that the memory has units and the window is at least one step.
  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {
    try (1...256).check(memorySize, "memorySize")
    guard window >= 1, window <= 1e6 else {
      throw UnsuitableOption("window", expected: "a number from 1 to 1e6", found: window)
    }
  }

  /// Ā `[q, q]` and B̄ `[q, 1]`.
  private func matrices() -> (decay: [[Double]], intake: [[Double]]) {
    let q = memorySize
    // The exponential of [[A, B], [0, 0]] contains both Ā and B̄.
    var system = [[Double]](repeating: [Double](repeating: 0, count: q + 1), count: q + 1)
    for i in 0..<q {
      let scale = Double(2 * i + 1) / window
      for j in 0..<q { system[i][j] = scale * (i < j || (i - j).isMultiple(of: 2) ? -1 : 1) }
      system[i][q] = scale * (i.isMultiple(of: 2) ? 1 : -1)
    }
    let step =
      discretization == .zeroOrderHold ? exponential(system) : sum(identity(q + 1), system)
    return (step[..<q].map { Array($0[..<q]) }, step[..<q].map { [$0[q]] })
  }
}

private func identity(_ size: Int) -> [[Double]] {
  (0..<size).map { i in (0..<size).map { $0 == i ? 1 : 0 } }
}

private func sum(_ a: [[Double]], _ b: [[Double]]) -> [[Double]] {
  zip(a, b).map { zip($0, $1).map { $0 + $1 } }
}

private func product(_ a: [[Double]], _ b: [[Double]]) -> [[Double]] {
  a.map { row in
    var sums = [Double](repeating: 0, count: b[0].count)
    for (factor, other) in zip(row, b) where factor != 0 {
      for place in sums.indices { sums[place] += factor * other[place] }
    }
    return sums
  }
}

/// The matrix exponential by scaling and squaring: the matrix is halved until small, its Taylor series squared as
/// often.
private func exponential(_ matrix: [[Double]]) -> [[Double]] {
  let norm = matrix.map { $0.reduce(0) { $0 + abs($1) } }.max() ?? 0
  var (halvings, scale) = (0, 1.0)
  while norm * scale > 0.5 { (halvings, scale) = (halvings + 1, scale / 2) }
  let small = matrix.map { $0.map { $0 * scale } }
  var result = identity(matrix.count)
  var term = result
  for order in 1...18 {
    term = product(term, small).map { $0.map { $0 / Double(order) } }
    result = sum(result, term)
  }
  for _ in 0..<halvings { result = product(result, result) }
  return result
}

extension LMU {
  /// The entries of ``CellRegistry/standard`` for this type.
  static let entries: [CellRegistry.Entry] = [
    .init(
      name: "lmu", cell: LMU(),
      summary: "Legendre memory of the last steps, and a recurrence that reads it",
      paper:
        "A. Voelker, I. Kajić and C. Eliasmith, Legendre memory units: continuous-time"
        + " representation in recurrent neural networks, NeurIPS 2019")
  ]
}
