/// A row of tokens in which neighbours become one: a doubly linked list in three arrays.
///
/// A merged token stands where its left part stood; the place of the right part is empty from then on.
/// Ends of words are marked by places that link to nothing, so that no pair spans two words.
struct LinkedTokens {
  /// The token at each place; -1 where there is none any more.
  private(set) var tokens: [Int32] = []
  private var after: [Int32] = []
  private var before: [Int32] = []

  var count: Int { tokens.count }

  mutating func removeAll() {
    tokens.removeAll(keepingCapacity: true)
    after.removeAll(keepingCapacity: true)
    before.removeAll(keepingCapacity: true)
  }

  /// Appends a word, none of whose tokens is a neighbour of what stands before.
  mutating func append(word: some Collection<Int32>) {
    let start = Int32(tokens.count)
    let end = start + Int32(word.count)
    tokens.append(contentsOf: word)
    for place in start..<end {
      before.append(place > start ? place - 1 : -1)
      after.append(place + 1 < end ? place + 1 : -1)
    }
  }

  /// The place behind a place in its word, or nil.
  func place(after place: Int) -> Int? { after[place] >= 0 ? Int(after[place]) : nil }

  /// The place before a place in its word, or nil.
  func place(before place: Int) -> Int? { before[place] >= 0 ? Int(before[place]) : nil }

  /// The pair that begins at a place, or nil where its word ends, or nothing is left.
  func pair(at place: Int) -> BytePair? {
    guard tokens[place] >= 0, after[place] >= 0 else { return nil }
    return BytePair(tokens[place], tokens[Int(after[place])])
  }

  /// Puts one token in the place of the pair that begins at a place.
  mutating func merge(at place: Int, into result: Int32) {
    let right = Int(after[place])
    tokens[place] = result
    tokens[right] = -1
    after[place] = after[right]
    if after[right] >= 0 { before[Int(after[right])] = Int32(place) }
  }
}
