/// Things that can be chosen by name, as `NAME` or `NAME:ARGUMENT`.
///
/// It is a value, not a global list. A program with a corpus or a dataset of its own passes a registry
/// that knows it:
///
/// ```swift
/// var corpora = CorpusRegistry.standard
/// corpora.register("haiku", summary: "three lines about a pond") { _ in Haiku() }
/// let corpus = try corpora.corpus("haiku")
/// ```
public struct Registry<Product>: Sendable {
  /// Makes a product from what follows the colon in `NAME:ARGUMENT`, which is nil without a colon.
  public typealias Maker = @Sendable (_ argument: String?) throws -> Product

  /// Something that can be chosen.
  public struct Entry: Sendable {
    /// Its name.
    public let name: String
    /// What it is, in a few words, for a help page.
    public let summary: String
    fileprivate let make: Maker
  }

  /// The entries in the order in which they were registered.
  public private(set) var entries: [Entry] = []

  /// A registry without entries.
  public init() {}

  /// Adds an entry, or replaces the one of that name.
  public mutating func register(_ name: String, summary: String, make: @escaping Maker) {
    entries.removeAll { $0.name == name }
    entries.append(Entry(name: name, summary: summary, make: make))
  }

  /// What `NAME` or `NAME:ARGUMENT` chooses; nil where no entry has that name.
  ///
  /// - Throws: What the entry's maker throws.
  public func product(_ choice: String) throws -> Product? {
    let parts = choice.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let name = parts.first, let entry = entries.first(where: { $0.name == name }) else {
      return nil
    }
    return try entry.make(parts.count > 1 ? String(parts[1]) : nil)
  }
}
