import Requirements

extension Grammar {
  /// Appends a random text of the grammar; returns its information in nats, the sum of `-ln p` over its choices.
  func write(to output: inout [UInt8], using generator: inout some RandomNumberGenerator) -> Double
  {
    var memory = Memory()
    var place = 0
    var nats = 0.0
    while true {
      switch program[place] {
      case .say(let text):
        output += texts[text]
        place += 1
      case .sayWord(let slot, let words):
        output += texts[words[Int(memory[slot])]]
        place += 1
      case .choose(let slot, let count, let besides):
        let words = Self.candidates(count: count, besides: besides, memory)
        memory[slot] = words[generator.draw(below: words.count)]
        nats += logarithm(Double(words.count))
        place += 1
      case .branch(let alternatives):
        let total = alternatives.reduce(0) { $0 + $1.weight }
        var rest = generator.draw(below: total)
        for (weight, target) in alternatives {
          if rest < weight {
            nats += logarithm(Double(total) / Double(weight))
            place = target
            break
          }
          rest -= weight
        }
      case .jump(let target):
        place = target
      case .end:
        return nats
      }
    }
  }

  /// The words that a slot may take.
  static func candidates(count: Int, besides: [Int], _ memory: Memory) -> [UInt8] {
    (0..<UInt8(count)).filter { word in !besides.contains { memory[$0] == word } }
  }
}
