/// A cell that can be saved with its options; a registry holds such cells.
public typealias ConfigurableCell = RecurrentCell & Codable & Hashable

/// The cells that can be chosen by name and that checkpoints can contain.
///
/// It is a value, not a global list. A program with its own cell passes a registry that contains it:
///
/// ```swift
/// var cells = CellRegistry.standard
/// cells.register("leaky", Leaky(), summary: "a leaky integrator", paper: "our notes, 2026")
/// let cell = try cells.cell(named: "leaky")
/// let layer = Recurrent(cell, inputSize: 28, hiddenSize: 64, using: &generator)
/// ```
public struct CellRegistry: Sendable {
  /// One cell of a registry, under a name.
  public struct Entry: Sendable {
    /// The name that chooses it.
    public let name: String
    /// The cell, with its options.
    public let cell: any ConfigurableCell
    /// What it is, in one line.
    public let summary: String
    /// Who published it, where and when.
    public let paper: String
  }

  /// The entries in the order in which they were registered.
  public private(set) var entries: [Entry] = []
  /// The equations of cells by name, as a file states them: for cells without an entry, and for those that are texts.
  public var equations: [String: CellText] = [:]

  /// A registry without entries.
  public init() {}

  init(entries: [Entry]) { self.entries = entries }

  /// Adds a cell; replaces an entry of the same name.
  ///
  /// One type may have several entries with different options.
  public mutating func register(
    _ name: String, _ cell: some ConfigurableCell, summary: String, paper: String
  ) {
    let entry = Entry(name: name, cell: cell, summary: summary, paper: paper)
    if let known = entries.firstIndex(where: { $0.name == name }) {
      entries[known] = entry
    } else {
      entries.append(entry)
    }
  }

  /// The entry of a name; nil if there is none.
  public subscript(name: String) -> Entry? { entries.first { $0.name == name } }

  /// The cell of a name, with the options of its entry.
  public func cell(named name: String) throws(UnknownCell) -> NamedCell {
    guard let entry = self[name] else { throw unknown(name) }
    return (entry.cell as? CellText).map(NamedCell.init) ?? NamedCell(name: name, base: entry.cell)
  }

  /// Wraps a cell with any options in a ``NamedCell``, so that it can be saved.
  ///
  /// The name is that of the entry with the same type and options, else of the first entry of the same type.
  public func named(_ cell: some ConfigurableCell) throws(UnknownCell) -> NamedCell {
    if let text = cell as? CellText { return NamedCell(text) }
    let sameType = entries.filter { type(of: $0.cell) == type(of: cell) }
    let entry = sameType.first { AnyHashable($0.cell) == AnyHashable(cell) } ?? sameType.first
    guard let entry else { throw unknown("\(type(of: cell))") }
    return NamedCell(name: entry.name, base: cell)
  }

  func unknown(_ name: String) -> UnknownCell {
    UnknownCell(name: name, known: entries.map(\.name))
  }

  /// A decoder's `userInfo` that makes ``NamedCell`` use this registry.
  public var userInfo: [CodingUserInfoKey: any Sendable] {
    guard let key = Self.userInfoKey else { return [:] }
    return [key: self]
  }

  package static let userInfoKey = CodingUserInfoKey(rawValue: "Cells.CellRegistry")
}
