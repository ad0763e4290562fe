import Testing

@testable import TensorCore

/// Steps of a recurrence of a matrix that are taken at once give what they give one by one.
@Suite struct MatrixRecurrenceTests {
  private static let heads = 2

  private struct Form: CustomStringConvertible {
    let rows, columns, times: Int
    /// None, one for the matrix, or one for each row.
    let decays: Int
    /// How many sums `k vᵀ` each step has.
    let additions: Int
    let decaysLast, isReversed, isBefore: Bool

    init(_ generator: inout Philox) {
      func among<Element>(_ values: [Element]) -> Element {
        values.randomElement(using: &generator)!
      }
      (rows, columns) = (among([16, 20, 33, 64, 100]), among([16, 19, 48, 64, 130]))
      times = among([1, 2, 5, 8, 13, 15, 16])
      decays = among([0, 1, rows])
      additions = among([1, 2])
      let both = [false, true]
      (decaysLast, isReversed, isBefore) = (among(both), among(both), among(both))
    }

    var description: String {
      "\(rows) x \(columns), \(times) steps, \(additions) sums, \(decays) decays"
        + (decaysLast ? " at the end" : "")
        + (isReversed ? ", reversed" : "") + (isBefore ? ", read before" : "")
    }

    /// The steps in the order of the recurrence.
    var steps: [Int] { isReversed ? Array((0..<times).reversed()) : Array(0..<times) }
    var first: StepBlock { StepBlock(step: steps[0], rows: 1) }
    var last: StepBlock { StepBlock(step: steps[times - 1], rows: 1) }
    var stride: Int { isReversed ? -1 : 1 }
  }

  /// Signals with a row for each step, and matrices of two steps.
  private struct Signals {
    typealias Factor = MatrixRecurrence.Factor

    let areas = AreaTable(count: 32)
    let form: Form
    private var count = 0
    private var generator: Philox

    init(_ form: Form, _ generator: inout Philox) {
      self.form = form
      self.generator = Philox(seed: generator.next())
    }

    private mutating func storage(_ count: Int, _ range: ClosedRange<Float>) -> Storage {
      let values = (0..<count).map { _ in Float.random(in: range, using: &generator) }
      return Storage(count: count) { values[$0] }
    }

    /// Vectors of a width for each head.
    mutating func vectors(_ width: Int, in range: ClosedRange<Float> = -1...1) -> Factor {
      let row = MatrixRecurrenceTests.heads * width
      areas.set(
        count, Area(Floats(storage(form.times * row, range)), timeStride: row, rowStride: 0))
      defer { count += 1 }
      return Factor(Place(area: count, columns: width), headStride: width)
    }

    /// A state's matrices before and after a step.
    mutating func matrices(isReversed: Bool) -> (before: Factor, after: Factor) {
      let size = form.rows * form.columns
      let row = MatrixRecurrenceTests.heads * size
      var area = Area(Floats(storage(2 * row, -1...1)), timeStride: row, rowStride: 0)
      area.stepMask = 1
      (area.previousShift, area.nextShift) = isReversed ? (1, 0) : (0, 1)
      areas.set(count, area)
      defer { count += 1 }
      func factor(_ slot: Place.Slot) -> Factor {
        Factor(Place(area: count, slot: slot, columns: size), headStride: size)
      }
      return (factor(.previous), factor(.next))
    }

    func values(_ factor: Factor, _ step: Int, _ head: Int) -> [Double] {
      let row = areas.row(factor.place.area, factor.place.slot, step: step)
      let first = row.offset + head * factor.headStride
      return (first..<first + factor.place.columns).map { Double(row.storage[$0]) }
    }
  }

  /// What the steps of a head give one by one, in double precision.
  private struct Reference {
    let form: Form
    /// The matrices of each step: before it, decayed if decays come first, with each of its sums, and after it.
    var matrices: [(before: [Double], sums: [[Double]], after: [Double])] = []

    init(_ recurrence: MatrixRecurrence, _ signals: Signals, _ head: Int, isReversed: Bool) {
      form = signals.form
      let steps = isReversed ? form.steps.reversed() : form.steps
      var matrix = signals.values(recurrence.before, steps[0], head)
      for step in steps {
        let before = matrix
        let decay = recurrence.decay.map { signals.values($0, step, head) }
        func decayed() {
          guard let decay else { return }
          for index in matrix.indices {
            matrix[index] *= decay.count == 1 ? decay[0] : decay[index / form.columns]
          }
        }
        var isDecayed = false
        var sums: [[Double]] = []
        for addition in recurrence.additions {
          if addition.isDecayed, !isDecayed {
            decayed()
            isDecayed = true
          }
          if sums.isEmpty { sums.append(matrix) }
          let left = signals.values(addition.left, step, head)
          let right = signals.values(addition.right, step, head)
          for row in 0..<form.rows {
            for column in 0..<form.columns {
              matrix[row * form.columns + column] +=
                (addition.isNegative ? -1 : 1) * left[row] * right[column]
            }
          }
          sums.append(matrix)
        }
        if !isDecayed { decayed() }
        matrices.append((before, sums, matrix))
      }
    }

    func read(_ read: MatrixRecurrence.Read, _ index: Int, _ x: [Double]) -> [Double] {
      let isBefore = read.version == .init(isDecayed: false, additions: 0)
      let matrix =
        isBefore ? matrices[index].before : matrices[index].sums[read.version.additions]
      var y = [Double](repeating: 0, count: read.isOverRows ? form.columns : form.rows)
      for row in 0..<form.rows {
        for column in 0..<form.columns {
          let element = matrix[row * form.columns + column]
          if read.isOverRows {
            y[column] += element * x[row]
          } else {
            y[row] += element * x[column]
          }
        }
      }
      return read.isNegative ? y.map { -$0 } : y
    }
  }

  private func recurrence(
    _ form: Form, _ signals: inout Signals, isReversed: Bool, decay: MatrixRecurrence.Factor?,
    decaysLast: Bool, reads: [MatrixRecurrence.Read] = [], isSigned: Bool = false
  ) -> MatrixRecurrence {
    let (before, after) = signals.matrices(isReversed: isReversed)
    return MatrixRecurrence(
      rows: form.rows, columns: form.columns, heads: Self.heads, before: before, after: after,
      decay: decay, decays: form.decays,
      additions: (0..<form.additions).map {
        .init(
          left: signals.vectors(form.rows), right: signals.vectors(form.columns),
          isDecayed: !decaysLast, isNegative: isSigned && $0 == 1)
      }, reads: reads)
  }

  private func expectClose(_ found: [Double], _ expected: [Double], _ name: String, _ form: Form) {
    let largest = expected.reduce(1e-3) { max($0, abs($1)) }
    let worst = zip(found, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
    #expect(worst <= 1e-5 * largest, "\(name) of \(form): off by \(worst) of \(largest)")
    #expect(!found.contains { $0.isNaN }, "\(name) of \(form)")
  }

  @Test func readsAndTheLastMatrixAreThoseOfSingleSteps() {
    var generator = Philox(seed: 1)
    for _ in 0..<60 {
      let form = Form(&generator)
      var signals = Signals(form, &generator)
      let isDecayed = form.decays > 0 && !form.decaysLast
      let versions =
        [MatrixRecurrence.Version(isDecayed: false, additions: 0)]
        + (0...form.additions).map { .init(isDecayed: isDecayed, additions: $0) }
      let reads = versions.flatMap { version in
        [true, false].map { isOverRows in
          MatrixRecurrence.Read(
            x: signals.vectors(isOverRows ? form.rows : form.columns),
            y: signals.vectors(isOverRows ? form.columns : form.rows), isOverRows: isOverRows,
            of: version, isNegative: version.additions == 1)
        }
      }
      // Nearly the smallest that are allowed in every step.
      let range: ClosedRange<Float> = Bool.random(using: &generator) ? 0.08...0.1 : 0.08...1
      let decay = form.decays == 0 ? nil : signals.vectors(form.decays, in: range)
      let recurrence = recurrence(
        form, &signals, isReversed: form.isReversed, decay: decay, decaysLast: form.decaysLast,
        reads: reads, isSigned: true)
      let references = (0..<Self.heads).map {
        Reference(recurrence, signals, $0, isReversed: false)
      }
      #expect(recurrence.isMild(signals.areas, form.first, times: form.times, stride: form.stride))
      recurrence.run(
        heads: 0..<Self.heads, signals.areas, form.first, times: form.times, stride: form.stride)
      for (head, reference) in references.enumerated() {
        for (index, step) in form.steps.enumerated() {
          for read in reads {
            expectClose(
              signals.values(read.y, step, head),
              reference.read(read, index, signals.values(read.x, step, head)), "\(read)", form)
          }
        }
        expectClose(
          signals.values(recurrence.after, form.steps[form.times - 1], head),
          reference.matrices[form.times - 1].after, "the matrix", form)
      }
    }
  }

  @Test func cotangentsOfDecaysAreThoseOfTheMatrices() {
    var generator = Philox(seed: 2)
    for _ in 0..<40 {
      let form = Form(&generator)
      if form.decays == 0 { continue }
      var signals = Signals(form, &generator)
      let decay = signals.vectors(form.decays, in: 0.3...1)
      let forward = recurrence(
        form, &signals, isReversed: form.isReversed, decay: decay, decaysLast: false)
      let plain = recurrence(
        form, &signals, isReversed: !form.isReversed, decay: decay, decaysLast: !form.isBefore)
      // What is read before the step's decay is added to the cotangent after it.
      let cotangent = MatrixRecurrence.Version(
        isDecayed: false, additions: form.isBefore ? 0 : form.additions)
      let reads = forward.additions.map {
        MatrixRecurrence.Read(
          x: $0.right, y: signals.vectors(form.rows), isOverRows: false, of: cotangent)
      }
      let adjoint = MatrixRecurrence(
        rows: form.rows, columns: form.columns, heads: Self.heads, before: plain.before,
        after: plain.after, decay: decay, decays: form.decays,
        additions: plain.additions, reads: reads)
      let matrix = MatrixRecurrence.Version(
        isDecayed: !form.isBefore, additions: form.isBefore ? 0 : form.additions)
      let further = adjoint.additions.map {
        MatrixRecurrence.Read(
          x: $0.right, y: signals.vectors(form.rows), isOverRows: false, of: matrix)
      }
      let cotangents = DecayCotangents(
        matrix: adjoint.after, decay: signals.vectors(form.decays),
        growing: zip(forward.additions, reads).map {
          .init($0.left, $1.y, isForward: true, isBefore: false)
        },
        shrinking: zip(adjoint.additions, further).map {
          .init($0.left, $1.y, isForward: false, isBefore: form.isBefore)
        })
      let (heads, times, stride) = (0..<Self.heads, form.times, form.stride)
      let references = heads.map { head in
        (
          Reference(forward, signals, head, isReversed: false).matrices,
          Array(Reference(adjoint, signals, head, isReversed: true).matrices.reversed())
        )
      }
      forward.read(
        further, heads: heads, signals.areas, others: signals.areas, form.first, times: times,
        stride: stride)
      adjoint.run(heads: heads, signals.areas, form.last, times: times, stride: -stride)
      cotangents.run(
        of: forward, in: signals.areas, heads: heads, signals.areas, form.first, times: times,
        stride: stride)
      for (head, (matrices, derivatives)) in references.enumerated() {
        let expected = form.steps.indices.flatMap { index in
          let derivative =
            form.isBefore ? derivatives[index].before : derivatives[index].sums.last!
          var sums = [Double](repeating: 0, count: form.decays)
          for (place, (a, b)) in zip(matrices[index].before, derivative).enumerated() {
            sums[form.decays == 1 ? 0 : place / form.columns] += a * b
          }
          return sums
        }
        let found = form.steps.flatMap { signals.values(cotangents.decay, $0, head) }
        expectClose(found, expected, "da", form)
      }
    }
  }

  @Test func decaysThatAreNotMildAreSeen() {
    var generator = Philox(seed: 3)
    var form = Form(&generator)
    while form.decays != form.rows || form.times < 5 { form = Form(&generator) }
    for (value, isMild) in [
      (0x1p-6, true), (0x1p6, true), (0x1.fp-7, false), (0, false), (-1, false), (.nan, false),
      (0x1.1p6, false), (.infinity, false),
    ] as [(Float, Bool)] {
      var signals = Signals(form, &generator)
      let decay = signals.vectors(form.decays, in: 0.5...1)
      let recurrence = recurrence(
        form, &signals, isReversed: form.isReversed, decay: decay, decaysLast: false)
      let row = signals.areas.row(decay.place.area, .current, step: 3)
      row.storage[row.offset + form.rows + 7] = value
      #expect(
        recurrence.isMild(signals.areas, form.first, times: form.times, stride: form.stride)
          == isMild, "\(value)")
    }
  }

  /// Decays that are mild one by one, with a product that is not.
  @Test func productsThatAreNotMildAreSeen() {
    var generator = Philox(seed: 4)
    var form = Form(&generator)
    while form.decays != form.rows || form.times < 15 { form = Form(&generator) }
    for (range, isMild) in [
      (0.08...0.1, true), (0.02...0.03, false), (10...12, true), (40...60, false),
    ] as [(ClosedRange<Float>, Bool)] {
      var signals = Signals(form, &generator)
      let decay = signals.vectors(form.decays, in: range)
      let recurrence = recurrence(
        form, &signals, isReversed: form.isReversed, decay: decay, decaysLast: false)
      #expect(
        recurrence.isMild(signals.areas, form.first, times: form.times, stride: form.stride)
          == isMild, "\(range)")
    }
  }
}
