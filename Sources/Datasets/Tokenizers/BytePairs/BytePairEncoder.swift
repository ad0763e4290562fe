/// Merges the bytes of pieces into tokens, in the order in which the merges were learnt.
///
/// Every different piece of a text is merged once and kept, so that a long text costs little more than
/// looking up its pieces.
struct BytePairEncoder {
  private let rules: BytePairRules
  private var pieces = PieceTable()
  /// Where the tokens of each piece end in ``known``.
  private var ends: [Int] = []
  private var known: [Int32] = []

  private var row = LinkedTokens()
  private var queue = Heap<Step>()

  /// A merge that may be made at a place.
  private struct Step: Comparable {
    let rank: Int32
    let place: Int32
    let pair: BytePair

    static func < (first: Self, second: Self) -> Bool {
      (first.rank, first.place) < (second.rank, second.place)
    }
  }

  init(_ rules: BytePairRules) { self.rules = rules }

  /// Appends the tokens of a piece.
  mutating func encode(_ piece: UnsafeRawBufferPointer, into tokens: inout [Int32]) {
    let index = pieces.insert(piece)
    if index == ends.count {
      merge(piece)
      ends.append(known.count)
    }
    tokens.append(contentsOf: known[(index > 0 ? ends[index - 1] : 0)..<ends[index]])
  }

  private mutating func merge(_ piece: UnsafeRawBufferPointer) {
    row.removeAll()
    queue.removeAll()
    row.append(word: piece.map { rules.bytes[Int($0)] })
    for place in 0..<row.count { push(place) }
    while let step = queue.pop() {
      let place = Int(step.place)
      guard row.pair(at: place) == step.pair, let rule = rules.merges[step.pair] else { continue }
      row.merge(at: place, into: rule.result)
      push(place)
      if let left = row.place(before: place) { push(left) }
    }
    known.append(contentsOf: row.tokens.lazy.filter { $0 >= 0 })
  }

  private mutating func push(_ place: Int) {
    guard let pair = row.pair(at: place), let rule = rules.merges[pair] else { return }
    queue.push(Step(rank: rule.rank, place: Int32(place), pair: pair))
  }
}

/// The merges by their pairs, and the tokens of single bytes.
struct BytePairRules: Sendable {
  /// The token of each byte.
  let bytes: [Int32]
  /// The rank and the result of each pair that has a merge.
  let merges: [BytePair: (rank: Int32, result: Int32)]
}
