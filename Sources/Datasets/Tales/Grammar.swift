/// A phrase compiled to a list of instructions, for writing a text with random choices and for reading a text by
/// following every choice that matches it.
struct Grammar: Sendable {
  enum Instruction: Sendable {
    /// Writes a text.
    case say(Int)
    /// Writes the text of the word in a slot.
    case sayWord(slot: Int, texts: [Int])
    /// Puts one of `count` words in a slot, except those in the slots `besides`.
    case choose(slot: Int, count: Int, besides: [Int])
    /// Continues at one of several instructions.
    case branch([(weight: Int, target: Int)])
    /// Continues at another instruction.
    case jump(Int)
    /// Ends the phrase.
    case end
  }

  private(set) var program: [Instruction] = []
  /// The UTF-8 bytes of all texts.
  private(set) var texts: [[UInt8]] = []

  init(_ phrase: Phrase) {
    append(phrase)
    program.append(.end)
  }

  private mutating func append(_ phrase: Phrase) {
    for part in phrase.parts {
      switch part {
      case .text(let text):
        program.append(.say(index(of: text)))
      case .say(let mention):
        program.append(.sayWord(slot: mention.slot, texts: mention.forms.map { index(of: $0) }))
      case .choose(let mention, let besides):
        program.append(
          .choose(slot: mention.slot, count: mention.forms.count, besides: besides))
        program.append(.sayWord(slot: mention.slot, texts: mention.forms.map { index(of: $0) }))
      case .oneOf(let phrases):
        append(oneOf: phrases)
      }
    }
  }

  private mutating func append(oneOf phrases: [Phrase]) {
    let branch = program.count
    program.append(.end)
    var targets: [(weight: Int, target: Int)] = []
    var jumps: [Int] = []
    for phrase in phrases {
      targets.append((phrase.weight, program.count))
      append(phrase)
      jumps.append(program.count)
      program.append(.end)
    }
    program[branch] = .branch(targets)
    for jump in jumps { program[jump] = .jump(program.count) }
  }

  private mutating func index(of text: String) -> Int {
    let bytes = Array(text.utf8)
    if let known = texts.firstIndex(of: bytes) { return known }
    texts.append(bytes)
    return texts.count - 1
  }
}
