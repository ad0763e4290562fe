internal import CTensorKernels

/// A recurrence of each head's matrix that is linear in it, of which several steps can be taken at once, as products.
///
/// Forward it is `S' = diag(a) S + k vᵀ`, and its derivative, from the last step to the first, `S' = diag(a) (S + k vᵀ)`.
/// With p the products of the decays up to each step, the matrix after n steps is `diag(pₙ) (S + Σ (kⱼ / pⱼ) vⱼᵀ)`: what
/// all steps read of it are products of S, and of triangles of n x n numbers, with n vectors at a time.
package struct MatrixRecurrence: Sendable {
  /// The first head's part of a signal, and the floats from there to the next head's.
  package struct Factor: Hashable, Sendable {
    package var place: Place
    package var headStride: Int

    package init(_ place: Place, headStride: Int) {
      self.place = place
      self.headStride = headStride
    }

    fileprivate var code: ctk_factor { ctk_factor(place: place.code, head_stride: headStride) }
  }

  /// What each step reads of the matrix: `y = Mᵀ x`, a sum over its rows, or `y = M x`.
  package struct Read: Hashable, Sendable {
    package var x, y: Factor
    package var isOverRows: Bool
    /// Whether M is the matrix before the step, not the one to which `k vᵀ` was added.
    package var isBefore: Bool

    package init(x: Factor, y: Factor, isOverRows: Bool, isBefore: Bool) {
      (self.x, self.y) = (x, y)
      (self.isOverRows, self.isBefore) = (isOverRows, isBefore)
    }

    fileprivate var code: ctk_matrix_read {
      ctk_matrix_read(x: x.code, y: y.code, of_rows: isOverRows, is_before: isBefore)
    }
  }

  /// The sums of the matrix's products with another matrix along its rows, or over all of it.
  package struct InnerProduct: Hashable, Sendable {
    package var other, sums: Factor
  }

  package let rows, columns: Int
  package let heads: Int
  /// The matrix before and after a step.
  package let before, after: Factor
  package let left, right: Factor
  /// One number for the matrix, or one for each of its rows; nil where nothing is forgotten.
  package let decay: Factor?
  private let decays: Int
  /// Whether the decays come after `k vᵀ` is added.
  package let decaysLast: Bool
  package let reads: [Read]
  /// What the products here can't do.
  package let innerProducts: [InnerProduct]
  private let readCodes: [ctk_matrix_read]

  /// The most steps that are taken at once.
  package static let mostSteps = Int(CTK_RECURRENCE_STEPS)
  /// With fewer steps than this the products are narrower than a vector.
  package static let leastSteps = 4
  /// The rows and columns of a matrix for which there are products.
  static let sizes = 16...Int(CTK_RECURRENCE_MOST_UNITS)

  init(
    rows: Int, columns: Int, heads: Int, before: Factor, after: Factor, left: Factor, right: Factor,
    decay: Factor?, decays: Int, decaysLast: Bool, reads: [Read], innerProducts: [InnerProduct]
  ) {
    (self.rows, self.columns, self.heads) = (rows, columns, heads)
    (self.before, self.after, self.left, self.right) = (before, after, left, right)
    (self.decay, self.decays, self.decaysLast) = (decay, decays, decaysLast)
    self.reads = reads
    self.innerProducts = innerProducts
    readCodes = reads.map(\.code)
  }

  fileprivate var code: ctk_recurrence {
    ctk_recurrence(
      rows: rows, columns: columns, before: before.code, after: after.code,
      decay: (decay ?? before).code, left: left.code, right: right.code,
      decays: decays, decays_last: decaysLast)
  }

  /// Whether the decays of some steps can be multiplied and divided without a loss of digits: they are between 2^-6 and 2^6, and their products between
  /// 2^-60 and 2^60.
  package func isMild(_ areas: AreaTable, _ first: StepBlock, times: Int, stride: Int) -> Bool {
    var (code, first) = (code, first.code)
    defer { keepAlive(areas) }
    return (0..<heads).allSatisfy {
      ctk_recurrence_is_mild(&code, areas.codes, &first, times, stride, $0)
    }
  }

  /// Takes the matrices of some heads through at most ``mostSteps`` steps, with their reads. The matrix after the last step
  /// is written, none of those before it.
  package func run(
    heads: Range<Int>, _ areas: AreaTable, _ first: StepBlock, times: Int, stride: Int
  ) {
    run(readCodes, in: areas, updates: true, heads, areas, first, times, stride)
  }

  /// The same without the reads.
  package func update(
    heads: Range<Int>, _ areas: AreaTable, _ first: StepBlock, times: Int, stride: Int
  ) {
    run([], in: areas, updates: true, heads, areas, first, times, stride)
  }

  /// What steps read of the matrices, whose signals are in areas of their own. No matrix is written.
  package func run(
    _ read: Read, in readAreas: AreaTable, heads: Range<Int>, _ areas: AreaTable,
    _ first: StepBlock,
    times: Int, stride: Int
  ) {
    run([read.code], in: readAreas, updates: false, heads, areas, first, times, stride)
  }

  private func run(
    _ reads: [ctk_matrix_read], in readAreas: AreaTable, updates: Bool, _ heads: Range<Int>,
    _ areas: AreaTable, _ first: StepBlock, _ times: Int, _ stride: Int
  ) {
    var (code, first) = (code, first.code)
    for head in heads {
      ctk_recurrence_run(
        &code, areas.codes, reads, reads.count, readAreas.codes, updates, &first, times, stride,
        head)
    }
    keepAlive(areas)
    keepAlive(readAreas)
  }

  /// The cotangents of the decays, from vectors instead of matrices.
  ///
  /// Along its rows, `aᵢ` times the sums of the products of Sᵢ₋₁ with the cotangent of Sᵢ changes from step to step by
  /// `k dk - q dq`, where q is what a step reads the matrix with.
  package struct DecayCotangents: Sendable {
    /// The cotangent of the matrix before the first step.
    package var matrix: Factor
    /// `dk`, `q`, `dq` and `da`.
    package var left, read, readCotangent, decay: Factor
    /// Whether the matrix is read before a step.
    package var isBefore: Bool

    package init(
      matrix: Factor, left: Factor, read: Factor, readCotangent: Factor, decay: Factor,
      isBefore: Bool
    ) {
      (self.matrix, self.left, self.read) = (matrix, left, read)
      (self.readCotangent, self.decay, self.isBefore) = (readCotangent, decay, isBefore)
    }

    /// Computes them for steps in the order of the recurrence.
    package func run(
      of recurrence: MatrixRecurrence, in areas: AreaTable, heads: Range<Int>,
      _ cotangents: AreaTable, _ first: StepBlock, times: Int, stride: Int
    ) {
      var first = first.code
      withUnsafePointer(to: recurrence.code) { pointer in
        var code = ctk_decay_cotangents(
          recurrence: pointer, matrix_cotangent: matrix.code, left_cotangent: left.code,
          read: read.code, read_cotangent: readCotangent.code, decay_cotangent: decay.code,
          is_before: isBefore, is_total: decay.place.columns == 1)
        for head in heads {
          ctk_recurrence_decay_cotangents(
            &code, areas.codes, cotangents.codes, &first, times, stride, head)
        }
      }
      keepAlive(areas)
      keepAlive(cotangents)
    }
  }
}
