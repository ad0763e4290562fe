import FileCore
import Models
import TensorCore

/// A group of parameters with its own learning rate and weight decay.
///
/// ```swift
/// settings.groups = [ParameterGroup("embed", learningRateScale: 0), ParameterGroup("fc.bias", weightDecay: 0)]
/// ```
public struct ParameterGroup: Codable, Hashable, Sendable {
  /// The name of a parameter, or the prefix of several names up to a dot, such as `rnn`.
  public var prefix: String
  /// The factor of the learning rate; 0 freezes the group.
  public var learningRateScale: Double
  /// The weight decay of the group; nil for the optimizer's.
  public var weightDecay: Double?

  /// A group of the parameters with a prefix.
  public init(_ prefix: String, learningRateScale: Double = 1, weightDecay: Double? = nil) {
    self.prefix = prefix
    self.learningRateScale = learningRateScale
    self.weightDecay = weightDecay
  }

  /// Whether the group's parameters are not trained.
  public var isFrozen: Bool { learningRateScale == 0 }

  /// Whether a parameter belongs to the group.
  public func contains(_ name: String) -> Bool {
    name == prefix || name.hasPrefix(prefix + ".")
  }

  func validate() throws(InvalidSetting) {
    guard !prefix.isEmpty else {
      throw InvalidSetting("parameter group", expected: "the beginning of a name", found: "nothing")
    }
    try InvalidSetting.checkNotNegative("\(prefix)'s learning rate", learningRateScale)
    try InvalidSetting.checkNotNegative("\(prefix)'s weight decay", weightDecay ?? 0)
  }
}

extension ParameterGroup: LosslessStringConvertible {
  /// Parses `NAME:RATE-FACTOR` or `NAME:RATE-FACTOR:WEIGHT-DECAY`; nil for any other text.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    let numbers = parts.dropFirst().compactMap(Double.init)
    guard (1...2).contains(numbers.count), parts.count == numbers.count + 1 else { return nil }
    self.init(
      parts[0], learningRateScale: numbers[0], weightDecay: numbers.count > 1 ? numbers[1] : nil)
  }

  /// The text that ``init(_:)`` reads.
  public var description: String {
    (["\(prefix)", "\(learningRateScale)"] + (weightDecay.map { ["\($0)"] } ?? []))
      .joined(separator: ":")
  }
}

extension [ParameterGroup] {
  /// The group of a parameter: the first that contains it.
  func group(of name: String) -> ParameterGroup? { first { $0.contains(name) } }

  /// Checks that every group has a parameter.
  func validate(for model: some Module) throws(InvalidSetting) {
    let names = model.parameters.map(\.name)
    for group in self where !names.contains(where: group.contains) {
      throw InvalidSetting(
        "parameter group", expected: "the beginning of one of \(names.listed())",
        found: group.prefix)
    }
  }
}
