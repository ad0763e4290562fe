import FileCore

/// The columns of a file that a model's training read as input.
struct InputColumns {
  /// Their names, paths of JSON members, or numbers from 1.
  let names: [String]
  /// The normalization of names and texts.
  let form: TextForm?
  /// Whether each row is an input, and not a step of one.
  let readsRows: Bool
  private let targets: [String]
  /// Whether the names are usual ones of a text, of which the first that is there is read.
  private let areUsual: Bool
  private let kind: ValueKind

  /// The columns of a table or of JSON Lines, or usual names if a text was trained on without names; nil for others.
  init?(_ options: FileOptions, _ kind: ValueKind) {
    guard let task = options.task, task != .tagging else { return nil }
    if case .text = kind { areUsual = options.columns.isEmpty } else { areUsual = false }
    guard areUsual || !options.columns.isEmpty else { return nil }
    names = areUsual ? ColumnNames.texts : options.columns
    targets = options.target ?? []
    form = options.form
    readsRows = task != .forecasting
    self.kind = kind
  }

  /// The names for messages.
  var title: String {
    areUsual ? "a column such as text or review" : names.listed()
  }

  /// Their places in a row, if they have only numbers.
  var numbers: [Int]? {
    let numbers = names.compactMap { Int($0).map { $0 - 1 } }
    return numbers.count == names.count && numbers.allSatisfy { $0 >= 0 } ? numbers : nil
  }

  /// Their places in the first row of a table; nil if it is no heading.
  ///
  /// - Parameter isTable: whether the file is known to be a table. The first line of another one is a heading only if
  ///   it has all names, those of the answers too, or these names alone: a text may begin with any word.
  func places(in heading: [String], isTable: Bool) -> [Int]? {
    if areUsual {
      let place = isTable ? names.lazy.compactMap { self.place(of: $0, in: heading) }.first : nil
      return place.map { [$0] }
    }
    var places: [Int] = []
    for name in names {
      guard let place = place(of: name, in: heading) else { return nil }
      places.append(place)
    }
    let hasTargets =
      !targets.isEmpty && targets.allSatisfy { place(of: $0, in: heading) != nil }
    return isTable || hasTargets || heading.count == names.count ? places : nil
  }

  private func place(of name: String, in heading: [String]) -> Int? {
    let exact = heading.firstIndex { ExactString(formed($0)) == ExactString(name) }
    let alike = heading.indices.filter {
      ColumnNames.plain(formed(heading[$0])) == ColumnNames.plain(name)
    }
    return exact ?? (alike.count == 1 ? alike[0] : nil)
  }

  /// Whether a line has the columns' names in their order.
  func isHeading(_ line: String) -> Bool {
    line.split { ",;\t ".contains($0) }.map(String.init) == names
  }

  /// The mean of a column of numbers.
  func mean(of index: Int) -> String? {
    guard case .features(let columns) = kind, columns.indices.contains(index) else { return nil }
    return "\(columns[index].offset)"
  }

  /// The digits of a field, without spaces and commas; nil if it is no number that the model can read.
  func digits(of field: String, at index: Int) -> String? {
    guard case .features(let columns) = kind, columns.indices.contains(index),
      let number = field.finiteNumber, columns[index].scaled(number).isFinite
    else { return nil }
    return field.contains { ", ".contains($0) } ? "\(number)" : field
  }

  private func formed(_ text: String) -> String { form?.apply(to: text) ?? text }

  /// The input of the fields of a row.
  func input(of fields: [String], others: [ExactString: JSONValue]) -> ModelInput {
    switch kind {
    case .text, .symbols, .label:
      return ModelInput(text: fields.joined(separator: "\n"), others: others)
    case .features:
      return ModelInput(numbers: fields, isWhole: readsRows, isSequence: true, others: others)
    case .vector:
      return ModelInput(numbers: fields, isWhole: true, isSequence: false, others: others)
    }
  }

  /// The input of a JSON object with these members; nil for any other line, and for an object with a member `input`. In a
  /// step of a series, null is a missing number.
  func input(ofObject line: ArraySlice<UInt8>, _ steps: inout StepNumbers) -> ModelInput? {
    guard line.first == UInt8(ascii: "{"),
      case .object(var members) = try? JSONValue(parsing: Array(line), maximumDepth: 32),
      members["input"] == nil
    else { return nil }
    let texts = names.map { name in
      let value = JSONPath.value(name, in: members)
      return value == .null && !readsRows ? "" : value?.fieldText
    }
    var fields: [String] = []
    for (name, text) in zip(names, texts) {
      guard let text else {
        if areUsual { continue }
        return nil
      }
      fields.append(text)
      members[ExactString(name)] = nil
      if areUsual { break }
    }
    return fields.isEmpty ? nil : input(of: steps.filled(fields), others: members)
  }
}
