import FileCore

/// Fills the missing numbers in the steps of a series, as training did: each with the last number of its column, or before
/// the first one with the mean.
struct StepNumbers {
  private let columns: InputColumns
  /// The last number of each column.
  private var last: [String?]

  init(_ columns: InputColumns) {
    self.columns = columns
    last = columns.names.map { _ in nil }
  }

  /// The fields of a step, each number as digits without spaces and commas; those of an input that is no step as they are.
  ///
  /// A step that is no input, since a field is no number, fills none after it.
  mutating func filled(_ fields: [String]) -> [String] {
    guard !columns.readsRows else { return fields }
    let numbers = fields.enumerated().map { index, field in
      field.isMissing
        ? last[index] ?? columns.mean(of: index) : columns.digits(of: field, at: index)
    }
    if numbers.allSatisfy({ $0 != nil }) {
      for (index, field) in fields.enumerated() where !field.isMissing {
        last[index] = numbers[index]
      }
    }
    return zip(fields, numbers).map { $1 ?? $0 }
  }
}
