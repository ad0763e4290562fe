import TensorCore

extension CellText {
  /// The same cell in Swift, as the source of a type of the given name; tracing it gives the same graph.
  ///
  /// - Parameter type: The name of the type, as Swift allows it.
  public func swift(type: String) -> String {
    SwiftForm.source(type: type, self)
  }
}

/// Writes the definitions of a text as a Swift type.
enum SwiftForm {
  static func source(type: String, _ text: CellText) -> String {
    var lines = [
      "import Cells", "", "/// The cell \(text.name), whose equations a text states.", "///",
    ]
    for line in text.description.split(separator: "\n", omittingEmptySubsequences: false) {
      lines.append(line.isEmpty ? "///" : "///     \(line)")
    }
    while lines.last == "///" { lines.removeLast() }
    lines.append("struct \(type): RecurrentCell, Codable, Hashable {")
    lines.append("  func equations(_ cell: inout CellBuilder) {")
    for definition in text.definitions {
      var writer = SwiftWriter(definition)
      let body = writer.statements()
      if let condition = condition(definition.sizes, of: "cell.") {
        lines.append("    if \(condition) {")
        lines += body.map { "      " + $0 } + ["      return", "    }"]
      } else {
        lines += body.map { "    " + $0 }
        break
      }
    }
    lines.append("  }")
    lines += validation(text)
    return lines.joined(separator: "\n") + "\n}\n"
  }

  private static func condition(_ sizes: CellDefinition.Sizes, of owner: String) -> String? {
    var parts = sizes.areEqual ? ["\(owner)inputSize == \(owner)hiddenSize"] : []
    if let input = sizes.input { parts.append("\(owner)inputSize == \(input)") }
    if let hidden = sizes.hidden { parts.append("\(owner)hiddenSize == \(hidden)") }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  /// What the sizes must be for the text's definitions, where not all suit.
  private static func validation(_ text: CellText) -> [String] {
    var checks: [String] = []
    var isForAll = false
    for definition in text.definitions {
      let divisions = Array(Set(definition.sizeTerms.flatMap(\.divisions))).sorted()
      let whole = divisions.joined(separator: ", ")
      guard let condition = condition(definition.sizes, of: "") else {
        if whole.isEmpty { isForAll = true } else { checks.append("    if \(whole) { return }") }
        break
      }
      checks.append("    if \(condition) { return }")
    }
    guard !isForAll else { return [] }
    return [
      "", "  func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {",
    ] + checks + [
      "    throw UnsuitableOption(",
      "      \"sizes\", expected: \"sizes for which there are equations\",",
      "      found: \"\\(inputSize) and \\(hiddenSize)\")", "  }",
    ]
  }
}

extension CellDefinition {
  /// The terms of the definition that are sizes.
  fileprivate var sizeTerms: [Term] {
    states.flatMap(\.shape) + parameters.flatMap(\.shape)
      + equations.flatMap { $0.term.sizeTerms }
  }
}

extension Term {
  fileprivate var sizeTerms: [Term] {
    parts.enumerated().flatMap { index, part -> [Term] in
      if case .word(let word) = head, case .size = word.argument(index) { return [part] }
      return part.sizeTerms
    }
  }

  /// The conditions under which the term's divisions leave no rest.
  fileprivate var divisions: [String] {
    let own: [String]
    if case .function(.divide) = head {
      own = [
        "(\(SwiftWriter.size(parts[0], of: ""))) % (\(SwiftWriter.size(parts[1], of: ""))) == 0"
      ]
    } else {
      own = []
    }
    return own + parts.flatMap(\.divisions)
  }
}
