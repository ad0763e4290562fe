import Models
import TensorCore

/// Parameters that learn in their own way: slower, without decay, or not at all.
///
/// ```swift
/// settings.groups = [ParameterGroup("embed", learningRateScale: 0), ParameterGroup("fc.bias", weightDecay: 0)]
/// ```
public struct ParameterGroup: Codable, Hashable, Sendable {
  /// The name of a parameter, or the beginning of the names of several up to a dot: `rnn`.
  public var prefix: String
  /// What the learning rate is multiplied by; 0 freezes the group.
  public var learningRateScale: Double
  /// How much these weights shrink; nil for as much as the others.
  public var weightDecay: Double?

  /// A group by the beginning of its names.
  public init(_ prefix: String, learningRateScale: Double = 1, weightDecay: Double? = nil) {
    self.prefix = prefix
    self.learningRateScale = learningRateScale
    self.weightDecay = weightDecay
  }

  /// Whether the group's parameters stay as they are.
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
  /// A group as flags write it: `NAME:RATE-FACTOR` or `NAME:RATE-FACTOR:WEIGHT-DECAY`; nil for any other text.
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
  /// The group that a parameter belongs to: the first that contains it.
  func group(of name: String) -> ParameterGroup? { first { $0.contains(name) } }

  /// Checks that every group has a parameter.
  func validate(for model: some Module) throws(InvalidSetting) {
    let names = model.parameters.map(\.name)
    for group in self where !names.contains(where: group.contains) {
      throw InvalidSetting(
        "parameter group", expected: "the beginning of one of \(names.joined(separator: ", "))",
        found: group.prefix)
    }
  }
}
