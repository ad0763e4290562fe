import Models

/// A choice of optimizer, with its own options.
public enum OptimizerChoice: Codable, Hashable, Sendable {
  /// ``Adam``.
  case adam
  /// ``AdamW``.
  case adamW
  /// ``RMSProp``.
  case rmsProp
  /// ``SGD``, with the given momentum.
  case sgd(momentum: Double = 0)
  /// ``SGD`` with Nesterov's momentum.
  case nesterov(momentum: Double)

  /// Makes the optimizer of training settings.
  static func make(_ settings: TrainingSettings) -> any Optimizer {
    let rate = settings.learningRate
    switch settings.optimizer {
    case .adam: return Adam(learningRate: rate, weightDecay: settings.weightDecay ?? 0)
    case .adamW: return AdamW(learningRate: rate, weightDecay: settings.weightDecay ?? 0.01)
    case .rmsProp: return RMSProp(learningRate: rate, weightDecay: settings.weightDecay ?? 0)
    case .sgd(let momentum):
      return SGD(learningRate: rate, momentum: momentum, weightDecay: settings.weightDecay ?? 0)
    case .nesterov(let momentum):
      return SGD(
        learningRate: rate, momentum: momentum, weightDecay: settings.weightDecay ?? 0,
        usesNesterov: true)
    }
  }

  /// The name for display.
  var title: String {
    switch self {
    case .adam: "Adam"
    case .adamW: "AdamW"
    case .rmsProp: "RMSProp"
    case .sgd(0): "SGD"
    case .sgd(let momentum): "SGD with momentum \(momentum)"
    case .nesterov(let momentum): "SGD with Nesterov's momentum \(momentum)"
    }
  }

  func validate() throws(InvalidSetting) {
    switch self {
    case .adam, .adamW, .rmsProp: return
    case .sgd(let momentum):
      guard (0..<1).contains(momentum) else {
        throw InvalidSetting("momentum", expected: "a share from 0 to below 1", found: momentum)
      }
    case .nesterov(let momentum):
      guard momentum > 0, momentum < 1 else {
        throw InvalidSetting(
          "momentum", expected: "a share above 0 and below 1", found: momentum)
      }
    }
  }
}

extension OptimizerChoice: LosslessStringConvertible {
  /// Parses `adam`, `adamw`, `rmsprop`, `sgd`, `sgd:MOMENTUM` or `sgd:MOMENTUM:nesterov`; nil for any other text.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    switch (parts.first, parts.count) {
    case ("adam", 1): self = .adam
    case ("adamw", 1): self = .adamW
    case ("rmsprop", 1): self = .rmsProp
    case ("sgd", 1): self = .sgd()
    case ("sgd", 2...3):
      guard let momentum = Double(parts[1]) else { return nil }
      if parts.count == 2 {
        self = .sgd(momentum: momentum)
      } else if parts[2] == "nesterov" {
        self = .nesterov(momentum: momentum)
      } else {
        return nil
      }
    default: return nil
    }
  }

  /// The text that ``init(_:)`` reads.
  public var description: String {
    switch self {
    case .adam: "adam"
    case .adamW: "adamw"
    case .rmsProp: "rmsprop"
    case .sgd(0): "sgd"
    case .sgd(let momentum): "sgd:\(momentum)"
    case .nesterov(let momentum): "sgd:\(momentum):nesterov"
    }
  }
}
