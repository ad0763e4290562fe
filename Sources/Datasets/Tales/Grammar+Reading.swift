import Requirements

extension Grammar {
  /// The information of every byte of a text in nats, given all bytes before it.
  ///
  /// The text is parsed as consecutive texts of the grammar; the last may be incomplete. All derivations of the text
  /// so far are followed, each with its probability. The information of a byte is `-ln` of the factor by which their
  /// sum falls. It is exact, also for an ambiguous grammar.
  ///
  /// Returns one value for each byte up to the first that the grammar does not allow.
  func information(of text: some Sequence<UInt8>) -> [Double] {
    var reader = Reader(self)
    var result: [Double] = []
    result.reserveCapacity(text.underestimatedCount)
    for byte in text {
      guard let nats = reader.read(byte) else { break }
      result.append(nats)
    }
    return result
  }

  /// All derivations that match the bytes so far.
  struct Reader {
    /// A derivation whose next byte is byte `offset` of a text.
    private struct Path {
      var memory: Memory
      /// The instruction after the text.
      var place: Int
      var text: Int
      var offset: Int
      var probability: Double
    }

    private let grammar: Grammar
    private var paths: [Path] = []

    init(_ grammar: Grammar) {
      self.grammar = grammar
      follow(from: 0, Memory(), 1)
    }

    /// The information of the next byte; nil if no derivation allows it.
    mutating func read(_ byte: UInt8) -> Double? {
      let current = paths
      paths.removeAll(keepingCapacity: true)
      for var path in current {
        let text = grammar.texts[path.text]
        guard text[path.offset] == byte else { continue }
        path.offset += 1
        if path.offset < text.count {
          paths.append(path)
        } else {
          follow(from: path.place, path.memory, path.probability)
        }
      }
      let total = paths.reduce(0) { $0 + $1.probability }
      guard total > 0 else { return nil }
      if current.count == 1 { return 0 }
      for index in paths.indices { paths[index].probability /= total }
      return -logarithm(total)
    }

    /// Adds every path from an instruction to a next byte.
    private mutating func follow(from start: Int, _ memory: Memory, _ probability: Double) {
      var place = start
      while true {
        switch grammar.program[place] {
        case .say(let text):
          place += 1
          if add(text, at: place, memory, probability) { return }
        case .sayWord(let slot, let texts):
          place += 1
          if add(texts[Int(memory[slot])], at: place, memory, probability) { return }
        case .choose(let slot, let count, let besides):
          let words = Grammar.candidates(count: count, besides: besides, memory)
          for word in words {
            var changed = memory
            changed[slot] = word
            follow(from: place + 1, changed, probability / Double(words.count))
          }
          return
        case .branch(let alternatives):
          let total = Double(alternatives.reduce(0) { $0 + $1.weight })
          for (weight, target) in alternatives {
            follow(from: target, memory, probability * Double(weight) / total)
          }
          return
        case .jump(let target):
          place = target
        case .end:
          return follow(from: 0, Memory(), probability)
        }
      }
    }

    /// Adds a path at the beginning of a text, unless the text is empty.
    private mutating func add(_ text: Int, at place: Int, _ memory: Memory, _ probability: Double)
      -> Bool
    {
      guard !grammar.texts[text].isEmpty else { return false }
      paths.append(
        Path(memory: memory, place: place, text: text, offset: 0, probability: probability))
      return true
    }
  }
}
