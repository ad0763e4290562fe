import TensorCore

extension SimplifiedGraph.Rule {
  /// Every rule, in the order in which they are asked.
  package static let all = [
    foldsConstants, dropsNeutralElements, dropsBroadcasts, slicesParts, joinsSlices, takesRows,
    stacksRows, dropsTransposes, simplifiesAxes, dividesOnce,
  ]

  /// A function of constants is a constant.
  static let foldsConstants = Self { operation, graph in
    guard case .apply(let function, let operands) = operation else { return nil }
    let numbers = operands.compactMap { graph.constant($0) }
    guard numbers.count == operands.count, operands.allSatisfy({ graph[$0].rows == 1 }),
      let value = function.exactValue(numbers)
    else { return nil }
    let columns = operands.map { graph[$0].columns }.max() ?? 1
    return graph.add(.constant(value, columns: columns))
  }

  /// `x + 0`, `x - 0`, `x * 1` and `x / 1` are x, `0 - x` is -x and `x * 0` is 0.
  static let dropsNeutralElements = Self { operation, graph in
    guard case .apply(let function, let operands) = operation, operands.count == 2
    else { return nil }
    let (a, b) = (operands[0], operands[1])
    let columns = max(graph[a].columns, graph[b].columns)
    // An operand of one unit that serves several of the other is not the result.
    func whole(_ id: NodeID) -> NodeID? { graph[id].columns == columns ? id : nil }
    switch (function, graph.constant(a), graph.constant(b)) {
    case (.add, 0, _), (.multiply, 1, _): return whole(b)
    case (.add, _, 0), (.subtract, _, 0), (.multiply, _, 1), (.divide, _, 1): return whole(a)
    case (.multiply, 0, _), (.multiply, _, 0):
      let isVector = graph[a].rows == 1 && graph[b].rows == 1
      return isVector ? graph.add(.constant(0, columns: columns)) : nil
    case (.subtract, 0, _): return whole(b).map { graph.add(.apply(.negate, [$0])) }
    default: return nil
    }
  }

  /// What has its width already is not repeated, and a repeated constant is a constant.
  static let dropsBroadcasts = Self { operation, graph in
    guard case .broadcast(let a, let columns) = operation else { return nil }
    if graph[a].columns == columns { return a }
    return graph.constant(a).map { graph.add(.constant($0, columns: columns)) }
  }

  /// Units of a constant, of a repeated unit, of a slice, or of one part of a concatenation are taken from
  /// where they come from.
  static let slicesParts = Self { operation, graph in
    guard case .slice(let a, let range) = operation else { return nil }
    if range == 0..<graph[a].columns { return a }
    switch graph[a].operation {
    case .constant(let value, let rows, _):
      return graph.add(.constant(value, rows: rows, columns: range.count))
    case .broadcast(let source, _): return graph.add(.broadcast(source, columns: range.count))
    case .slice(let source, let outer): return graph.add(.slice(source, range + outer.lowerBound))
    case .concatenate(let parts):
      var start = 0
      for part in parts {
        let end = start + graph[part].columns
        if start <= range.lowerBound, range.upperBound <= end {
          return graph.add(.slice(part, range + -start))
        }
        start = end
      }
      return nil
    default: return nil
    }
  }

  /// Neighbouring slices of one node, side by side, are one slice.
  static let joinsSlices = Self { operation, graph in
    guard case .concatenate(let parts) = operation else { return nil }
    if parts.count == 1 { return parts[0] }
    let joined = graph.joined(parts) { operation in
      if case .slice(let source, let range) = operation { (source, range) } else { nil }
    } make: {
      .slice($0, $1)
    }
    return joined.map { graph.add(.concatenate($0)) }
  }

  /// Rows of rows are rows of the matrix, and all rows of a matrix are the matrix.
  static let takesRows = Self { operation, graph in
    guard case .rows(let a, let range) = operation else { return nil }
    if range == 0..<graph[a].rows { return a }
    guard case .rows(let source, let outer) = graph[a].operation else { return nil }
    return graph.add(.rows(source, range + outer.lowerBound))
  }

  /// Neighbouring row blocks of one matrix, one below the other, are one block.
  static let stacksRows = Self { operation, graph in
    guard case .stack(let parts) = operation else { return nil }
    if parts.count == 1 { return parts[0] }
    let joined = graph.joined(parts) { operation in
      if case .rows(let source, let range) = operation { (source, range) } else { nil }
    } make: {
      .rows($0, $1)
    }
    return joined.map { graph.add(.stack($0)) }
  }

  /// A matrix transposed twice is the matrix.
  static let dropsTransposes = Self { operation, graph in
    guard case .transpose(let a) = operation, case .transpose(let original) = graph[a].operation
    else { return nil }
    return original
  }
}

extension SimplifiedGraph.Rule {
  /// An axis of one element is none, a constant stays one, and an axis of all units needs no axis.
  static let simplifiesAxes = Self { operation, graph in
    switch operation {
    case .spread(let a, let axis):
      if axis.count == 1 { return a }
      let columns = graph[a].columns * axis.count
      if let value = graph.constant(a) { return graph.add(.constant(value, columns: columns)) }
      return graph[a].columns == 1 ? graph.add(.broadcast(a, columns: columns)) : nil
    case .sumAlong(let a, let axis), .maximumAlong(let a, let axis):
      if axis.count == 1 { return a }
      guard axis.inner == 1, graph[a].columns == axis.count else { return nil }
      if case .sumAlong = operation { return graph.add(.sum(a)) }
      return graph.add(.maximum(a))
    default: return nil
    }
  }

  /// A quotient by repeated norms is a product with their reciprocals: each unit of a head divides by the same norm. Of
  /// another divisor, close to zero, the reciprocal could be infinite where the quotient is not.
  static let dividesOnce = Self { operation, graph in
    guard case .apply(.divide, let operands) = operation,
      case .spread(let divisor, let axis) = graph[operands[1]].operation, graph.isNorm(divisor)
    else { return nil }
    let reciprocal = graph.add(.apply(.reciprocal, [divisor]))
    return graph.add(.apply(.multiply, [operands[0], graph.add(.spread(reciprocal, axis))]))
  }
}

extension SimplifiedGraph {
  /// Whether a node is the root of a sum with a constant that keeps it from zero.
  fileprivate func isNorm(_ id: NodeID) -> Bool {
    guard case .apply(.sqrt, let root) = self[id].operation,
      case .apply(.add, let terms) = self[root[0]].operation
    else { return false }
    let least = 1e-30
    return terms.contains { constant($0).map { $0 >= least } ?? false }
  }

  /// The parts with neighbouring pieces of one node joined; nil where there are none.
  fileprivate mutating func joined(
    _ parts: [NodeID], piece: (Operation) -> (NodeID, Range<Int>)?,
    make: (NodeID, Range<Int>) -> Operation
  ) -> [NodeID]? {
    var result: [NodeID] = []
    for part in parts {
      if let last = result.last, let (source, range) = piece(self[last].operation),
        let (same, next) = piece(self[part].operation), source == same,
        range.upperBound == next.lowerBound
      {
        result[result.count - 1] = add(make(source, range.lowerBound..<next.upperBound))
      } else {
        result.append(part)
      }
    }
    return result.count < parts.count ? result : nil
  }
}

extension Range<Int> {
  /// The range moved by an offset.
  fileprivate static func + (range: Range<Int>, offset: Int) -> Range<Int> {
    range.lowerBound + offset..<range.upperBound + offset
  }
}

extension ElementwiseFunction {
  /// The value of a function that IEEE 754 rounds the same way everywhere; nil for the others, which the
  /// elementwise machine computes once a pass.
  fileprivate func exactValue(_ x: [Double]) -> Double? {
    switch self {
    case .copy: x[0]
    case .negate: -x[0]
    case .sqrt: x[0].squareRoot()
    case .add: x[0] + x[1]
    case .subtract: x[0] - x[1]
    case .multiply: x[0] * x[1]
    case .divide: x[0] / x[1]
    case .maximum: max(x[0], x[1])
    case .minimum: min(x[0], x[1])
    default: nil
    }
  }
}
