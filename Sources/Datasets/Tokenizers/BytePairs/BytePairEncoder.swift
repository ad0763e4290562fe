/// Merges the bytes of pieces into tokens, in the order of training.
///
/// The tokens of every distinct piece are cached, so that a long text costs little more than looking up its pieces.
struct BytePairEncoder {
  private let rules: BytePairRules
  private var pieces = PieceTable()
  /// The end of each piece's tokens in ``known``.
  private var ends: [Int] = []
  private var known: [Int32] = []

  private var row = LinkedTokens()
  private var queue = Heap<Step>()

  /// A possible merge at a place.
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

/// The merges by pair, and the tokens of single bytes.
struct BytePairRules: Sendable {
  /// The token of each byte.
  let bytes: [Int32]
  /// The rank and the resulting token of each merge.
  let merges: [BytePair: (rank: Int32, result: Int32)]
}
