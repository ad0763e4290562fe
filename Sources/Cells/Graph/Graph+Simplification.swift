import TensorCore

extension Graph {
  /// A node that is there already, or a constant, with the same value as the operation.
  mutating func simplified(_ operation: Operation) -> NodeID? {
    switch operation {
    case .apply(let function, let operands): return simplifiedApply(function, operands)
    case .broadcast(let a, let columns) where self[a].columns == columns: return a
    case .broadcast(let a, let columns):
      if let value = constant(a) { return add(.constant(value, columns: columns)) }
      return nil
    case .slice(let a, let range): return simplifiedSlice(a, range)
    case .concatenate(let parts) where parts.count == 1: return parts[0]
    case .concatenate(let parts): return joined(parts)
    case .rows(let a, let range): return simplifiedRows(a, range)
    case .stack(let parts): return stacked(parts)
    case .transpose(let a):
      if case .transpose(let original) = self[a].operation { return original }
      return nil
    default: return nil
    }
  }

  /// The value of a constant node.
  package func constant(_ id: NodeID) -> Double? {
    if case .constant(let value, _, _) = self[id].operation { value } else { nil }
  }

  private mutating func simplifiedApply(
    _ function: ElementwiseFunction, _ operands: [NodeID]
  ) -> NodeID? {
    let constants = operands.compactMap(constant)
    let columns = operands.map { self[$0].columns }.max() ?? 1
    if constants.count == operands.count, operands.allSatisfy({ self[$0].rows == 1 }) {
      return add(.constant(function.evaluated(constants), columns: columns))
    }
    guard operands.count == 2 else { return nil }
    let (a, b) = (operands[0], operands[1])
    func whole(_ id: NodeID) -> NodeID? { self[id].columns == columns ? id : nil }
    switch (function, constant(a), constant(b)) {
    case (.add, 0, _), (.multiply, 1, _): return whole(b)
    case (.add, _, 0), (.subtract, _, 0), (.multiply, _, 1), (.divide, _, 1): return whole(a)
    case (.multiply, 0, _), (.multiply, _, 0):
      return self[a].rows == 1 && self[b].rows == 1 ? add(.constant(0, columns: columns)) : nil
    case (.subtract, 0, _): return add(.apply(.negate, [b]))
    default: return nil
    }
  }

  private mutating func simplifiedSlice(_ a: NodeID, _ range: Range<Int>) -> NodeID? {
    if range == 0..<self[a].columns { return a }
    switch self[a].operation {
    case .constant(let value, let rows, _):
      return add(.constant(value, rows: rows, columns: range.count))
    case .broadcast(let source, _): return add(.broadcast(source, columns: range.count))
    case .slice(let source, let outer):
      let start = outer.lowerBound + range.lowerBound
      return add(.slice(source, start..<start + range.count))
    case .concatenate(let parts):
      var start = 0
      for part in parts {
        let end = start + self[part].columns
        if start <= range.lowerBound, range.upperBound <= end {
          return add(.slice(part, range.lowerBound - start..<range.upperBound - start))
        }
        start = end
      }
      return nil
    default: return nil
    }
  }

  private mutating func simplifiedRows(_ a: NodeID, _ range: Range<Int>) -> NodeID? {
    if range == 0..<self[a].rows { return a }
    if case .rows(let source, let outer) = self[a].operation {
      let start = outer.lowerBound + range.lowerBound
      return add(.rows(source, start..<start + range.count))
    }
    return nil
  }

  /// Neighbouring slices of one node become one slice.
  private mutating func joined(_ parts: [NodeID]) -> NodeID? {
    var result: [NodeID] = []
    for part in parts {
      if let last = result.last, case .slice(let source, let range) = self[last].operation,
        case .slice(source, let next) = self[part].operation, range.upperBound == next.lowerBound
      {
        result[result.count - 1] = add(.slice(source, range.lowerBound..<next.upperBound))
      } else {
        result.append(part)
      }
    }
    return result.count < parts.count ? add(.concatenate(result)) : nil
  }

  /// Neighbouring row blocks of one matrix become one block.
  private mutating func stacked(_ parts: [NodeID]) -> NodeID? {
    if parts.count == 1 { return parts[0] }
    var result: [NodeID] = []
    for part in parts {
      if let last = result.last, case .rows(let source, let range) = self[last].operation,
        case .rows(source, let next) = self[part].operation, range.upperBound == next.lowerBound
      {
        result[result.count - 1] = add(.rows(source, range.lowerBound..<next.upperBound))
      } else {
        result.append(part)
      }
    }
    return result.count < parts.count ? add(.stack(result)) : nil
  }
}
