import FileCore
import Models
import Requirements
import TensorCore

/// Training settings for any task: optimizer, schedule, clipping, averaging, early stopping.
///
/// They are saved beside the weights for resuming. Options that are missing in a file have their defaults.
public struct TrainingSettings: Hashable, Sendable {
  /// The number of epochs.
  public var epochs = 1
  /// The most steps; nil for all steps of the epochs.
  public var steps: Int?
  /// The optimizer.
  public var optimizer = OptimizerChoice.adam
  /// The base learning rate of the schedule.
  public var learningRate = 0.002
  /// The weight decay; nil for the optimizer's default.
  public var weightDecay: Double?
  /// The learning rate schedule.
  public var schedule = LearningRateSchedule.constant
  /// The largest norm of a step's gradients; nil for no limit.
  public var clip: Double? = 1
  /// The largest absolute value of a gradient's element; nil for no limit.
  public var clipValue: Double?
  /// Gradient accumulation: the number of batches whose gradients are averaged for one step.
  public var accumulation = 1
  /// Label smoothing: the share of a target's probability that is spread over all classes.
  public var labelSmoothing = 0.0
  /// The averaging of weights over steps.
  public var averaging = WeightAveraging.none
  /// The number of steps between evaluations; nil for one after each epoch.
  public var evaluateEvery: Int?
  /// Early stopping: the number of evaluations without improvement after which training ends; nil for never.
  public var patience: Int?
  /// Whether the model of the best evaluation is saved instead of the last.
  public var keepsBest = false
  /// Parameter groups with their own settings; the first group that contains a name is used.
  public var groups: [ParameterGroup] = []
  /// The norm of the gradients before clipping above which training is considered diverged.
  public var normLimit = 1e6
  /// The precision of matrix products in training and evaluation.
  public var precision = Precision.highest
  /// How each batch is cut into shards, whose gradients are computed alone; nil for whole batches. Training on several
  /// ranks needs it, and gives the same bits for any number of them.
  public var sharding: Sharding?
  /// The number of steps between comparisons of the weights of several ranks, by a checksum; nil for 100.
  public var compareEvery: Int?
  /// The seed of the weights, the order of the data, and dropout.
  public var seed: UInt64 = 1

  /// The default settings: one epoch of Adam at 0.002, clipped to norm 1.
  public init() {}

  /// Checks that every number is in its range.
  ///
  /// - Throws: `InvalidSetting` with the first number that is not.
  public func validate() throws(InvalidSetting) {
    try InvalidSetting.check("epochs", epochs, in: 1...1_000_000)
    try InvalidSetting.check("max steps", steps ?? 1, in: 1...Int.max)
    try InvalidSetting.checkPositive("learning rate", learningRate)
    try InvalidSetting.checkNotNegative("weight decay", weightDecay ?? 0)
    try optimizer.validate()
    try schedule.validate()
    try InvalidSetting.checkPositive("clip", clip ?? 1)
    try InvalidSetting.checkPositive("clip value", clipValue ?? 1)
    try InvalidSetting.check("accumulation", accumulation, in: 1...InvalidSetting.largestSize)
    guard (0..<1).contains(labelSmoothing) else {
      throw InvalidSetting(
        "label smoothing", expected: "a share from 0 to below 1", found: labelSmoothing)
    }
    try averaging.validate()
    try InvalidSetting.check("evaluate every", evaluateEvery ?? 1, in: 1...Int.max)
    try InvalidSetting.check("patience", patience ?? 1, in: 1...Int.max)
    for group in groups { try group.validate() }
    try InvalidSetting.checkPositive("norm limit", normLimit)
    try sharding?.validate()
    try InvalidSetting.check("compare every", compareEvery ?? 1, in: 1...Int.max)
  }

  /// Checks that memory could hold a model with its gradients and the optimizer's state, which frozen parameters lack.
  package func checkMemory(
    of model: some Module, within limit: MemoryLimit? = .current
  ) throws(InvalidSetting) {
    let moments = type(of: OptimizerChoice.make(self)).momentNames.count
    try InvalidSetting.checkMemory(of: model, within: limit) { name in
      groups.group(of: name)?.isFrozen == true ? 0 : moments
    }
  }

  /// A one-line description.
  public var line: String {
    var parts = [steps?.counted("steps") ?? epochs.counted("epochs")]
    parts.append("\(optimizer.title) at \(learningRate)")
    if schedule != .constant { parts.append("\(schedule) schedule") }
    if averaging != .none { parts.append("\(averaging) average") }
    if let sharding { parts.append(sharding.line) }
    if precision != .highest { parts.append("precision \(precision.line)") }
    return (parts + ["seed \(seed)"]).joined(separator: ", ")
  }
}

extension TrainingSettings: Codable {
  private enum CodingKeys: String, CodingKey {
    case epochs, steps, optimizer, learningRate, weightDecay, schedule, clip, clipValue
    case accumulation, labelSmoothing, averaging, evaluateEvery, patience, keepsBest, groups
    case normLimit, precision, sharding, compareEvery, seed
  }

  /// Decodes settings; missing values have their defaults.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try values.update(&epochs, forKey: .epochs)
    try values.update(&steps, forKey: .steps)
    try values.update(&optimizer, forKey: .optimizer)
    try values.update(&learningRate, forKey: .learningRate)
    try values.update(&weightDecay, forKey: .weightDecay)
    try values.update(&schedule, forKey: .schedule)
    try values.update(&clip, forKey: .clip)
    try values.update(&clipValue, forKey: .clipValue)
    try values.update(&accumulation, forKey: .accumulation)
    try values.update(&labelSmoothing, forKey: .labelSmoothing)
    try values.update(&averaging, forKey: .averaging)
    try values.update(&evaluateEvery, forKey: .evaluateEvery)
    try values.update(&patience, forKey: .patience)
    try values.update(&keepsBest, forKey: .keepsBest)
    try values.update(&groups, forKey: .groups)
    try values.update(&normLimit, forKey: .normLimit)
    try values.update(&precision, forKey: .precision)
    sharding = try values.decodeIfPresent(Sharding.self, forKey: .sharding)
    try values.update(&compareEvery, forKey: .compareEvery)
    try values.update(&seed, forKey: .seed)
  }
}
