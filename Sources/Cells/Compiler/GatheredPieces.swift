/// Rows of a gathered value that are one outer product or one total over a single step of a single sample:
///
///     value(i, j) = left(i) * right(j)
///
/// The left factor is a cotangent. The right one is a signal of the forward pass: no product of one group is transposed.
struct GatheredPiece {
  /// The node that computes it, maybe with more rows.
  var node: NodeID
  /// The value's rows i, of as many elements as it has columns j.
  var rows: Range<Int>
  var columns: Int
  var left: NodeID
  /// The left factor's units.
  var units: Range<Int>
  /// Nil where it is 1, and the left factor is the value.
  var right: NodeID?

  /// The part within some of the value's elements, which begin with the first.
  fileprivate func cut(to elements: Range<Int>) -> GatheredPiece? {
    let kept = rows.clamped(to: elements.lowerBound / columns..<elements.upperBound / columns)
    if kept.isEmpty { return nil }
    var part = self
    let start = units.lowerBound - rows.lowerBound
    part.units = start + kept.lowerBound..<start + kept.upperBound
    part.rows = kept
    return part.moved(by: -elements.lowerBound)
  }

  fileprivate func moved(by elements: Int) -> GatheredPiece {
    var part = self
    let count = elements / columns
    part.rows = rows.lowerBound + count..<rows.upperBound + count
    return part
  }
}

extension SimplifiedGraph {
  /// The pieces of a gathered value, in the order of its rows. What is neither a product nor a total is its own left factor.
  func gatheredPieces(of id: NodeID) -> [GatheredPiece] {
    let node = self[id]
    func piece(_ left: NodeID, _ right: NodeID? = nil) -> [GatheredPiece] {
      let columns = right == nil ? 1 : node.columns
      let rows = 0..<node.rows * node.columns / columns
      return [
        GatheredPiece(
          node: id, rows: rows, columns: columns, left: left, units: rows, right: right)
      ]
    }
    func part(of source: NodeID, _ elements: Range<Int>) -> [GatheredPiece] {
      gatheredPieces(of: source).compactMap { $0.cut(to: elements) }
    }
    switch node.operation {
    case .outer(let a, let b, groups: 1): return piece(a, b)
    case .total(let a): return piece(a)
    case .stack(let parts): return pieces(ofAll: parts)
    case .concatenate(let parts) where node.rows == 1: return pieces(ofAll: parts)
    case .rows(let a, let range):
      return part(of: a, range.lowerBound * node.columns..<range.upperBound * node.columns)
    case .slice(let a, let range) where node.rows == 1: return part(of: a, range)
    default: return piece(id)
    }
  }

  /// The pieces of values that follow each other.
  private func pieces(ofAll parts: [NodeID]) -> [GatheredPiece] {
    var start = 0
    return parts.flatMap { part in
      defer { start += self[part].rows * self[part].columns }
      return gatheredPieces(of: part).map { $0.moved(by: start) }
    }
  }
}

extension Scheduler {
  /// The outer products among the pieces of the gathered values.
  var gatheredOuters: [Schedule.GatheredOuter] {
    recurrence.gathered.enumerated().flatMap { number, value in
      graph.gatheredPieces(of: value).compactMap { outer($0, ofValue: number) }
    }
  }

  private func outer(_ piece: GatheredPiece, ofValue number: Int) -> Schedule.GatheredOuter? {
    guard let right = piece.right.map(place) else { return nil }
    var left = place(piece.left)
    left.offset += piece.units.lowerBound
    left.columns = piece.units.count
    let sum = schedule.sums.firstIndex { sum in
      guard case .outer(left, right, let target) = sum else { return false }
      return schedule.buffers[target.area].kind == .gathered(number)
        && target.offset == piece.rows.lowerBound * piece.columns
    }
    let value = recurrence.gathered[number]
    let isReadOnce =
      recurrence.gathered.count { $0 == value } == 1 && consumers[value] == nil
      && (piece.node == value || isReadBy(value, alone: piece.node))
    return Schedule.GatheredOuter(
      value: number, rows: piece.rows, left: left, right: right, sum: isReadOnce ? sum : nil)
  }
}
