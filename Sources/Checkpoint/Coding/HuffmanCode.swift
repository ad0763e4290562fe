/// A prefix code as in deflate: short codes for frequent symbols, none longer than a limit.
///
/// It uses integer arithmetic alone, so that equal counts give equal codes on every machine.
struct HuffmanCode {
  /// The length of each symbol's code in bits; 0 for an unused symbol.
  let lengths: [UInt8]
  /// Each symbol's code; the bit written first is the lowest.
  let codes: [UInt16]

  /// The optimal code for symbols of these counts, or a nearly optimal one if that exceeds the length limit. At least
  /// two symbols get a code.
  init(counts: [Int], longest limit: Int) {
    lengths = HuffmanCode.lengths(counts: counts, longest: limit)
    codes = HuffmanCode.codes(lengths: lengths)
  }

  /// The total size in bits of symbols with these counts.
  func cost(of counts: [Int]) -> Int {
    var (result, symbol) = (0, 0)
    while symbol < counts.count {
      result += counts[symbol] * Int(lengths[symbol])
      symbol += 1
    }
    return result
  }

  private static func lengths(counts: [Int], longest limit: Int) -> [UInt8] {
    var counts = counts
    var (used, symbol) = (0, 0)
    while symbol < counts.count {
      if counts[symbol] > 0 { used += 1 }
      symbol += 1
    }
    while used < 2, let unused = counts.firstIndex(of: 0) {
      counts[unused] = 1
      used += 1
    }
    while true {
      let (lengths, longest) = unlimitedLengths(counts)
      if longest <= limit { return lengths }
      // More even counts give more even lengths.
      for symbol in counts.indices where counts[symbol] > 0 {
        counts[symbol] = counts[symbol] / 2 + 1
      }
    }
  }

  /// Huffman's algorithm with two queues: the sorted symbols, and the pairs, which are created in sorted order.
  private static func unlimitedLengths(_ counts: [Int]) -> (lengths: [UInt8], longest: Int) {
    let leaves = sortedLeaves(counts)
    let leafCount = leaves.count
    var weights = leaves.map { $0 >> 9 }
    var parents = [Int](repeating: 0, count: 2 * leafCount - 1)
    weights.reserveCapacity(parents.count)
    var (leaf, pair) = (0, leafCount)
    while weights.count < parents.count {
      var weight = 0
      for _ in 0..<2 {
        var lightest = pair
        if leaf < leafCount, pair >= weights.count || weights[leaf] <= weights[pair] {
          lightest = leaf
          leaf += 1
        } else {
          pair += 1
        }
        parents[lightest] = weights.count
        weight += weights[lightest]
      }
      weights.append(weight)
    }
    var depths = [UInt8](repeating: 0, count: parents.count)
    var node = parents.count - 2
    while node >= 0 {
      depths[node] = depths[parents[node]] + 1
      node -= 1
    }
    var lengths = [UInt8](repeating: 0, count: counts.count)
    var longest: UInt8 = 0
    for index in 0..<leafCount {
      lengths[leaves[index] & 511] = depths[index]
      longest = max(longest, depths[index])
    }
    return (lengths, Int(longest))
  }

  /// The symbols with a count, the rarest first: the count, and in the low bits the symbol, which breaks ties.
  private static func sortedLeaves(_ counts: [Int]) -> [Int] {
    var leaves: [Int] = []
    var symbol = 0
    while symbol < counts.count {
      if counts[symbol] > 0 { leaves.append(counts[symbol] << 9 | symbol) }
      symbol += 1
    }
    return leaves.sorted()
  }

  /// The canonical codes of RFC 1951: shorter lengths first, equal lengths in the order of the symbols.
  private static func codes(lengths: [UInt8]) -> [UInt16] {
    var next = [UInt16](repeating: 0, count: 17)
    for length in lengths where length > 0 { next[Int(length) + 1] += 1 }
    for length in 1..<16 { next[length] = (next[length - 1] + next[length]) << 1 }
    var codes = [UInt16](repeating: 0, count: lengths.count)
    var symbol = 0
    while symbol < lengths.count {
      let length = Int(lengths[symbol])
      if length > 0 {
        codes[symbol] = next[length].reversedBits(length)
        next[length] += 1
      }
      symbol += 1
    }
    return codes
  }
}

extension UInt16 {
  /// The lowest bits in reverse order.
  fileprivate func reversedBits(_ count: Int) -> UInt16 {
    var (rest, result): (UInt16, UInt16) = (self, 0)
    var left = count
    while left > 0 {
      result = result &<< 1 | rest & 1
      rest = rest &>> 1
      left -= 1
    }
    return result
  }
}
