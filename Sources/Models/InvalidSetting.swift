import FileCore
import TensorCore

/// An invalid number or name in a configuration.
public struct InvalidSetting: Error, Hashable, CustomStringConvertible {
  /// The name of the setting.
  public let name: String
  /// The allowed values.
  public let expected: String
  /// The value found.
  public let found: String

  /// An invalid value of a setting.
  public init(_ name: String, expected: String, found: some CustomStringConvertible) {
    self.name = name
    self.expected = expected
    self.found = "\(found)"
  }

  /// One line with all three.
  public var description: String { "\(name): expected \(expected), found \(found)" }
}

extension InvalidSetting {
  /// The largest number of units, samples or steps: with it no product of four sizes overflows.
  package static let largestSize = 65_536
  /// The largest number of tokens, classes or features.
  package static let mostNames = 16_777_216
  /// The largest number of layers.
  package static let mostLayers = 256

  package static func check(
    _ name: String, _ value: Int, in range: ClosedRange<Int>
  ) throws(InvalidSetting) {
    guard range.contains(value) else {
      let bounds =
        range.upperBound == .max
        ? "of \(range.lowerBound) or more" : "from \(range.lowerBound) to \(range.upperBound)"
      throw InvalidSetting(name, expected: "a whole number \(bounds)", found: value)
    }
  }

  package static func checkPositive(_ name: String, _ value: Double) throws(InvalidSetting) {
    guard value > 0, value.isFinite else {
      throw InvalidSetting(
        name, expected: "a \(value.isFinite ? "" : "finite ")number above 0", found: value)
    }
  }

  package static func checkNotNegative(_ name: String, _ value: Double) throws(InvalidSetting) {
    guard value >= 0, value.isFinite else {
      throw InvalidSetting(
        name, expected: "a \(value.isFinite ? "" : "finite ")number that is not negative",
        found: value)
    }
  }

  /// Checks that memory could hold a model's parameters, their gradients, and what a training keeps beside them; without
  /// any of these nothing is trained, and the system ends a program that tries.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - limit: the memory that there is; nil where it is not known.
  ///   - kept: the number of further arrays of a parameter's size, by the parameter's name: an optimizer's moments, averages.
  package static func checkMemory(
    of model: some Module, within limit: MemoryLimit? = .current,
    keeping kept: ((_ name: String) -> Int)? = nil
  ) throws(InvalidSetting) {
    let size = MemoryLayout<Float>.size
    let need = model.parameters.reduce(0) { sum, parameter in
      sum + (2 + (kept?(parameter.name) ?? 0)) * size * parameter.value.count
    }
    guard let limit, need > limit.bytes else { return }
    let parts = kept == nil ? "weights and gradients" : "weights, gradients and optimizer state"
    throw InvalidSetting(
      "model", expected: "\(parts) of at most \(limit.bytes.counted("bytes")), \(limit.name)",
      found: need.grouped)
  }

  /// Checks the batch size and the number of steps.
  ///
  /// - Throws: ``InvalidSetting`` with the first number that is out of range.
  package static func checkBatch(size: Int, steps: Int) throws(InvalidSetting) {
    try check("batch size", size, in: 1...largestSize)
    try check("steps", steps, in: 1...largestSize)
  }
}
