/// A cell of any type with its name in a registry: the form in which cells are saved.
///
/// As JSON: `{"name": "lstm", "options": {"projectionSize": 64}}`. All options are written, so that a checkpoint
/// keeps its meaning if the defaults of a name change. A missing option (in an older file, or one written by hand)
/// has the value of the registered cell; an unknown option is an error. A cell that a text states has `"text"` with the
/// text's fingerprint; the text itself stands among the registry's ``CellRegistry/equations``.
public struct NamedCell: RecurrentCell, Codable, Hashable {
  /// The name in the registry.
  public let name: String
  /// The cell itself.
  public let base: any ConfigurableCell
  /// Whether the cell is stated by a text, whatever a registry has under its name.
  public let isText: Bool

  init(name: String, base: any ConfigurableCell, isText: Bool = false) {
    self.name = name
    self.base = base
    self.isText = isText
  }

  /// A cell that a text states, under the text's name.
  public init(_ text: CellText) { self.init(name: text.name, base: text, isText: true) }

  public func equations(_ cell: inout CellBuilder) { base.equations(&cell) }

  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {
    try base.validate(inputSize: inputSize, hiddenSize: hiddenSize)
  }

  private enum CodingKeys: String, CodingKey { case name, options, text }

  /// Writes the name and the options.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    if let text = base as? CellText {
      if isText { try container.encode(text.fingerprint, forKey: .text) }
      try container.encode(text.options, forKey: .options)
    } else if let options = OptionValues(of: base) {
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
    let fingerprint = try container.decodeIfPresent(String.self, forKey: .text)
    isText = fingerprint != nil
    if isText || registry[name] == nil, let text = registry.equations[name] {
      guard fingerprint == nil || fingerprint == text.fingerprint else {
        throw DecodingError.dataCorruptedError(
          forKey: .text, in: container,
          debugDescription: "\(fingerprint ?? ""), but the text of \(name) is \(text.fingerprint)")
      }
      base = text
      return
    }
    guard !isText else {
      throw DecodingError.dataCorruptedError(
        forKey: .text, in: container, debugDescription: "a cell whose text is missing")
    }
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
    a.name == b.name && a.isText == b.isText && AnyHashable(a.base) == AnyHashable(b.base)
  }

  /// Feeds name and options to a hasher.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(AnyHashable(base))
  }
}
