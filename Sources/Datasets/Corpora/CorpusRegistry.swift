/// The corpora that can be chosen by name, as `--dataset` does.
///
/// It is a value, not a global list. A program with a corpus of its own passes a registry that knows
/// it:
///
/// ```swift
/// var corpora = CorpusRegistry.standard
/// corpora.register("haiku", summary: "three lines about a pond") { _ in Haiku() }
/// let corpus = try corpora.corpus("haiku")
/// ```
public struct CorpusRegistry: Sendable {
  /// Makes a corpus from what follows the colon in `NAME:ARGUMENT`, which is nil without a colon.
  public typealias Maker = @Sendable (_ argument: String?) throws -> any Corpus

  /// A corpus that can be chosen.
  public struct Entry: Sendable {
    /// Its name.
    public let name: String
    /// What it is, in a few words, for a help page.
    public let summary: String
    fileprivate let make: Maker
  }

  /// The entries in the order in which they were registered.
  public private(set) var entries: [Entry] = []

  /// A registry without entries: it knows text files only.
  public init() {}

  /// Adds a corpus, or replaces the one of that name.
  public mutating func register(_ name: String, summary: String, make: @escaping Maker) {
    entries.removeAll { $0.name == name }
    entries.append(Entry(name: name, summary: summary, make: make))
  }

  /// The corpus that a text chooses: `NAME` or `NAME:ARGUMENT` of an entry, or else a text file's path.
  ///
  /// - Throws: ``DatasetError/unknownDataset(name:known:)`` where it is neither a name nor the path
  ///   of a file that can be opened, or what the entry's maker throws.
  public func corpus(_ choice: String) throws -> any Corpus {
    let parts = choice.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    if let name = parts.first, let entry = entries.first(where: { $0.name == name }) {
      return try entry.make(parts.count > 1 ? String(parts[1]) : nil)
    }
    guard FileBytes.exists(choice) else {
      throw DatasetError.unknownDataset(name: choice, known: entries.map(\.name))
    }
    return TextFile(path: choice)
  }
}
