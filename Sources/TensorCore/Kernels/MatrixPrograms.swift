internal import CTensorKernels

/// Programs over a head's matrices that compute sums of matrices, decayed or not, and outer products.
struct MatrixPrograms {
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
  let forms: [Place: Form]
  /// The state after a step.
  let after: (place: Place, linear: Linear)

  /// Nil where a program does something else.
  init?(_ head: [Step].Head, _ tile: Step.Tile) {
    var forms: [Place: Form] = [:]
    for (index, step) in head.steps.enumerated() {
      guard case .program(let program) = step, program.tile == tile else { continue }
      guard Self.run(program, head, index, &forms) else { return nil }
    }
    self.forms = forms
    let last = forms.filter { $0.key.slot == .next }
    guard last.count == 1, let (place, form) = last.first, case .linear(let linear) = form else {
      return nil
    }
    after = (place, linear)
  }

  /// How a step changes its matrix; nil where it is not by these products.
  var update: Linear? {
    let (place, linear) = after
    guard linear.matrix.place.slot == .previous,
      linear.matrix.place.area == place.area, !linear.isNegative,
      1...Int(CTK_RECURRENCE_MOST_ADDITIONS) ~= linear.additions.count,
      linear.additions.allSatisfy({ $0.left.stride == 1 })
    else { return nil }
    return linear
  }

  /// The matrix that a step goes through; nil where it goes through vectors.
  func matrix(at factor: Factor) -> Linear? {
    if case .linear(let linear)? = forms[factor.place] { return linear }
    let matrix = after.linear.matrix
    return matrix.place == factor.place ? Linear(matrix: matrix) : nil
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

extension [Step].Head {
  /// A place of a step.
  func factor(_ step: Int, _ place: Int) -> MatrixRecurrence.Factor {
    MatrixRecurrence.Factor(steps[step].places[place], headStride: strides[step][place])
  }

  /// Some places of a step.
  func factors(_ step: Int, _ places: [Place]) -> [MatrixRecurrence.Factor] {
    zip(steps[step].places, strides[step]).filter { places.contains($0.0) }.map {
      MatrixRecurrence.Factor($0, headStride: $1)
    }
  }
}

extension Step.Tile {
  var units: Int { rows * columns }
}

extension Step {
  /// The matrices of a program.
  var programTile: Tile? {
    if case .program(let program) = self { program.tile } else { nil }
  }
}
