internal import CTensorKernels

/// Finding recurrences of matrices among steps.
extension MatrixRecurrence {
  /// The recurrence that some steps are, which hand a matrix on from step to step; nil where they are anything else.
  ///
  /// - Parameters:
  ///   - scratch: the areas of matrices that no step outside of these uses.
  ///   - memory: a number of each area that is equal for areas that share memory.
  package init?(_ steps: [Step], scratch: Set<Int>, memory: (Int) -> Int) {
    guard let (head, heads) = steps.inTiles(scratch: scratch, memory: memory),
      let tile = head.steps.compactMap(\.programTile).max(by: { $0.units < $1.units }),
      Self.sizes.contains(tile.rows), Self.sizes.contains(tile.columns),
      let programs = MatrixPrograms(head, tile), let update = programs.update
    else { return nil }
    let written = programs.forms.keys.filter { $0 != programs.after?.place }
    guard written.allSatisfy({ scratch.contains($0.area) }),
      var parts = Parts(head, tile, programs, update)
    else { return nil }
    guard parts.sort(update, head, heads) else { return nil }
    self.init(
      rows: tile.rows, columns: tile.columns, heads: heads, before: update.matrix,
      after: Factor(programs.after!.place, headStride: update.matrix.headStride),
      decay: update.decay?.factor,
      decays: update.decay.map { $0.stride == 0 ? 1 : tile.rows } ?? 0,
      additions: parts.additions, sequence: parts.sequence,
      reads: parts.reads, innerProducts: parts.innerProducts, foreignReads: parts.foreignReads)
  }

  /// What steps do besides the programs that update the matrix.
  private struct Parts {
    var additions: [Addition] = []
    var sequence: Sequence?
    var reads: [Read] = []
    var innerProducts: [InnerProduct] = []
    var foreignReads: [ForeignRead] = []
    /// The numbers of the steps over vectors, and of those that read.
    private var vectors: [Int] = []
    private var readers: [Int] = []

    init?(
      _ head: [Step].Head, _ tile: Step.Tile, _ programs: MatrixPrograms,
      _ update: MatrixPrograms.Linear
    ) {
      for (index, step) in head.steps.enumerated() where step.programTile != tile {
        guard let linear = programs.matrix(at: head.factor(index, 0)) else {
          vectors.append(index)
          continue
        }
        let (x, y) = (head.factor(index, 1), head.factor(index, 2))
        guard let version = update.version(linear) else {
          guard case .rowProducts(_, _, tile, areBothMatrices: false, _) = step,
            linear.additions.isEmpty, !linear.isNegative, linear.matrix != update.matrix
          else { return nil }
          foreignReads.append(
            ForeignRead(matrix: linear.matrix, decay: linear.decay?.factor, x: x, y: y))
          continue
        }
        switch step {
        case .weightedRows(_, _, tile, _):
          reads.append(
            Read(x: x, y: y, isOverRows: true, of: version, isNegative: linear.isNegative))
          readers.append(index)
        case .rowProducts(_, _, tile, areBothMatrices: false, _):
          reads.append(
            Read(x: x, y: y, isOverRows: false, of: version, isNegative: linear.isNegative))
          readers.append(index)
        case .rowProducts(_, _, _, areBothMatrices: true, _) where !linear.isNegative:
          innerProducts.append(InnerProduct(version: version, other: x, sums: y))
        default: return nil
        }
      }
    }

    /// Finds which reads and steps over vectors late additions depend on; false where the products can't do them.
    mutating func sort(_ update: MatrixPrograms.Linear, _ head: [Step].Head, _ heads: Int) -> Bool {
      func overlaps(_ factors: [Factor], _ others: [Factor]) -> Bool {
        factors.contains { a in others.contains { a.overlaps($0, heads: heads) } }
      }
      let taken = vectors.flatMap { head.factors($0, head.steps[$0].places) }
      let given = vectors.flatMap { head.factors($0, head.steps[$0].written) }
      let rights = update.additions.map(\.right)
      let isEarly = reads.map { overlaps([$0.y], taken + rights) }
      let early = zip(reads, isEarly).filter(\.1).map(\.0)
      additions = update.additions.map {
        Addition(
          left: $0.left.factor, right: $0.right, isDecayed: $0.isDecayed, isNegative: $0.isNegative,
          isLate: overlaps([$0.right], given + early.map(\.y)))
      }
      let known =
        additions.map(\.left) + (update.decay.map { [$0.factor] } ?? []) + early.map(\.x)
        + additions.filter { !$0.isLate }.map(\.right)
      let results =
        given + reads.map(\.y) + innerProducts.map(\.sums) + foreignReads.map(\.y)
      let late = zip(reads, isEarly).filter { !$0.1 }.map(\.0)
      let elsewhere = innerProducts.map(\.sums) + foreignReads.map(\.y)
      let canDo =
        !overlaps(known, results) && !overlaps(late.map(\.y) + elsewhere, taken)
        && !overlaps(late.map(\.x), elsewhere) && early.allSatisfy(\.isOverRows)
        && early.count <= Int(CTK_RECURRENCE_MOST_EARLY_READS)
        && (vectors.isEmpty || !early.isEmpty)
      guard canDo else { return false }
      if early.isEmpty { return true }
      let numbers = zip(readers, isEarly).filter(\.1).map(\.0)
      let events = (numbers + vectors).sorted().map { index in
        numbers.firstIndex(of: index).map { Sequence.Event.read($0) }
          ?? .vectors(vectors.firstIndex(of: index)!)
      }
      let chosen = head.choosing(vectors)
      sequence = Sequence(
        events: events, reads: early, vectors: StepSequence(chosen.steps, head: chosen))
      reads = late
      return true
    }
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

  /// Some places of a step.
  fileprivate func factors(_ step: Int, _ places: [Place]) -> [MatrixRecurrence.Factor] {
    zip(steps[step].places, strides[step]).filter { places.contains($0.0) }.map {
      MatrixRecurrence.Factor($0, headStride: $1)
    }
  }
}

extension Step.Tile {
  fileprivate var units: Int { rows * columns }
}

extension Step {
  /// The matrices of a program.
  fileprivate var programTile: Tile? {
    if case .program(let program) = self { program.tile } else { nil }
  }
}

/// Programs over a head's matrices that compute sums of matrices, decayed or not, and outer products.
private struct MatrixPrograms {
  typealias Factor = MatrixRecurrence.Factor

  /// The numbers of a matrix's rows.
  struct Row: Hashable {
    var factor: Factor
    /// The floats from one row's to the next one's: 0 or 1.
    var stride: Int
  }

  struct Outer: Hashable {
    var left: Row
    var right: Factor
    var isDecayed = false
    var isNegative = false
  }

  /// A matrix, its decay, and what is added before and after that; or minus all of it.
  struct Linear: Hashable {
    var matrix: Factor
    var decay: Row?
    var additions: [Outer] = []
    var isNegative = false

    /// Which version of this matrix another one is, but for its sign; nil for none.
    func version(_ other: Linear) -> MatrixRecurrence.Version? {
      guard other.matrix == matrix, other.decay == nil || other.decay == decay,
        other.additions == Array(additions.prefix(other.additions.count))
      else { return nil }
      return .init(isDecayed: other.decay != nil, additions: other.additions.count)
    }

    func adding(_ outer: Outer, isNegative: Bool = false) -> Form? {
      if self.isNegative { return nil }
      var (sum, outer) = (self, outer)
      (outer.isDecayed, outer.isNegative) = (decay != nil, isNegative)
      sum.additions.append(outer)
      return .linear(sum)
    }
  }

  /// What a register or a matrix holds.
  enum Form: Hashable {
    case row(Row)
    case column(Factor)
    case outer(Outer)
    case linear(Linear)

    static func * (a: Form, b: Form) -> Form? {
      switch (a, b) {
      case (.row(let left), .column(let right)), (.column(let right), .row(let left)):
        return .outer(Outer(left: left, right: right))
      case (.row(let row), .linear(var linear)), (.linear(var linear), .row(let row)):
        if linear.decay != nil || linear.isNegative { return nil }
        linear.decay = row
        return .linear(linear)
      default: return nil
      }
    }

    static func + (a: Form, b: Form) -> Form? {
      switch (a, b) {
      case (.outer(let outer), .linear(let linear)), (.linear(let linear), .outer(let outer)):
        linear.adding(outer)
      default: nil
      }
    }

    static func - (a: Form, b: Form) -> Form? {
      if case (.linear(let linear), .outer(let outer)) = (a, b) {
        linear.adding(outer, isNegative: true)
      } else {
        nil
      }
    }

    static prefix func - (a: Form) -> Form? {
      guard case .linear(var linear) = a else { return nil }
      linear.isNegative.toggle()
      return .linear(linear)
    }
  }

  /// What the programs write, by place.
  private(set) var forms: [Place: Form] = [:]
  /// The state after a step.
  private(set) var after: (place: Place, linear: Linear)?

  /// Nil where a program does something else.
  init?(_ head: [Step].Head, _ tile: Step.Tile) {
    for (index, step) in head.steps.enumerated() {
      guard case .program(let program) = step, program.tile == tile else { continue }
      guard run(program, head, index) else { return nil }
    }
    let last = forms.filter { $0.key.slot == .next }
    guard last.count == 1, let (place, form) = last.first, case .linear(let linear) = form else {
      return nil
    }
    after = (place, linear)
  }

  /// How a step changes its matrix; nil where it is not by these products.
  var update: Linear? {
    guard let (place, linear) = after, linear.matrix.place.slot == .previous,
      linear.matrix.place.area == place.area, !linear.isNegative,
      1...Int(CTK_RECURRENCE_MOST_ADDITIONS) ~= linear.additions.count,
      linear.additions.allSatisfy({ $0.left.stride == 1 })
    else { return nil }
    return linear
  }

  /// The matrix that a step goes through; nil where it goes through vectors.
  func matrix(at factor: Factor) -> Linear? {
    if case .linear(let linear)? = forms[factor.place] { return linear }
    return after.flatMap {
      $0.linear.matrix.place == factor.place ? Linear(matrix: $0.linear.matrix) : nil
    }
  }

  /// Adds what a program writes; false where it does something else.
  private mutating func run(
    _ program: Step.Program, _ head: [Step].Head, _ index: Int
  ) -> Bool {
    var registers: [UInt8: Form] = [:]
    func loaded(_ operand: Int) -> Form? {
      let (factor, strides) = (head.factor(index, operand), program.strides[operand])
      if strides.column == 0 {
        return strides.row > 1 ? nil : .row(Row(factor: factor, stride: strides.row))
      }
      if strides.row == 0 { return .column(factor) }
      return forms[factor.place] ?? .linear(Linear(matrix: factor))
    }
    for instruction in program.program.instructions {
      switch instruction {
      case .load(let operand, let register): registers[register] = loaded(Int(operand))
      case .apply(let function, let x, let register):
        let values = x.compactMap { registers[$0] }
        guard values.count == x.count else { return false }
        switch function {
        case .multiply: registers[register] = values[0] * values[1]
        case .add: registers[register] = values[0] + values[1]
        case .subtract: registers[register] = values[0] - values[1]
        case .negate: registers[register] = -values[0]
        default: return false
        }
      case .store(let register, let operand):
        guard let form = registers[register] else { return false }
        forms[program.operands[Int(operand)]] = form
      case .constant: return false
      }
    }
    return true
  }
}
