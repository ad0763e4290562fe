internal import CTensorKernels
import Requirements

/// Traces of a matrix of parameters whose rows belong to units, for one step of real-time recurrent learning:
/// for each state p, and for the loss's gradient as the last p,
///
///     sum_p(r, c) = left_p[r] * right_p[c] + the sum over states q of factors_pq[r] * trace_q(r, c)
///
/// becomes the new trace, or is added to the gradient.
package struct TraceStep {
  /// The most states that it takes.
  package static let mostStates = Int(CTK_MAX_TRACES)

  /// The rows and columns of the matrix.
  let rows: Int
  let width: Int
  /// The states q, by their numbers among the rows of `traces`, `left` and `right`.
  let states: [Int]
  /// The row of the loss in `left` and `right`.
  let lossRow: Int
  /// A matrix `[rows, width]` of traces at each row, changed in place.
  let traces: Area
  /// `[rows, width]`, changed in place.
  let gradient: Floats
  /// For each state q: a row for each sum p, with the factor of each unit.
  let factors: [Area]
  /// A row for each sum p, with a float for each row of the matrix.
  let left: Area
  /// A row for each sum p, with a float for each column of the matrix.
  let right: Area

  package init(
    rows: Int, width: Int, states: [Int], lossRow: Int, traces: Area, gradient: Floats,
    factors: [Area], left: Area, right: Area
  ) {
    require(
      states.count <= Self.mostStates && factors.count == states.count,
      "\(factors.count) matrices of factors for the traces of \(states.count) states")
    (self.rows, self.width, self.states, self.lossRow) = (rows, width, states, lossRow)
    (self.traces, self.gradient, self.factors) = (traces, gradient, factors)
    (self.left, self.right) = (left, right)
  }

  /// Takes the step, on all threads where there is enough to do.
  package func run() {
    let (count, sums) = (states.count, states.count + 1)
    withUnsafeTemporaryAllocation(
      of: UnsafeMutablePointer<Float>?.self, capacity: count
    ) { traceRows in
      withUnsafeTemporaryAllocation(
        of: UnsafePointer<Float>?.self, capacity: sums * (count + 2)
      ) { operands in
        for (index, state) in states.enumerated() {
          traceRows.initializeElement(at: index, to: traces.row(state))
        }
        // The factors, sum by sum, then the left and the right sides of the products.
        for sum in 0..<sums {
          let row = sum < count ? states[sum] : lossRow
          for state in 0..<count {
            operands.initializeElement(
              at: sum * count + state, to: UnsafePointer(factors[state].row(row)))
          }
          operands.initializeElement(at: sums * count + sum, to: UnsafePointer(left.row(row)))
          operands.initializeElement(
            at: sums * (count + 1) + sum, to: UnsafePointer(right.row(row)))
        }
        guard let base = operands.baseAddress else { return }
        let step = ctk_traces(
          width: width, states: Int32(count), traces: traceRows.baseAddress,
          gradient: gradient.pointer, factors: base, left: base + sums * count,
          right: base + sums * (count + 1))
        ThreadTeam.split(rows, work: rows * width * sums * sums) { range in
          withUnsafePointer(to: step) {
            ctk_advance_traces($0, range.lowerBound, range.upperBound)
          }
        }
      }
    }
    keepAlive(self)
  }
}

extension Area {
  /// The address of a row.
  fileprivate func row(_ number: Int) -> UnsafeMutablePointer<Float> {
    memory.pointer + number * rowStride
  }
}
