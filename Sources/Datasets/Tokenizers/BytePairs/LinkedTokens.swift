/// A sequence of tokens whose adjacent pairs can be merged: a doubly linked list in three arrays.
///
/// A merged token takes the place of its left part; the place of the right part becomes empty. The ends of words have
/// no links, so that no pair spans two words.
struct LinkedTokens {
  /// The token at each place; -1 for an empty place.
  private(set) var tokens: [Int32] = []
  private var after: [Int32] = []
  private var before: [Int32] = []

  var count: Int { tokens.count }

  mutating func removeAll() {
    tokens.removeAll(keepingCapacity: true)
    after.removeAll(keepingCapacity: true)
    before.removeAll(keepingCapacity: true)
  }

  /// Appends a word, which is not linked to the words before.
  mutating func append(word: some Collection<Int32>) {
    let start = Int32(tokens.count)
    let end = start + Int32(word.count)
    tokens.append(contentsOf: word)
    for place in start..<end {
      before.append(place > start ? place - 1 : -1)
      after.append(place + 1 < end ? place + 1 : -1)
    }
  }

  /// The next place in the word; nil at its end.
  func place(after place: Int) -> Int? { after[place] >= 0 ? Int(after[place]) : nil }

  /// The previous place in the word; nil at its beginning.
  func place(before place: Int) -> Int? { before[place] >= 0 ? Int(before[place]) : nil }

  /// The pair that begins at a place; nil at the end of a word and for an empty place.
  func pair(at place: Int) -> BytePair? {
    guard tokens[place] >= 0, after[place] >= 0 else { return nil }
    return BytePair(tokens[place], tokens[Int(after[place])])
  }

  /// Replaces the pair that begins at a place by one token.
  mutating func merge(at place: Int, into result: Int32) {
    let right = Int(after[place])
    tokens[place] = result
    tokens[right] = -1
    after[place] = after[right]
    if after[right] >= 0 { before[Int(after[right])] = Int32(place) }
  }
}
