import TensorCore

/// Finds one text for a cell's graphs at several sizes: numbers that differ are stated in terms of I and H.
struct Generalization {
  /// The sizes of a graph.
  struct Sizes: Hashable {
    var input: Int
    var hidden: Int
  }

  private let sizes: [Sizes]

  /// The common form of definitions for the given sizes; nil if they differ in more than numbers, or if a number is
  /// none of the known functions of I and H.
  static func common(_ definitions: [(Sizes, CellDefinition)]) -> CellDefinition? {
    let form = Generalization(sizes: definitions.map(\.0))
    var skeletons = Set<CellDefinition>()
    var numbers: [[Double]] = []
    for (_, definition) in definitions {
      var found: [Double] = []
      skeletons.insert(
        definition.mapNumbers { number, _ in
          found.append(number)
          return .number(0)
        })
      numbers.append(found)
    }
    guard skeletons.count == 1, let first = definitions.first?.1 else { return nil }
    var index = 0
    var isComplete = true
    let result = first.mapNumbers { _, isSignal in
      let values = numbers.map { $0[index] }
      index += 1
      guard let term = form.term(values) else {
        isComplete = false
        return .number(0)
      }
      return isSignal && term.number == nil ? Term(.word(Word.constant), [term]) : term
    }
    return isComplete ? result : nil
  }

  /// The number or expression that has these values at the sizes.
  private func term(_ values: [Double]) -> Term? {
    if values.allSatisfy({ $0 == values[0] }) {
      return .number(values[0])
    }
    func fits(_ term: Term) -> Bool {
      zip(sizes, values).allSatisfy { Self.value(term, $0) == $1 }
    }
    if let linear = linear(values), fits(linear) { return linear }
    return candidates(values).first(where: fits)
  }

  private func candidates(_ values: [Double]) -> [Term] {
    var result: [Term] = []
    let one = Term.number(1)
    for (form, isFromOne) in [(values, false), (values.map { 1 - $0 }, true)] {
      let (size, isNegative) = (form.map { abs($0) }, form[0] < 0)
      var found: [Term] = []
      if let square = linear(Self.short(size.map { $0 * $0 }), most: 8) {
        found.append(Term(.function(.sqrt), [square]))
      }
      for (width, term) in [
        (sizes[0].hidden, Term.hiddenSize), (sizes[0].input, Term.inputSize),
      ] {
        found += quotients(size[0], isNegative: isNegative, width: Double(width), term)
      }
      if isNegative { found += found.map { Term(.function(.negate), [$0]) } }
      result += isFromOne ? found.map { .infix(.subtract, one, $0) } : found
    }
    return result
  }

  /// Quotients of numbers and a width or its root, and roots of quotients, which may be a value at the first size.
  private func quotients(
    _ value: Double, isNegative: Bool, width: Double, _ term: Term
  ) -> [Term] {
    var found: [Term] = []
    func root(_ term: Term) -> Term { Term(.function(.sqrt), [term]) }
    for (divisor, width) in [(term, width), (root(term), width.squareRoot())] {
      let numerator = Self.short([value * width])[0]
      for sign in isNegative ? [-1.0, 1] : [1.0] {
        found.append(.infix(.divide, .number(sign * numerator), divisor))
      }
    }
    let square = value * value * width
    found.append(root(.infix(.divide, .number(Self.short([square])[0]), term)))
    // 1 / sqrt(2 H), sqrt(2 / (5 I)).
    for numerator in 1...8 {
      let factor = Double(numerator) / square
      guard factor > 0.5, abs(factor - factor.rounded()) < 1e-9 else { continue }
      let divisor = Term.infix(.multiply, .number(factor.rounded()), term)
      if numerator == 1 { found.append(.infix(.divide, .number(1), root(divisor))) }
      found.append(root(.infix(.divide, .number(Double(numerator)), divisor)))
    }
    return found
  }

  /// Numbers that may be off by a rounding, as short ones.
  private static func short(_ values: [Double]) -> [Double] {
    values.map { ($0 * 1e6).rounded() / 1e6 }
  }

  /// a I + b H + c through the first sizes, with short fractions a and b.
  private func linear(_ values: [Double], most: Int = 4096) -> Term? {
    let first = sizes[0]
    var (a, b) = (0.0, 0.0)
    if let other = sizes.indices.first(where: {
      sizes[$0].hidden == first.hidden && sizes[$0].input != first.input
    }) {
      a = (values[other] - values[0]) / Double(sizes[other].input - first.input)
    }
    if let other = sizes.indices.first(where: {
      sizes[$0].hidden != first.hidden
        && (sizes[$0].input == first.input || sizes[$0].input == sizes[$0].hidden)
    }) {
      b = (values[other] - values[0]) / Double(sizes[other].hidden - first.hidden)
    }
    var sum: Term?
    for (factor, size) in [(a, Term.inputSize), (b, Term.hiddenSize)] where factor != 0 {
      guard let part = Self.multiple(abs(factor), size, most: most) else { return nil }
      if let known = sum {
        sum = .infix(factor < 0 ? .subtract : .add, known, part)
      } else {
        sum = factor < 0 ? Term(.function(.negate), [part]) : part
      }
    }
    guard let sum else { return nil }
    let rest = values[0] - Self.value(sum, first)
    guard rest == rest.rounded() else { return nil }
    if rest == 0 { return sum }
    return .infix(rest < 0 ? .subtract : .add, sum, .number(abs(rest)))
  }

  /// H, 3 * H, H / 2 or 3 * H / 2.
  private static func multiple(_ factor: Double, _ size: Term, most: Int) -> Term? {
    guard
      let divisor = (1...most).first(where: {
        let product = factor * Double($0)
        return abs(product - product.rounded()) < 1e-9 && product.rounded() > 0
      })
    else { return nil }
    let numerator = (factor * Double(divisor)).rounded()
    let product = numerator == 1 ? size : .infix(.multiply, .number(numerator), size)
    return divisor == 1 ? product : .infix(.divide, product, .number(Double(divisor)))
  }

  private static func value(_ term: Term, _ sizes: Sizes) -> Double {
    if let number = term.number { return number }
    if term == .inputSize { return Double(sizes.input) }
    if term == .hiddenSize { return Double(sizes.hidden) }
    let x = term.parts.map { value($0, sizes) }
    switch term.head {
    case .function(.add): return x[0] + x[1]
    case .function(.subtract): return x[0] - x[1]
    case .function(.multiply): return x[0] * x[1]
    case .function(.divide): return x[0] / x[1]
    case .function(.negate): return -x[0]
    case .function(.sqrt): return x[0].squareRoot()
    default: return .nan
    }
  }
}

extension CellDefinition {
  /// The definition with other terms for its numbers, in a fixed order; the second argument says whether the number is
  /// a signal.
  func mapNumbers(_ transform: (Double, Bool) -> Term) -> CellDefinition {
    var result = self
    for index in result.states.indices {
      result.states[index].shape = states[index].shape.map {
        $0.mapNumbers(isSignal: false, transform)
      }
    }
    for index in result.parameters.indices {
      result.parameters[index].shape = parameters[index].shape.map {
        $0.mapNumbers(isSignal: false, transform)
      }
      result.parameters[index].start?.numbers =
        parameters[index].start?.numbers.map { $0.mapNumbers(isSignal: false, transform) } ?? []
    }
    for index in result.equations.indices {
      result.equations[index].term = equations[index].term.mapNumbers(isSignal: true, transform)
    }
    return result
  }
}

extension Term {
  fileprivate func mapNumbers(isSignal: Bool, _ transform: (Double, Bool) -> Term) -> Term {
    if let number { return transform(number, isSignal) }
    let parts = parts.enumerated().map { index, part in
      var isSignal = isSignal
      if case .word(let word) = head {
        switch word.argument(index) {
        case .number, .size: isSignal = false
        case .signal, .matrix: isSignal = true
        }
      }
      return part.mapNumbers(isSignal: isSignal, transform)
    }
    return Term(head, parts, at: place.value)
  }
}
