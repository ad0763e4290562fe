/// A cell of any type with the name that a registry knows it by: the form in which it is saved.
///
/// As JSON: `{"name": "lstm", "options": {"projectionSize": 64}}`. The options are the whole cell, so
/// that a checkpoint does not change its meaning if a name should ever stand for other options.
public struct NamedCell: RecurrentCell, Codable, Hashable {
  /// The name in the registry that it came from.
  public let name: String
  /// The cell itself.
  public let base: any ConfigurableCell

  init(name: String, base: any ConfigurableCell) {
    self.name = name
    self.base = base
  }

  public func equations(_ cell: inout CellBuilder) { base.equations(&cell) }

  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {
    try base.validate(inputSize: inputSize, hiddenSize: hiddenSize)
  }

  private enum CodingKeys: String, CodingKey { case name, options }

  /// Writes the name and the options.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(base, forKey: .options)
  }

  /// Reads a cell that the decoder's registry knows (``CellRegistry/userInfo``), or else
  /// ``CellRegistry/standard``. A name without options stands for the registered ones.
  ///
  /// - Throws: `DecodingError` where the name is unknown or the options are malformed.
  public init(from decoder: any Decoder) throws {
    let given = CellRegistry.userInfoKey.flatMap { decoder.userInfo[$0] }
    self = try Self(from: decoder, knowing: given as? CellRegistry ?? .standard)
  }

  /// Reads a cell that a registry knows, for decoders without `userInfo`.
  public init(from decoder: any Decoder, knowing registry: CellRegistry) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    guard let entry = registry[name] else {
      throw DecodingError.dataCorruptedError(
        forKey: .name, in: container, debugDescription: "\(registry.unknown(name))")
    }
    let type: any ConfigurableCell.Type = type(of: entry.cell)
    base =
      container.contains(.options) ? try container.decode(type, forKey: .options) : entry.cell
  }

  /// Whether two cells have the same name, type and options.
  public static func == (a: NamedCell, b: NamedCell) -> Bool {
    a.name == b.name && AnyHashable(a.base) == AnyHashable(b.base)
  }

  /// Feeds name and options to a hasher.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(AnyHashable(base))
  }
}
