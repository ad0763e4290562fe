extension Registry where Product == any Dataset {
  /// The datasets of this library: the synthetic tasks, each with an optional number, and the file formats.
  public static let standard: DatasetRegistry = {
    var datasets = DatasetRegistry()
    datasets.register("adding", "STEPS", 2...100_000, "the sum of two marked numbers") {
      AddingProblem(length: $0 ?? 100)
    }
    datasets.register("copy", "DELAY", 1...100_000, "ten symbols, said again after many blanks") {
      CopyMemory(delay: $0 ?? 50)
    }
    datasets.register("recall", "PAIRS", 1...52, "the values of keys, asked for later") {
      AssociativeRecall(pairs: $0 ?? 8)
    }
    datasets.register("temporal-order", "STEPS", 10...100_000, "the order of two symbols") {
      TemporalOrder(length: $0 ?? 100)
    }
    datasets.register("parity", "BITS", 1...100_000, "whether the number of ones is odd") {
      Parity(length: $0 ?? 20)
    }
    datasets.register("echo", "DELAY", 1...10_000, "each bit said again some steps later") {
      DelayedEcho(delay: $0 ?? 10, length: max(100, 2 * ($0 ?? 10)))
    }
    datasets.register("reber", nil, 0...0, "strings of the Reber grammar") { _ in ReberGrammar() }
    datasets.register("embedded-reber", nil, 0...0, "strings of the embedded Reber grammar") { _ in
      ReberGrammar.embedded
    }
    datasets.register("dyck", "KINDS", 1...4, "balanced brackets") {
      DyckLanguage(kinds: $0 ?? 2)
    }
    datasets.register("mackey-glass", "HORIZON", 1...1000, "a chaotic series") {
      MackeyGlass(horizon: $0 ?? 6)
    }
    datasets.register("sines", "STEPS", 21...100_000, "noisy waves of unknown period") {
      NoisySines(length: $0 ?? 100)
    }
    datasets.register("sorting", "LENGTH", 1...1000, "letters in rising order") {
      Rearranging(.sorting, length: $0 ?? 10)
    }
    datasets.register("reversing", "LENGTH", 1...1000, "letters from the last to the first") {
      Rearranging(.reversing, length: $0 ?? 10)
    }
    datasets.register("dates", nil, 0...0, "dates from words to numbers") { _ in Dates() }
    datasets.register("morse", "LETTERS", 1...1000, "letters from the noisy key of a telegraph") {
      MorseCode(length: $0 ?? 5)
    }
    datasets.register("names", nil, 0...0, "names of a given language") { _ in Names() }
    datasets.register("idioms", nil, 0...0, "tags that a later word decides") { _ in Idioms() }
    datasets.registerFiles()
    return datasets
  }()

  /// Adds a dataset with an optional number after the colon.
  private mutating func register(
    _ name: String, _ argument: String?, _ range: ClosedRange<Int>, _ summary: String,
    make: @escaping @Sendable (Int?) -> any Dataset
  ) {
    let usage = argument.map { "\(name), or \(name):\($0)" } ?? name
    register(name, summary: "\(usage), \(summary)") { text in
      guard let text else { return make(nil) }
      guard argument != nil else {
        throw DatasetError.badArgument(dataset: name, expected: "no argument", found: text)
      }
      guard let number = Int(text), range.contains(number) else {
        throw DatasetError.badArgument(
          dataset: name, expected: "a number from \(range.lowerBound) to \(range.upperBound)",
          found: text)
      }
      return make(number)
    }
  }
}
