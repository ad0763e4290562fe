/// A cell of any type with its name in a registry: the form in which cells are saved.
///
/// As JSON: `{"name": "lstm", "options": {"projectionSize": 64}}`. All options are written, so that a checkpoint
/// keeps its meaning if the defaults of a name change. A missing option (in an older file, or one written by hand)
/// has the value of the registered cell; an unknown option is an error.
public struct NamedCell: RecurrentCell, Codable, Hashable {
  /// The name in the registry.
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
    if let options = OptionValues(of: base) {
      try options.encode(to: container.superEncoder(forKey: .options))
    } else {
      try container.encode(base, forKey: .options)
    }
  }

  /// Reads a cell of the decoder's registry (``CellRegistry/userInfo``), by default ``CellRegistry/standard``.
  /// Missing options have the values of the registered cell.
  ///
  /// - Throws: `DecodingError` if the name or an option is unknown, or an option is malformed.
  public init(from decoder: any Decoder) throws {
    let given = CellRegistry.userInfoKey.flatMap { decoder.userInfo[$0] }
    self = try Self(from: decoder, knowing: given as? CellRegistry ?? .standard)
  }

  /// Reads a cell of a given registry, for decoders without `userInfo`.
  public init(from decoder: any Decoder, knowing registry: CellRegistry) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    guard let entry = registry[name] else {
      throw DecodingError.dataCorruptedError(
        forKey: .name, in: container, debugDescription: "\(registry.unknown(name))")
    }
    guard container.contains(.options) else {
      base = entry.cell
      return
    }
    let type: any ConfigurableCell.Type = type(of: entry.cell)
    if let defaults = OptionValues(of: entry.cell) {
      let options = try container.superDecoder(forKey: .options)
      base = try type.init(
        from: OptionDecoder(options, defaults: defaults, of: "cell \(name)"))
    } else {
      base = try container.decode(type, forKey: .options)
    }
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
