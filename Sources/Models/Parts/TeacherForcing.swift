import Requirements

/// How often the decoder's input in training is the target token instead of its own prediction.
///
/// The probability p of the target token starts at 1 and changes with the training step k:
///
///     linear    from 1 down to `last` over `steps` steps, then constant
///     sigmoid   μ / (μ + exp(k / μ))
///
/// The model's own predictions come from a first pass over the target answers, so that both passes run over all steps
/// at once. Papers: S. Bengio et al., Scheduled sampling, NeurIPS 2015 (the schedules); D. Duckworth et al., Parallel
/// scheduled sampling, 2019 (the two passes).
public enum TeacherForcing: Codable, Hashable, Sendable {
  /// p is always 1.
  case always
  /// p falls linearly.
  case linear(last: Double, steps: Int)
  /// p falls by an inverse sigmoid with this μ.
  case sigmoid(Double)

  /// p at a training step.
  public func share(step: Int) -> Double {
    switch self {
    case .always: 1
    case .linear(let last, let steps): max(last, 1 - (1 - last) * Double(step) / Double(steps))
    case .sigmoid(let mu): mu / (mu + exponential(Double(step) / mu))
    }
  }

  func validate() throws(InvalidSetting) {
    switch self {
    case .always: return
    case .linear(let last, let steps):
      guard (0...1).contains(last) else {
        throw InvalidSetting("teacher forcing's last share", expected: "0 to 1", found: last)
      }
      try InvalidSetting.check("teacher forcing's steps", steps, in: 1...Int.max)
    case .sigmoid(let mu): try InvalidSetting.checkPositive("teacher forcing's width", mu)
    }
  }
}

extension TeacherForcing: LosslessStringConvertible {
  /// Parses `always`, `linear:LAST:STEPS` or `sigmoid:WIDTH`; nil for any other text.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    switch (parts.first, parts.count) {
    case ("always", 1): self = .always
    case ("linear", 3):
      guard let last = Double(parts[1]), let steps = Int(parts[2]) else { return nil }
      self = .linear(last: last, steps: steps)
    case ("sigmoid", 2):
      guard let width = Double(parts[1]) else { return nil }
      self = .sigmoid(width)
    default: return nil
    }
  }

  /// The text that ``init(_:)`` reads.
  public var description: String {
    switch self {
    case .always: "always"
    case .linear(let last, let steps): "linear:\(last):\(steps)"
    case .sigmoid(let width): "sigmoid:\(width)"
    }
  }
}
