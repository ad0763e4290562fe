import Requirements

/// Morse code: the letters that a hand keys, from a noisy signal of one number a step.
///
/// A message has `length / 2`, rounded up, to `length` letters of the alphabet. A dot is down for one unit and a dash for three; up are
/// one unit between them and three between letters. A message's unit is one step or two; each step is 1 where the key is down,
/// else 0, plus noise of standard deviation 0.2. Nobody says which step belongs to which letter.
///
/// The baseline knows the number of letters but not the letters; the end counts as a symbol. Solved if 0.95 of the messages
/// are written without an error.
public struct MorseCode: GeneratedTask {
  /// The largest number of letters.
  public let length: Int

  /// The noise's standard deviation.
  public static let noise = 0.2

  /// Messages of at most `length` letters.
  ///
  /// - Precondition: `length` is positive.
  public init(length: Int = 5) {
    require(length > 0, "expected a positive number of letters, found \(length)")
    self.length = length
  }

  private static let alphabet = Vocabulary("abcdefghijklmnopqrstuvwxyz".map(String.init))

  /// The international code of a to z.
  private static let codes = [
    ".-", "-...", "-.-.", "-..", ".", "..-.", "--.", "....", "..", ".---", "-.-", ".-..", "--",
    "-.", "---", ".--.", "--.-", ".-.", "...", "-", "..-", "...-", ".--", "-..-", "-.--", "--..",
  ]

  private var lengths: ClosedRange<Int> { (length + 1) / 2...length }

  /// `morse`.
  public var name: String { "morse" }
  /// The key.
  public var input: ValueKind { .features([Column("key")]) }
  /// The letters.
  public var target: ValueKind { .symbols(Self.alphabet) }
  /// The letters come in the order of the signal.
  public var alignment: Alignment { .ordered }

  /// The entropy of a letter, for each symbol; solved at 0.95 without an error.
  public var levels: TaskLevels {
    let letters = Double(lengths.reduce(0, +))
    let symbols = letters + Double(lengths.count)
    return TaskLevels(
      baseline: letters * logarithm(26) / symbols, solved: Goal(.exactMatch, 0.95))
  }

  /// Samples the number of letters, the letters, the unit, and the noise of each step.
  public func sample(using generator: inout some RandomNumberGenerator) -> Sample {
    let count = lengths.lowerBound + generator.draw(below: lengths.count)
    let letters = (0..<count).map { _ in Int32(generator.draw(below: 26)) }
    let unit = 1 + generator.draw(below: 2)
    var steps: [Float] = []
    func key(_ level: Double, _ units: Int) {
      for _ in 0..<units * unit { steps.append(Float(level + Self.noise * generator.gauss())) }
    }
    for (place, letter) in letters.enumerated() {
      if place > 0 { key(0, 2) }
      for mark in Self.codes[Int(letter)] {
        key(1, mark == "." ? 1 : 3)
        key(0, 1)
      }
    }
    return Sample(.features(FeatureSequence(steps, width: 1)), .tokens(letters))
  }
}
