import Requirements

/// A probabilistic automaton that writes sequences: each state has equally likely transitions, each with a symbol.
struct Automaton: Sendable {
  /// A transition's symbol and the state after it; -1 for the end.
  typealias Transition = (symbol: Int32, next: Int)

  /// The transitions of each state; a sequence begins at the first state.
  let transitions: [[Transition]]

  /// Samples a whole sequence.
  func sequence(using generator: inout some RandomNumberGenerator) -> [Int32] {
    var (symbols, state): ([Int32], Int) = ([], 0)
    while state >= 0 {
      let transition = generator.pick(transitions[state])
      symbols.append(transition.symbol)
      state = transition.next
    }
    return symbols
  }

  /// Whether the automaton can write exactly this sequence.
  func writes(_ symbols: [Int32]) -> Bool {
    var states: Set<Int> = [0]
    for symbol in symbols where !states.isEmpty {
      var following = Set<Int>()
      for state in states where state >= 0 {
        for transition in transitions[state] where transition.symbol == symbol {
          following.insert(transition.next)
        }
      }
      states = following
    }
    return states.contains(-1)
  }

  /// The conditional entropy of a symbol in nats, given only the previous symbol.
  var memorylessEntropy: Double {
    // The expected number of visits of a state after a symbol in one sequence.
    var pairs: [Pair: Double] = [:]
    var current: [Place: Double] = [Place(state: 0, symbol: -1): 1]
    // Each round takes one more symbol; the probability left after many rounds is below a Double's precision.
    while current.values.reduce(0, +) > 1e-18 {
      var following: [Place: Double] = [:]
      for (place, weight) in current where place.state >= 0 {
        let share = weight / Double(transitions[place.state].count)
        for transition in transitions[place.state] {
          pairs[Pair(first: place.symbol, second: transition.symbol), default: 0] += share
          following[Place(state: transition.next, symbol: transition.symbol), default: 0] += share
        }
      }
      current = following
    }
    return Pair.conditionalEntropy(pairs.filter { $0.key.first >= 0 })
  }

  private struct Place: Hashable {
    let state: Int
    let symbol: Int32
  }
}

/// A pair of symbols, as a key of weights.
struct Pair: Hashable {
  let first: Int32
  let second: Int32

  /// The conditional entropy in nats of the second symbol given the first, from weights of pairs.
  static func conditionalEntropy(_ weights: [Pair: Double]) -> Double {
    var totals: [Int32: Double] = [:]
    let sorted = weights.sorted { ($0.key.first, $0.key.second) < ($1.key.first, $1.key.second) }
    for (pair, weight) in sorted { totals[pair.first, default: 0] += weight }
    let all = totals.sorted { $0.key < $1.key }.reduce(0) { $0 + $1.value }
    return sorted.reduce(0) { sum, entry in
      guard let total = totals[entry.key.first], entry.value > 0 else { return sum }
      return sum - entry.value / all * logarithm(entry.value / total)
    }
  }
}
