import FileCore
import Models

/// A text that a person and a model write by turns.
///
/// What the person types is appended, and the model goes on; an empty line lets it go on further. Lines with a slash are
/// commands, which ``help`` lists.
package struct Conversation {
  /// What a typed line asks for.
  package enum Reply: Equatable {
    /// The model goes on: ``Conversation/continuation()`` is what it writes.
    case write
    /// Something to say to the person.
    case say(String)
    /// The end.
    case end
  }

  /// The commands.
  package static let help = """
    Type, and the model goes on; an empty line lets it go on further.
    /temperature 0.7   bolder above 1, safer below
    /length 300        characters of a turn
    /seed 7            other random choices
    /undo              takes the last turn back
    /save FILE         saves the text
    /quit              ends, as Ctrl-D does

    """

  /// All that was written, by both.
  package private(set) var text = ""

  private let saved: SavedLanguageModel
  private var sampler: Sampler
  private var seed: UInt64
  private var length: Int
  /// The text before each turn.
  private var earlier: [String] = []

  /// A conversation that begins with nothing.
  package init(_ saved: SavedLanguageModel, _ sampler: Sampler, seed: UInt64, length: Int) {
    self.saved = saved
    self.sampler = sampler
    self.seed = seed
    self.length = length
  }

  /// What a line that a person typed asks for.
  package mutating func reply(to line: String) -> Reply {
    guard line.hasPrefix("/") else {
      earlier.append(text)
      let needsSpace = !line.isEmpty && text.last?.isWhitespace == false && line.first != " "
      text += (needsSpace ? " " : "") + line
      return .write
    }
    let words = line.split(separator: " ", maxSplits: 1).map(String.init)
    let value = words.count > 1 ? words[1] : ""
    switch words[0] {
    case "/temperature":
      return set(\.sampler.temperature, value, "a number, 0 or more") { $0 >= 0 && $0.isFinite }
    case "/length":
      return set(\.length, value, "a number from 1 to 1000000") { 1...1_000_000 ~= $0 }
    case "/seed": return set(\.seed, value, "a whole number") { _ in true }
    case "/undo":
      guard let before = earlier.popLast() else { return .say("There is nothing to take back.\n") }
      text = before
      return .say(text.isEmpty ? "The text is empty again.\n" : "... \(text.suffix(60))\n")
    case "/save": return save(to: value)
    case "/quit", "/exit": return .end
    default: return .say(Self.help)
    }
  }

  /// What the model writes next, piece by piece; ``heard(_:)`` takes in each piece that was shown.
  package func continuation() -> some Sequence<String> {
    // Each turn has random numbers of its own, the same ones after it was taken back.
    saved.generation(prompt: text, sampler: sampler, seed: seed &+ UInt64(earlier.count))
      .prefix(length)
  }

  /// Takes in a piece of what the model wrote.
  package mutating func heard(_ piece: String) { text += piece }

  private mutating func set<Value: LosslessStringConvertible>(
    _ path: WritableKeyPath<Conversation, Value>, _ text: String, _ expected: String,
    where isValid: (Value) -> Bool
  ) -> Reply {
    guard let value = Value(text), isValid(value) else {
      return .say("Expected \(expected), found \(text.isEmpty ? "nothing" : text).\n")
    }
    self[keyPath: path] = value
    return .say("")
  }

  private func save(to path: String) -> Reply {
    guard !path.isEmpty else { return .say("Expected /save FILE.\n") }
    guard !FilePlace(path).isOccupied else { return .say("\(path): a file is there already.\n") }
    do {
      let file = try ByteFile(path)
      try file.write(Array((text + "\n").utf8))
      return .say("Saved to \(path).\n")
    } catch {
      return .say("\(error)\n")
    }
  }
}
