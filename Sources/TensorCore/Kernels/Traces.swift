internal import CTensorKernels
import Requirements

/// Traces of a matrix of parameters whose rows belong to units, for one step of real-time recurrent learning:
/// for each state p, and for the loss's gradient as the last p,
///
///     sum_p(r, c) = direct_p(r, c) + the sum over states q of factors_pq[r] * trace_q(r, c)
///
/// becomes the new trace, or the gradient.
package struct TraceStep {
  /// The most states that it takes.
  package static let mostStates = Int(CTK_MAX_TRACES)

  /// The factors of the old traces.
  package struct Factors {
    /// By state q: for each state p a row with the factors of all units.
    let states: [Floats]
    /// By state q: the row of the loss.
    let loss: [Floats]

    package init(states: [Floats], loss: [Floats]) {
      (self.states, self.loss) = (states, loss)
    }
  }

  /// What the step itself contributes.
  package enum Direct {
    /// left_p[r] * right_p[c]: both matrices have a row for each sum p.
    case product(left: StridedMatrix, right: StridedMatrix)
    /// A matrix `[rows, width]` for each sum p, a stride apart.
    case sum(Floats, stride: Int)
  }

  /// The rows and columns of the matrix.
  let rows: Int
  let width: Int
  /// The states p and q, by their numbers in the other arguments; the loss's number there.
  let states: [Int]
  let loss: Int
  /// The first row's unit, and the number of units of a state.
  let unit: Int
  let units: Int
  /// A matrix `[rows, width]` for each state, a stride apart, changed in place.
  let traces: Floats
  let stride: Int
  /// `[rows, width]`.
  let gradient: Floats
  /// Whether the gradient is added to, or else written.
  let adds: Bool

  package init(
    rows: Int, width: Int, states: [Int], loss: Int, unit: Int, units: Int, traces: Floats,
    stride: Int, gradient: Floats, adds: Bool
  ) {
    require(
      states.count <= Self.mostStates,
      "traces of \(states.count) states, where at most \(Self.mostStates) are advanced together")
    (self.rows, self.width, self.states, self.loss) = (rows, width, states, loss)
    (self.unit, self.units) = (unit, units)
    (self.traces, self.stride) = (traces, stride)
    (self.gradient, self.adds) = (gradient, adds)
  }

  /// Takes the step.
  package func run(_ factors: Factors, _ direct: Direct) {
    let (count, sums) = (states.count, states.count + 1)
    withUnsafeTemporaryAllocation(
      of: UnsafeMutablePointer<Float>?.self, capacity: count
    ) { own in
      withUnsafeTemporaryAllocation(
        of: UnsafePointer<Float>?.self, capacity: sums * (count + 2)
      ) { operands in
        for index in 0..<count {
          own.initializeElement(at: index, to: traces.pointer + states[index] * stride)
        }
        fill(operands, factors, direct)
        guard let base = operands.baseAddress else { return }
        let isProduct = if case .product = direct { true } else { false }
        var step = ctk_traces(
          width: width, states: Int32(count), traces: own.baseAddress, gradient: gradient.pointer,
          adds: adds, factors: base, left: base + sums * count,
          right: isProduct ? base + sums * (count + 1) : nil)
        ctk_advance_traces(&step, 0, rows)
      }
    }
    keepAlive(self)
    keepAlive(factors)
    keepAlive(direct)
  }

  /// Sets the addresses of the factors, sum by sum, then those of the left and the right sides of the products.
  private func fill(
    _ operands: UnsafeMutableBufferPointer<UnsafePointer<Float>?>, _ factors: Factors,
    _ direct: Direct
  ) {
    let (count, sums) = (states.count, states.count + 1)
    for sum in 0..<sums {
      let row = sum < count ? states[sum] : loss
      for index in 0..<count {
        let state = states[index]
        let all = sum < count ? factors.states[state] + row * units : factors.loss[state]
        operands.initializeElement(at: sum * count + index, to: UnsafePointer(all.pointer + unit))
      }
      let (left, right) = direct.row(row)
      operands.initializeElement(at: sums * count + sum, to: UnsafePointer(left))
      operands.initializeElement(at: sums * (count + 1) + sum, to: UnsafePointer(right))
    }
  }
}

extension TraceStep.Direct {
  /// The addresses of both sides of a sum, or of the sum.
  fileprivate func row(
    _ number: Int
  ) -> (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>?) {
    switch self {
    case .product(let left, let right):
      (
        left.base.pointer + number * left.rowStride, right.base.pointer + number * right.rowStride
      )
    case .sum(let sums, let stride): (sums.pointer + number * stride, nil)
    }
  }
}
