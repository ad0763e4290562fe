import FileCore

extension Inspection {
  /// The number of elements in all parameters.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.shape.reduce(1, *) } }

  /// A few paragraphs and a table; control characters of the file's texts are shown as escapes.
  public var text: String {
    var lines = ["\(path): \(format), \(byteCount.grouped) bytes"]
    if let model { lines.append(model.visibleLine) }
    lines += Self.section("configuration", configuration.map { ($0.name, shortened($0.value)) })
    if !parameters.isEmpty { lines += ["", "parameters"] + table }
    lines += Self.section("training state", summarizedState)
    if let verification { lines += ["", "verified: \(verification)"] }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func section(_ title: String, _ facts: [(name: String, text: String)]) -> [String]
  {
    guard !facts.isEmpty else { return [] }
    let names = facts.map(\.name.visibleLine)
    let width = names.map(\.count).max() ?? 0
    return ["", title]
      + zip(names, facts).map { "  " + $0.padded(to: width) + "  " + $1.text.visibleLine }
  }

  private func shortened(_ value: JSONValue) -> String {
    let text = value.stringValue ?? value.text
    return text.count > 160 ? text.prefix(157) + "..." : text
  }

  /// The training state with the optimizer's many arrays summarized in one line.
  private var summarizedState: [(name: String, text: String)] {
    let optimizer = state.filter { $0.name.hasPrefix("optimizer/") }
    var facts = state.filter { !$0.name.hasPrefix("optimizer/") }
      .map { (name: $0.name, text: shortened($0.value)) }
    if !optimizer.isEmpty {
      let kinds = Set(
        optimizer.compactMap { $0.name.split(separator: "/").dropFirst().first.map(String.init) })
      facts.insert(
        (
          "optimizer",
          optimizer.count.counted("entries") + ": " + kinds.sorted().joined(separator: ", ")
        ),
        at: 0)
    }
    return facts
  }

  private var table: [String] {
    var table = TextTable(
      ["name", "shape", "type", "min", "max", "norm", "zeros", "bytes", "stored"],
      rightAligned: 3...)
    for parameter in parameters {
      let statistics = parameter.statistics
      let count = parameter.shape.reduce(1, *)
      let zeros = count == 0 ? 0 : 100 * Double(statistics.zeros) / Double(count)
      table.add([
        parameter.name.visibleLine, "\(parameter.shape)", "\(parameter.elementType)",
        statistics.minimum.shortText, statistics.maximum.shortText,
        statistics.norm.shortText
          + (statistics.nonFinite > 0 ? " (not finite: \(statistics.nonFinite))" : ""),
        "\(zeros.shortText)%", parameter.byteCount.grouped, parameter.storedByteCount.grouped,
      ])
    }
    let (bytes, stored) = parameters.reduce((0, 0)) {
      ($0.0 + $1.byteCount, $0.1 + $1.storedByteCount)
    }
    table.add([
      "\(parameterCount.grouped) numbers", "", "", "", "", "", "", bytes.grouped, stored.grouped,
    ])
    return table.lines.map { "  " + $0 }
  }

  /// Everything as one JSON object; infinities and NaN are null.
  public var json: JSONValue {
    func object(_ facts: [Fact]) -> JSONValue {
      .object([ExactString: JSONValue](facts.map { (ExactString($0.name), $0.value) }) { $1 })
    }
    var members: [ExactString: JSONValue] = [
      "file": .string(path), "format": .string(format), "bytes": JSONValue(byteCount),
      "configuration": object(configuration), "state": object(state),
      "parameterCount": JSONValue(parameterCount),
    ]
    members["parameters"] = .array(
      parameters.map { parameter in
        let statistics = parameter.statistics
        return .object([
          "name": .string(parameter.name), "shape": .array(parameter.shape.map { JSONValue($0) }),
          "type": .string("\(parameter.elementType)"),
          "minimum": JSONValue(statistics.minimum), "maximum": JSONValue(statistics.maximum),
          "norm": JSONValue(statistics.norm), "zeros": JSONValue(statistics.zeros),
          "nonFinite": JSONValue(statistics.nonFinite), "bytes": JSONValue(parameter.byteCount),
          "storedBytes": JSONValue(parameter.storedByteCount),
        ])
      })
    if let model { members["model"] = .string(model) }
    if let verification { members["verified"] = .string(verification) }
    return .object(members)
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(0, width - count))
  }
}

extension Double {
  /// The number with four significant digits.
  fileprivate var shortText: String {
    guard self != 0, isFinite else { return self == 0 ? "0" : "\(self)" }
    var scale = 1.0
    while abs(self) * scale >= 10_000 { scale /= 10 }
    while abs(self) * scale < 1_000, scale < 1e300 { scale *= 10 }
    let text = "\(Float((self * scale).rounded() / scale))"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
