internal import CTensorKernels

/// The cotangents of a recurrence's decays, from vectors instead of matrices.
///
/// Along the rows, `aᵢ` times the sums of the products of Sᵢ₋₁ with the cotangent of `diag(aᵢ) Sᵢ₋₁` grows from step to step
/// by `k dk` for each `k vᵀ` that the step adds, and shrinks by `q dq` for each q with which it reads the matrix.
package struct DecayCotangents: Sendable {
  package typealias Factor = MatrixRecurrence.Factor

  /// The product of two vectors.
  package struct Term: Sendable {
    package var x, y: Factor
    /// Whether x is one of the recurrence's signals.
    package var isForward: Bool
    /// Whether it belongs before the step, as what reads the matrix before its decay.
    package var isBefore: Bool

    package init(_ x: Factor, _ y: Factor, isForward: Bool, isBefore: Bool) {
      (self.x, self.y) = (x, y)
      (self.isForward, self.isBefore) = (isForward, isBefore)
    }

    fileprivate var code: ctk_decay_term {
      ctk_decay_term(x: x.code, y: y.code, x_is_forward: isForward, is_before: isBefore)
    }
  }

  /// The cotangent of the matrix before the first step.
  package let matrix: Factor
  /// `da`, one number or one for each row.
  package let decay: Factor
  package let growing, shrinking: [Term]

  package init(matrix: Factor, decay: Factor, growing: [Term], shrinking: [Term]) {
    (self.matrix, self.decay) = (matrix, decay)
    (self.growing, self.shrinking) = (growing, shrinking)
  }

  /// Computes them for steps in the order of the recurrence.
  package func run(
    of recurrence: MatrixRecurrence, in areas: AreaTable, heads: Range<Int>,
    _ cotangents: AreaTable,
    _ first: StepBlock, times: Int, stride: Int
  ) {
    var first = first.code
    let terms = (growing + shrinking).map(\.code)
    terms.withUnsafeBufferPointer { terms in
      withUnsafePointer(to: recurrence.code) { recurrence in
        var code = ctk_decay_cotangents(
          recurrence: recurrence, matrix_cotangent: matrix.code, decay_cotangent: decay.code,
          is_total: decay.place.columns == 1, terms: terms.baseAddress,
          growing_count: Int32(growing.count), term_count: Int32(terms.count))
        for head in heads {
          ctk_recurrence_decay_cotangents(
            &code, areas.codes, cotangents.codes, &first, times, stride, head)
        }
      }
    }
    keepAlive(areas)
    keepAlive(cotangents)
  }
}
