import Requirements

/// A cell whose equations are a text.
///
/// ```
/// cell leaky(x, h)
///   parameter time_constant[H]
///   k  = sigmoid(time_constant)
///   h' = k * h + (1 - k) * tanh(W_ih x + b_ih + W_hh h + b_hh)
/// ```
///
/// Reading a text gives the same graph as the same equations in Swift, node for node, so the same numbers to the bit.
/// <doc:CellsAsText> describes the notation.
public struct CellText: RecurrentCell, Hashable, Codable, CustomStringConvertible {
  /// The cell's name.
  public var name: String { definitions[0].name }
  /// The text.
  public let description: String
  let definitions: [CellDefinition]

  /// Reads a text, and states its equations for sizes of its own.
  ///
  /// - Parameters:
  ///   - text: One cell, or one cell for each of some sizes.
  ///   - file: The name of the text in errors.
  /// - Throws: ``CellTextError`` with the first place that is wrong.
  public init(_ text: String, file: String = "cell text") throws(CellTextError) {
    do throws(CellTextError) {
      definitions = try TextParser.definitions(text)
      description = text
      for definition in definitions {
        let (input, hidden) = definition.sizes.example
        do throws(CellTextError) {
          _ = try TextEvaluation.graph(
            definition, inputSize: input, hiddenSize: hidden, bias: true)
        } catch {
          // A cell of matrices can be beyond the limits at one size and suit a smaller one.
          let sizes = definition.sizes
          guard error.found == "more", sizes.input == nil, sizes.hidden == nil else { throw error }
          _ = try TextEvaluation.graph(
            definition, inputSize: sizes.areEqual ? 120 : 60, hiddenSize: 120, bias: true)
        }
      }
    } catch {
      var named = error
      named.file = file
      throw named
    }
  }

  /// The most bytes that a text may have.
  public static let mostBytes = TextLimits.bytes

  /// Sixteen digits that differ between texts (FNV-1a of 64 bits).
  public var fingerprint: String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in description.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// The one input size and hidden size that suit, where the text is for such.
  package var fixedSizes: (input: Int?, hidden: Int?) {
    definitions.count == 1 ? (definitions[0].sizes.input, definitions[0].sizes.hidden) : (nil, nil)
  }

  /// The options that the text states, in the form in which options are saved.
  var options: OptionValue {
    .named(
      Dictionary(
        definitions[0].options.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    )
  }

  /// The definition for some sizes; the first one that suits.
  private func definition(_ inputSize: Int, _ hiddenSize: Int) -> CellDefinition? {
    definitions.first { $0.sizes.contains(input: inputSize, hidden: hiddenSize) }
  }

  public func equations(_ cell: inout CellBuilder) {
    guard let definition = definition(cell.inputSize, cell.hiddenSize) else {
      failure("cell \(name) has no equations for I = \(cell.inputSize), H = \(cell.hiddenSize)")
    }
    do throws(CellTextError) {
      try TextEvaluation.state(definition, in: cell)
    } catch {
      failure("\(error)")
    }
  }

  /// Checks that the text has equations for these sizes, and that every width fits.
  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {
    _ = try graph(inputSize: inputSize, hiddenSize: hiddenSize)
  }

  /// The cell's graph for some sizes.
  ///
  /// - Throws: ``UnsuitableOption`` if the text has no equations for these sizes, or if a width does not fit.
  package func graph(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) -> CellGraph {
    guard let definition = definition(inputSize, hiddenSize) else {
      let sizes = definitions.map { $0.sizes.description }.joined(separator: ", or ")
      throw UnsuitableOption(
        "sizes", expected: sizes, found: "I = \(inputSize), H = \(hiddenSize)")
    }
    do throws(CellTextError) {
      return try TextEvaluation.graph(
        definition, inputSize: inputSize, hiddenSize: hiddenSize, bias: true)
    } catch {
      throw UnsuitableOption(
        "text, line \(error.line), column \(error.column)", expected: error.expected,
        found: error.foundAndSuggestion)
    }
  }

  // MARK: Coding

  /// Reads the text.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    do {
      try self.init(try container.decode(String.self))
    } catch let error as CellTextError {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(error)")
    }
  }

  /// Writes the text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  /// Whether two texts are the same, character for character.
  public static func == (a: CellText, b: CellText) -> Bool { a.description == b.description }

  /// Feeds the text to a hasher.
  public func hash(into hasher: inout Hasher) { hasher.combine(description) }
}

extension CellDefinition.Sizes {
  /// Sizes that suit, different from each other where they may be, and divisible by small numbers.
  var example: (input: Int, hidden: Int) {
    let hidden = hidden ?? (areEqual ? input : nil) ?? 720
    return (areEqual ? hidden : input ?? 360, hidden)
  }

  var description: String {
    var parts: [String] = areEqual ? ["I = H"] : []
    if let input { parts.append("I = \(input)") }
    if let hidden { parts.append("H = \(hidden)") }
    return parts.isEmpty ? "any" : parts.joined(separator: ", ")
  }
}
