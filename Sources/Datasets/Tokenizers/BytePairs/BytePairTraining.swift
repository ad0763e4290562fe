/// Trains byte pairs: finds the sequences of bytes that become tokens.
///
/// The most frequent pair of adjacent tokens within the pieces of the text becomes a token, again and again. Of equally
/// frequent pairs the one with the smaller left token goes first, then the one with the smaller right token, so that
/// equal texts give equal tokens on every machine. A pair whose bytes are a token already is skipped. Training ends
/// when no pair occurs twice.
///
/// Each distinct piece is stored once, with its count. A merge visits only the places of its pair, and counts change
/// only there. A heap orders the pairs by count; its counts may be too high, so a popped pair with another count is
/// pushed again with its current count.
///
/// - Complexity: O(n log n) for n bytes of distinct pieces.
///
/// Gage, A New Algorithm for Data Compression, 1994; Sennrich, Haddow and Birch, 2016.
struct BytePairTraining {
  /// The tokens' bytes: first the 256 bytes, then the merged ones.
  private(set) var tokens: [[UInt8]] = (0..<256).map { [UInt8($0)] }
  /// The merges in the order of training.
  private(set) var merges: [BytePairMerge] = []

  private var row = LinkedTokens()
  /// The count of the piece at each place.
  private var weights: [Int] = []
  private var spelled: Set<[UInt8]> = []

  /// The number of each pair that ever occurred.
  private var numbers: [BytePair: Int] = [:]
  private var counts: [Int] = []
  /// The last entry in ``places`` for each pair, or -1.
  private var heads: [Int32] = []
  /// The places of pairs, as linked lists: each entry has the index of the previous entry of its pair.
  private var places: [(place: Int32, previous: Int32)] = []
  private var queue = Heap<Candidate>()

  private struct Candidate: Comparable {
    let count: Int
    let pair: BytePair

    static func < (first: Self, second: Self) -> Bool {
      first.count != second.count ? first.count > second.count : first.pair < second.pair
    }
  }

  /// Trains at most `limit` merges.
  init(_ pieces: PieceCounts, merges limit: Int) {
    for index in pieces.counts.indices {
      row.append(word: pieces.pieces[index].map { Int32($0) })
      let size = pieces.pieces.range(of: index).count
      weights.append(contentsOf: repeatElement(pieces.counts[index], count: size))
    }
    for place in 0..<row.count { count(at: place) }
    for (pair, number) in numbers { queue.push(Candidate(count: counts[number], pair: pair)) }
    while merges.count < limit, let pair = mostFrequent() {
      let bytes = tokens[Int(pair.left)] + tokens[Int(pair.right)]
      guard spelled.insert(bytes).inserted else { continue }
      merge(pair, into: Int32(tokens.count))
      tokens.append(bytes)
    }
  }

  /// Pops the most frequent pair; nil if no pair occurs twice.
  private mutating func mostFrequent() -> BytePair? {
    while let candidate = queue.pop() {
      guard let number = numbers[candidate.pair] else { continue }
      let count = counts[number]
      if count == candidate.count { return count > 1 ? candidate.pair : nil }
      if count > 1 { queue.push(Candidate(count: count, pair: candidate.pair)) }
    }
    return nil
  }

  /// Counts the pair that begins at a place; returns it.
  @discardableResult
  private mutating func count(at place: Int) -> BytePair? {
    guard let pair = row.pair(at: place) else { return nil }
    let number: Int
    if let known = numbers[pair] {
      number = known
    } else {
      number = counts.count
      numbers[pair] = number
      counts.append(0)
      heads.append(-1)
    }
    counts[number] += weights[place]
    places.append((Int32(place), heads[number]))
    heads[number] = Int32(places.count - 1)
    return pair
  }

  private mutating func uncount(at place: Int?) {
    guard let place, let pair = row.pair(at: place), let number = numbers[pair] else { return }
    counts[number] -= weights[place]
  }

  private mutating func merge(_ pair: BytePair, into result: Int32) {
    merges.append(BytePairMerge(pair: pair, result: result))
    var new: Set<BytePair> = []
    // From left to right, so that `aaa` becomes `(aa)a`, as in encoding.
    for place in placesOf(pair).sorted() where row.pair(at: place) == pair {
      let left = row.place(before: place)
      uncount(at: left)
      uncount(at: place)
      uncount(at: row.place(after: place))
      row.merge(at: place, into: result)
      if let left, let formed = count(at: left) { new.insert(formed) }
      if let formed = count(at: place) { new.insert(formed) }
    }
    for pair in new {
      guard let number = numbers[pair] else { continue }
      queue.push(Candidate(count: counts[number], pair: pair))
    }
  }

  private func placesOf(_ pair: BytePair) -> [Int] {
    var found: [Int] = []
    var entry = numbers[pair].map { heads[$0] } ?? -1
    while entry >= 0 {
      found.append(Int(places[Int(entry)].place))
      entry = places[Int(entry)].previous
    }
    return found
  }
}
