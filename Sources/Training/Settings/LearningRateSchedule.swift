import Models
import Requirements

/// A learning rate schedule.
///
/// With η the base rate, k the number of completed steps and K the total number of steps:
///
///     constant      η
///     step          η γ^⌊k / every⌋
///     exponential   η γ^k
///     cosine        η (k + 1) / W while k < W, then η_min + (η - η_min) (1 + cos(π (k - W) / (K - W))) / 2
///     plateau       η γ^n, where n counts the times that `patience` evaluations were without improvement
///     one cycle     from η / 25 up to η over the first 30 % of the steps, then down to η / 250,000, along cosines
///
/// These are PyTorch's `StepLR`, `ExponentialLR`, `LinearLR` before `CosineAnnealingLR`, `ReduceLROnPlateau` and
/// `OneCycleLR` (which by default changes the momentum too; this one does not), step by step.
/// Papers: I. Loshchilov and F. Hutter, SGDR, ICLR 2017 (cosine); L. Smith and N. Topin,
/// Super-convergence, 2018 (one cycle).
public enum LearningRateSchedule: Codable, Hashable, Sendable {
  /// The rate is constant.
  case constant
  /// The rate is multiplied by `factor` every `every` steps.
  case step(every: Int, factor: Double)
  /// The rate is multiplied by `factor` at each step.
  case exponential(factor: Double)
  /// The rate rises linearly over `warmUp` steps, then falls along half a cosine to η_min = `floor` η.
  case cosine(warmUp: Int = 0, floor: Double = 0)
  /// The rate is multiplied by `factor` after more than `patience` consecutive evaluations without improvement.
  case plateau(factor: Double = 0.1, patience: Int = 10)
  /// The rate rises and falls once.
  case oneCycle

  /// The rate of the next step.
  ///
  /// - Parameters:
  ///   - base: η.
  ///   - step: the number of completed steps, k.
  ///   - total: the total number of steps, K; after them the rate is constant.
  ///   - reductions: for ``plateau(factor:patience:)``, n.
  public func rate(base: Double, step: Int, total: Int, reductions: Int = 0) -> Double {
    switch self {
    case .constant: return base
    case .step(let every, let factor): return base * power(factor, Double(step / every))
    case .exponential(let factor): return base * power(factor, Double(step))
    case .plateau(let factor, _): return base * power(factor, Double(reductions))
    case .cosine(let warmUp, let floor):
      if step < warmUp { return base * Double(step + 1) / Double(warmUp) }
      let progress = Double(step - warmUp) / Double(max(1, total - warmUp))
      return Self.anneal(from: base, to: base * floor, at: min(1, progress))
    case .oneCycle:
      let (low, least) = (base / 25, base / 250_000)
      let peak = max(1, 0.3 * Double(total) - 1)
      let k = min(Double(step), Double(total - 1))
      if k <= peak { return Self.anneal(from: low, to: base, at: k / peak) }
      return Self.anneal(
        from: base, to: least, at: (k - peak) / max(1, Double(total - 1) - peak))
    }
  }

  /// Half a cosine from `start` at 0 to `end` at 1.
  private static func anneal(from start: Double, to end: Double, at progress: Double) -> Double {
    end + (start - end) * (1 + Requirements.cosine(.pi * progress)) / 2
  }

  /// Whether the rate depends on the total number of steps.
  var needsTotal: Bool {
    switch self {
    case .cosine, .oneCycle: true
    case .constant, .step, .exponential, .plateau: false
    }
  }

  func validate() throws(InvalidSetting) {
    switch self {
    case .constant, .oneCycle: return
    case .step(let every, let factor):
      try InvalidSetting.check("schedule's steps", every, in: 1...Int.max)
      try Self.checkFactor(factor)
    case .exponential(let factor): try Self.checkFactor(factor)
    case .cosine(let warmUp, let floor):
      try InvalidSetting.check("schedule's warm-up", warmUp, in: 0...Int.max)
      guard (0...1).contains(floor) else {
        throw InvalidSetting("schedule's floor", expected: "a share from 0 to 1", found: floor)
      }
    case .plateau(let factor, let patience):
      try Self.checkFactor(factor)
      try InvalidSetting.check("schedule's patience", patience, in: 0...Int.max)
    }
  }

  private static func checkFactor(_ factor: Double) throws(InvalidSetting) {
    guard factor > 0, factor <= 1 else {
      throw InvalidSetting(
        "schedule's factor", expected: "a number above 0, at most 1", found: factor)
    }
  }
}

extension LearningRateSchedule: LosslessStringConvertible {
  /// Parses a schedule: `constant`, `step:1000:0.5`, `exponential:0.999`, `cosine`, `cosine:WARM-UP`,
  /// `cosine:WARM-UP:FLOOR`, `plateau`, `plateau:FACTOR:PATIENCE`, `one-cycle`; nil for any other text.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    let numbers = parts.dropFirst().compactMap(Double.init)
    let whole = numbers.compactMap(Int.init(exactly:))
    guard numbers.count == parts.count - 1, let name = parts.first else { return nil }
    switch (name, numbers.count) {
    case ("constant", 0): self = .constant
    case ("step", 2):
      guard let every = Int(exactly: numbers[0]) else { return nil }
      self = .step(every: every, factor: numbers[1])
    case ("exponential", 1): self = .exponential(factor: numbers[0])
    case ("cosine", 0): self = .cosine()
    case ("cosine", 1...2):
      guard let warmUp = Int(exactly: numbers[0]) else { return nil }
      self = .cosine(warmUp: warmUp, floor: numbers.count > 1 ? numbers[1] : 0)
    case ("plateau", 0): self = .plateau()
    case ("plateau", 2):
      guard let patience = whole.last, Double(patience) == numbers[1] else { return nil }
      self = .plateau(factor: numbers[0], patience: patience)
    case ("one-cycle", 0): self = .oneCycle
    default: return nil
    }
  }

  /// The text that ``init(_:)`` reads.
  public var description: String {
    switch self {
    case .constant: "constant"
    case .step(let every, let factor): "step:\(every):\(factor)"
    case .exponential(let factor): "exponential:\(factor)"
    case .cosine(0, 0): "cosine"
    case .cosine(let warmUp, 0): "cosine:\(warmUp)"
    case .cosine(let warmUp, let floor): "cosine:\(warmUp):\(floor)"
    case .plateau(let factor, let patience): "plateau:\(factor):\(patience)"
    case .oneCycle: "one-cycle"
    }
  }
}
