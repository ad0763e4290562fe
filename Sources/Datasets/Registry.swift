/// Products that can be chosen by name, as `NAME` or `NAME:ARGUMENT`.
///
/// It is a value, not a global list. A program with its own corpus or dataset passes a registry that contains it:
///
/// ```swift
/// var corpora = CorpusRegistry.standard
/// corpora.register("haiku", summary: "three lines about a pond") { _ in Haiku() }
/// let corpus = try corpora.corpus("haiku")
/// ```
public struct Registry<Product>: Sendable {
  /// Makes a product from the argument after the colon in `NAME:ARGUMENT`; nil without a colon.
  public typealias Maker = @Sendable (_ argument: String?) throws -> Product

  /// One entry of a registry.
  public struct Entry: Sendable {
    /// Its name.
    public let name: String
    /// A short description for a help page.
    public let summary: String
    fileprivate let make: Maker
  }

  /// The entries in the order in which they were registered.
  public private(set) var entries: [Entry] = []

  /// A registry without entries.
  public init() {}

  /// Adds an entry; replaces one of the same name.
  public mutating func register(_ name: String, summary: String, make: @escaping Maker) {
    entries.removeAll { $0.name == name }
    entries.append(Entry(name: name, summary: summary, make: make))
  }

  /// The product of `NAME` or `NAME:ARGUMENT`; nil if no entry has that name.
  ///
  /// - Throws: Errors of the entry's maker.
  public func product(_ choice: String) throws -> Product? {
    let parts = choice.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let name = parts.first, let entry = entries.first(where: { $0.name == name }) else {
      return nil
    }
    return try entry.make(parts.count > 1 ? String(parts[1]) : nil)
  }
}
