internal import CTensorKernels

/// A recurrence of each head's matrix that is linear in it, of which several steps can be taken at once, as products.
///
/// Forward it is `S' = diag(a) S + k vᵀ`, and its derivative, from the last step to the first, mostly `S' = diag(a) (S + k vᵀ)`.
/// With p the products of the decays up to each step, the matrix after n steps is `diag(pₙ) (S + Σ (kⱼ / pⱼ) vⱼᵀ)`: what
/// all steps read of it are products of S, and of triangles of n x n numbers, with n vectors at a time. A step may add
/// several `k vᵀ`, and v may depend on what the step reads of the matrix, as by the delta rule.
package struct MatrixRecurrence: Sendable {
  package let rows, columns: Int
  package let heads: Int
  /// The matrix before and after a step.
  package let before, after: Factor
  /// One number for the matrix, or one for each of its rows; nil where nothing is forgotten.
  package let decay: Factor?
  let decays: Int
  package let additions: [Addition]
  /// What is done step by step; nil where no addition is late.
  let sequence: Sequence?
  /// What else is read of the matrix.
  package let reads: [Read]
  /// What the products here can't do.
  package let innerProducts: [InnerProduct]
  package let foreignReads: [ForeignRead]

  /// The most steps that are taken at once.
  package static let mostSteps = Int(CTK_RECURRENCE_STEPS)
  /// With fewer steps than this the products are narrower than a vector.
  package static let leastSteps = 4
  /// The rows and columns of a matrix for which there are products.
  static let sizes = 16...Int(CTK_RECURRENCE_MOST_UNITS)

  init(
    rows: Int, columns: Int, heads: Int, before: Factor, after: Factor, decay: Factor?, decays: Int,
    additions: [Addition], sequence: Sequence? = nil, reads: [Read],
    innerProducts: [InnerProduct] = [], foreignReads: [ForeignRead] = []
  ) {
    (self.rows, self.columns, self.heads) = (rows, columns, heads)
    (self.before, self.after) = (before, after)
    (self.decay, self.decays) = (decay, decays)
    (self.additions, self.sequence, self.reads) = (additions, sequence, reads)
    (self.innerProducts, self.foreignReads) = (innerProducts, foreignReads)
  }

  /// Whether the products do all that the steps do.
  package var isWhole: Bool { innerProducts.isEmpty && foreignReads.isEmpty }
  /// Whether it does more than to update its matrix.
  package var computesVectors: Bool { sequence != nil || !reads.isEmpty }

  var code: ctk_recurrence {
    let codes = additions.map(\.code)
    return ctk_recurrence(
      rows: rows, columns: columns, before: before.code, after: after.code,
      decay: (decay ?? before).code, decays: decays,
      addition_count: Int32(codes.count), additions: (codes[0], codes.last ?? codes[0]))
  }

  /// Whether the decays of some steps can be multiplied and divided without a loss of digits: they are between 2^-6 and 2^6, and
  /// their products between 2^-60 and 2^60.
  package func isMild(_ areas: AreaTable, _ first: StepBlock, times: Int, stride: Int) -> Bool {
    var (code, first) = (code, first.code)
    defer { keepAlive(areas) }
    return (0..<heads).allSatisfy {
      ctk_recurrence_is_mild(&code, areas.codes, &first, times, stride, $0)
    }
  }

  /// Takes the matrices of some heads through at most ``mostSteps`` steps, with their reads. The matrix after the last step
  /// is written, none of those before it.
  ///
  /// - Parameters:
  ///   - more: further reads.
  ///   - others: the areas of what reads have elsewhere.
  ///   - updates: whether the matrix is written.
  ///   - isStrict: whether it is not where what was read has an infinity or NaN, which may then stand in steps that it
  ///     doesn't belong to.
  /// - Returns: The heads of which something that was read is not finite, if it is strict.
  @discardableResult
  package func run(
    heads: Range<Int>, _ areas: AreaTable, adding more: [Read] = [], others: AreaTable? = nil,
    updates: Bool = true, isStrict: Bool = false, _ first: StepBlock, times: Int, stride: Int
  ) -> [Int] {
    run(
      sequence, reads + more, heads, areas, others ?? areas, updates: updates, isStrict: isStrict,
      first, times, stride)
  }

  /// What steps read of the matrices, where all that they add is there. No matrix is written.
  package func read(
    _ reads: [Read], heads: Range<Int>, _ areas: AreaTable, others: AreaTable, _ first: StepBlock,
    times: Int, stride: Int
  ) {
    _ = run(
      nil, reads, heads, areas, others, updates: false, isStrict: false, first, times, stride)
  }

  /// The heads of which something that was read is not finite, if it is strict.
  private func run(
    _ sequence: Sequence?, _ reads: [Read], _ heads: Range<Int>, _ areas: AreaTable,
    _ others: AreaTable, updates: Bool, isStrict: Bool, _ first: StepBlock, _ times: Int,
    _ stride: Int
  ) -> [Int] {
    var (code, first) = (code, first.code)
    let reads = reads.map(\.code)
    var failed: [Int] = []
    Sequence.withCode(of: sequence) { sequence in
      for head in heads {
        let areFinite = ctk_recurrence_run(
          &code, sequence, areas.codes, reads, reads.count, others.codes, updates, isStrict, &first,
          times, stride, head)
        if !areFinite { failed.append(head) }
      }
    }
    keepAlive(areas)
    keepAlive(others)
    return failed
  }
}

extension MatrixRecurrence {
  /// The first head's part of a signal, and the floats from there to the next head's.
  package struct Factor: Hashable, Sendable {
    package var place: Place
    package var headStride: Int

    package init(_ place: Place, headStride: Int) {
      self.place = place
      self.headStride = headStride
    }

    var code: ctk_factor { ctk_factor(place: place.code, head_stride: headStride) }
  }

  /// `k vᵀ`, or minus that.
  package struct Addition: Hashable, Sendable {
    package var left, right: Factor
    /// Whether it comes after the decay, if there is one.
    package var isDecayed: Bool
    package var isNegative = false
    /// Whether v depends on what the step reads.
    package var isLate = false

    fileprivate var code: ctk_addition {
      ctk_addition(
        left: left.code, right: right.code, is_decayed: isDecayed, is_negative: isNegative,
        is_late: isLate)
    }
  }

  /// A step's matrix between its decay and its additions.
  package struct Version: Hashable, Sendable {
    /// Whether the step's decay is in it.
    package var isDecayed: Bool
    /// How many of the step's additions are in it.
    package var additions: Int

    package init(isDecayed: Bool, additions: Int) {
      (self.isDecayed, self.additions) = (isDecayed, additions)
    }
  }

  /// What each step reads of a version of the matrix: `y = Mᵀ x`, a sum over its rows, or `y = M x`, or minus that.
  package struct Read: Hashable, Sendable {
    package var x, y: Factor
    package var isOverRows: Bool
    package var version: Version
    package var isNegative: Bool
    /// Whether x or y is in other areas than the recurrence's signals.
    package var isReadElsewhere, isWrittenElsewhere: Bool

    package init(
      x: Factor, y: Factor, isOverRows: Bool, of version: Version, isNegative: Bool = false,
      isReadElsewhere: Bool = false, isWrittenElsewhere: Bool = false
    ) {
      (self.x, self.y) = (x, y)
      (self.isOverRows, self.version, self.isNegative) = (isOverRows, version, isNegative)
      (self.isReadElsewhere, self.isWrittenElsewhere) = (isReadElsewhere, isWrittenElsewhere)
    }

    fileprivate var code: ctk_matrix_read {
      ctk_matrix_read(
        x: x.code, y: y.code, of_rows: isOverRows, is_decayed: version.isDecayed,
        is_negative: isNegative, x_is_elsewhere: isReadElsewhere,
        y_is_elsewhere: isWrittenElsewhere,
        seen: Int32(version.additions))
    }
  }

  /// The sums of the matrix's products with another matrix along its rows, or over all of it.
  package struct InnerProduct: Hashable, Sendable {
    package var version: Version
    package var other, sums: Factor
  }

  /// A read of another matrix, with a decay or without: `y = diag(a) M x`.
  package struct ForeignRead: Hashable, Sendable {
    package var matrix: Factor
    package var decay: Factor?
    package var x, y: Factor
  }

  /// What is done step by step: reads of rows, and work on vectors, from which late additions come.
  struct Sequence: Sendable {
    enum Event: Sendable { case read(Int), vectors(Int) }

    let events: [Event]
    let reads: [Read]
    /// The work on vectors, of one head.
    let vectors: StepSequence

    /// Calls `body` with a sequence in the kernels' form, or with null.
    static func withCode(of sequence: Sequence?, _ body: (UnsafePointer<ctk_sequence>?) -> Void) {
      guard let sequence else { return body(nil) }
      let events = sequence.events.map { event in
        switch event {
        case .read(let number): ctk_event(read: Int32(number), step: -1)
        case .vectors(let number): ctk_event(read: -1, step: Int32(number))
        }
      }
      let reads = sequence.reads.map(\.code)
      events.withUnsafeBufferPointer { events in
        reads.withUnsafeBufferPointer { reads in
          var code = ctk_sequence(
            events: events.baseAddress, event_count: events.count, steps: sequence.vectors.steps,
            step_count: sequence.vectors.count, reads: reads.baseAddress, read_count: reads.count)
          body(&code)
        }
      }
      keepAlive(sequence.vectors)
    }
  }
}
