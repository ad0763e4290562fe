/// The binary tree in which the gradients of shards are summed, and the part of it that each rank computes.
///
/// A node stands for consecutive shards. Its left part is the largest power of two that is smaller than their number, so
/// the tree depends on the number of shards alone. Each rank owns consecutive shards, as equal in number as possible;
/// the largest nodes of which one rank owns all shards are its roots, and only sums above the roots need other ranks.
struct ShardTree: Hashable, Sendable {
  /// The number of shards.
  let shards: Int
  /// The number of ranks.
  let ranks: Int
  /// The roots of all ranks, from left to right.
  let roots: [Root]

  /// A node with all shards on one rank, none of whose parents is so.
  struct Root: Hashable, Sendable {
    let rank: Int
    let shards: Range<Int>
  }

  init(shards: Int, ranks: Int) {
    self.shards = shards
    self.ranks = ranks
    var roots: [Root] = []
    Self.addRoots(of: 0..<shards, shards, ranks, to: &roots)
    self.roots = roots
  }

  /// The shards of a rank.
  static func owned(by rank: Int, of ranks: Int, shards: Int) -> Range<Int> {
    rank * shards / ranks..<(rank + 1) * shards / ranks
  }

  /// The roots of a rank, from left to right.
  func roots(of rank: Int) -> [Root] { roots.filter { $0.rank == rank } }

  /// The parts of a node with more than one shard.
  static func parts(of node: Range<Int>) -> (left: Range<Int>, right: Range<Int>) {
    var size = 1
    while 2 * size < node.count { size *= 2 }
    let middle = node.lowerBound + size
    return (node.lowerBound..<middle, middle..<node.upperBound)
  }

  /// For each shard of a node, from left to right, the number of sums that it completes: of nodes whose last shard it is.
  static func completions(in node: Range<Int>) -> [Int] {
    guard node.count > 1 else { return [0] }
    let (left, right) = parts(of: node)
    var result = completions(in: left) + completions(in: right)
    result[result.count - 1] += 1
    return result
  }

  /// The sum of the whole tree, from those of the roots; nil for the absent sum of empty shards.
  func sum<Value>(_ values: [Value?], _ add: (Value, Value) -> Value) -> Value? {
    var rest = Array(zip(roots, values))[...]
    func value(_ node: Range<Int>) -> Value? {
      if let (root, value) = rest.first, root.shards == node {
        rest = rest.dropFirst()
        return value
      }
      let (left, right) = Self.parts(of: node)
      return Self.sum(value(left), value(right), add)
    }
    return value(0..<shards)
  }

  /// The sum of two values, either of which may be absent.
  static func sum<Value>(_ a: Value?, _ b: Value?, _ add: (Value, Value) -> Value) -> Value? {
    guard let a, let b else { return a ?? b }
    return add(a, b)
  }

  private static func addRoots(
    of node: Range<Int>, _ shards: Int, _ ranks: Int, to roots: inout [Root]
  ) {
    let owner = (0..<ranks).first {
      let owned = Self.owned(by: $0, of: ranks, shards: shards)
      return owned.lowerBound <= node.lowerBound && node.upperBound <= owned.upperBound
    }
    if let owner {
      roots.append(Root(rank: owner, shards: node))
    } else {
      let (left, right) = parts(of: node)
      addRoots(of: left, shards, ranks, to: &roots)
      addRoots(of: right, shards, ranks, to: &roots)
    }
  }
}
