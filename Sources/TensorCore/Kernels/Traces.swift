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

  private let rows: Int
  private let width: Int
  private let traces: [UnsafeMutablePointer<Float>?]
  private let gradient: UnsafeMutablePointer<Float>
  /// The factors, and behind them what the products' left and right sides are.
  private let operands: [UnsafePointer<Float>?]

  /// - Parameters:
  ///   - traces: One for each state, `[rows, width]`, and changed in place, as `gradient` is.
  ///   - factors: Row by row, one for each unit: those of the first sum by all traces, then those of the next.
  ///   - left: For each sum, one float a row.
  ///   - right: For each sum, one float a column.
  package init(
    rows: Int, width: Int, traces: [UnsafeMutablePointer<Float>],
    gradient: UnsafeMutablePointer<Float>, factors: [UnsafePointer<Float>],
    left: [UnsafePointer<Float>], right: [UnsafePointer<Float>]
  ) {
    let sums = traces.count + 1
    require(
      traces.count <= Self.mostStates && factors.count == sums * traces.count
        && left.count == sums && right.count == sums,
      "\(factors.count) factors and \(left.count) products for the traces of \(traces.count) states"
    )
    (self.rows, self.width) = (rows, width)
    (self.traces, self.gradient) = (traces, gradient)
    operands = factors + left + right
  }

  /// Takes the step, on all threads where there is enough to do.
  package func run() {
    let sums = traces.count + 1
    traces.withUnsafeBufferPointer { traces in
      operands.withUnsafeBufferPointer { operands in
        guard let factors = operands.baseAddress else { return }
        let left = factors + sums * traces.count
        let step = ctk_traces(
          width: width, states: Int32(traces.count), traces: traces.baseAddress,
          gradient: gradient, factors: factors, left: left, right: left + sums)
        ThreadTeam.split(rows, work: rows * width * sums * sums) { range in
          withUnsafePointer(to: step) {
            ctk_advance_traces($0, range.lowerBound, range.upperBound)
          }
        }
      }
    }
  }
}
