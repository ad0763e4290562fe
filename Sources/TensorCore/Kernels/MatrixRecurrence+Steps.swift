/// Finding recurrences of matrices among steps.
extension MatrixRecurrence {
  /// The recurrence that some steps are, which hand a matrix on from step to step; nil where they are anything else.
  ///
  /// - Parameters:
  ///   - scratch: the areas of matrices that no step outside of these uses.
  ///   - memory: a number of each area that is equal for areas that share memory.
  package init?(_ steps: [Step], scratch: Set<Int>, memory: (Int) -> Int) {
    guard let (head, heads) = steps.inTiles(scratch: scratch, memory: memory),
      let tile = head.steps.lazy.compactMap(\.programTile).first, Self.sizes.contains(tile.rows),
      Self.sizes.contains(tile.columns), let update = MatrixUpdate(head, tile)
    else { return nil }
    let written = update.forms.keys.filter { $0 != update.after.place }
    guard written.allSatisfy({ scratch.contains($0.area) }) else { return nil }
    var reads: [Read] = []
    var innerProducts: [InnerProduct] = []
    for (index, step) in head.steps.enumerated() where step.programTile == nil {
      guard let isBefore = update.isRead(step.places[0]) else { return nil }
      let (x, y) = (head.factor(index, 1), head.factor(index, 2))
      switch step {
      case .weightedRows(_, _, tile, _):
        reads.append(Read(x: x, y: y, isOverRows: true, isBefore: isBefore))
      case .rowProducts(_, _, tile, areBothMatrices: false, _):
        reads.append(Read(x: x, y: y, isOverRows: false, isBefore: isBefore))
      case .rowProducts(_, _, _, areBothMatrices: true, _):
        innerProducts.append(InnerProduct(other: x, sums: y))
      default: return nil
      }
    }
    self.init(
      rows: tile.rows, columns: tile.columns, heads: heads, before: update.before,
      after: update.after, left: update.left, right: update.right, decay: update.decay,
      decays: update.decay == nil ? 0 : update.hasOneDecay ? 1 : tile.rows,
      decaysLast: update.decaysLast, reads: reads, innerProducts: innerProducts)
    if dependsOnItsReads { return nil }
  }

  /// Whether a step's factors are what it reads of the matrix, as by the delta rule: then one step follows the other.
  private var dependsOnItsReads: Bool {
    let given = [left, right] + (decay.map { [$0] } ?? []) + reads.map(\.x)
    let results = reads.map(\.y) + innerProducts.map(\.sums)
    return given.contains { factor in results.contains { $0.overlaps(factor, heads: heads) } }
  }
}

extension MatrixRecurrence.Factor {
  /// Whether the parts of some heads have units in common.
  fileprivate func overlaps(_ other: Self, heads: Int) -> Bool {
    func units(_ factor: Self) -> Range<Int> {
      let first = factor.place.offset
      return first..<first + factor.headStride * (heads - 1) + factor.place.columns
    }
    return place.area == other.place.area && units(self).overlaps(units(other))
  }
}

extension [Step].Head {
  /// A place of a step.
  fileprivate func factor(_ step: Int, _ place: Int) -> MatrixRecurrence.Factor {
    MatrixRecurrence.Factor(steps[step].places[place], headStride: strides[step][place])
  }
}

extension Step {
  /// The matrices of a program.
  fileprivate var programTile: Tile? {
    if case .program(let program) = self { program.tile } else { nil }
  }
}

/// Programs that write `diag(a) S + k vᵀ` or `diag(a) (S + k vᵀ)`, and what else they compute on the way.
private struct MatrixUpdate {
  typealias Factor = MatrixRecurrence.Factor

  /// What the programs write, by place.
  private(set) var forms: [Place: Form] = [:]
  let before, after, left, right: Factor
  let decay: Factor?
  let decaysLast: Bool
  /// Whether all rows have the same decay.
  let hasOneDecay: Bool
  /// The matrix once `k vᵀ` is added.
  private let updated: Form

  /// What a register or a matrix holds.
  enum Form: Hashable {
    /// A number for each row, or one for all.
    case row(Row)
    case column(Factor)
    case matrix(Factor)
    case outer(left: Row, right: Factor)
    case scaled(by: Row, Factor)
    case sum(decay: Row?, matrix: Factor, left: Row, right: Factor)
    case scaledSum(by: Row, matrix: Factor, left: Row, right: Factor)

    static func * (a: Form, b: Form) -> Form? {
      switch (a, b) {
      case (.row(let left), .column(let right)), (.column(let right), .row(let left)):
        .outer(left: left, right: right)
      case (.row(let row), .matrix(let matrix)), (.matrix(let matrix), .row(let row)):
        .scaled(by: row, matrix)
      case (.row(let row), .sum(nil, let matrix, let left, let right)),
        (.sum(nil, let matrix, let left, let right), .row(let row)):
        .scaledSum(by: row, matrix: matrix, left: left, right: right)
      default: nil
      }
    }

    static func + (a: Form, b: Form) -> Form? {
      switch (a, b) {
      case (.outer(let left, let right), .matrix(let matrix)),
        (.matrix(let matrix), .outer(let left, let right)):
        .sum(decay: nil, matrix: matrix, left: left, right: right)
      case (.outer(let left, let right), .scaled(let row, let matrix)),
        (.scaled(let row, let matrix), .outer(let left, let right)):
        .sum(decay: row, matrix: matrix, left: left, right: right)
      default: nil
      }
    }
  }

  /// The numbers of a matrix's rows.
  struct Row: Hashable {
    var factor: Factor
    /// The floats from one row's to the next one's: 0 or 1.
    var stride: Int
  }

  init?(_ head: [Step].Head, _ tile: Step.Tile) {
    var forms: [Place: Form] = [:]
    for (index, step) in head.steps.enumerated() {
      guard case .program(let program) = step else { continue }
      guard program.tile == tile, Self.run(program, head, index, &forms) else { return nil }
    }
    let last = forms.filter { $0.key.slot == .next }
    guard last.count == 1, let (place, form) = last.first else { return nil }
    let decay: Row?
    let left: Row
    switch form {
    case .sum(let row, let matrix, let factor, let right):
      (decay, before, left, self.right) = (row, matrix, factor, right)
      (updated, decaysLast) = (form, false)
    case .scaledSum(let row, let matrix, let factor, let right):
      (decay, before, left, self.right) = (row, matrix, factor, right)
      updated = .sum(decay: nil, matrix: matrix, left: factor, right: right)
      decaysLast = true
    default: return nil
    }
    guard before.place.slot == .previous, before.place.area == place.area, left.stride == 1 else {
      return nil
    }
    (self.left, self.decay) = (left.factor, decay?.factor)
    hasOneDecay = decay?.stride == 0
    after = Factor(place, headStride: before.headStride)
    self.forms = forms
  }

  /// Whether a matrix is that before the step; nil where it is neither that nor the one with `k vᵀ` added.
  func isRead(_ place: Place) -> Bool? {
    if place == before.place { return true }
    return forms[place] == updated ? false : nil
  }

  /// Adds what a program writes; false where it does something else.
  private static func run(
    _ program: Step.Program, _ head: [Step].Head, _ index: Int, _ forms: inout [Place: Form]
  ) -> Bool {
    var registers: [UInt8: Form] = [:]
    func loaded(_ operand: Int) -> Form? {
      let (factor, strides) = (head.factor(index, operand), program.strides[operand])
      if strides.column == 0 {
        return strides.row > 1 ? nil : .row(Row(factor: factor, stride: strides.row))
      }
      return strides.row == 0 ? .column(factor) : forms[factor.place] ?? .matrix(factor)
    }
    for instruction in program.program.instructions {
      switch instruction {
      case .load(let operand, let register): registers[register] = loaded(Int(operand))
      case .apply(.multiply, let x, let register):
        guard let a = registers[x[0]], let b = registers[x[1]] else { return false }
        registers[register] = a * b
      case .apply(.add, let x, let register):
        guard let a = registers[x[0]], let b = registers[x[1]] else { return false }
        registers[register] = a + b
      case .store(let register, let operand):
        guard let form = registers[register] else { return false }
        forms[program.operands[Int(operand)]] = form
      case .constant, .apply: return false
      }
    }
    return true
  }
}
