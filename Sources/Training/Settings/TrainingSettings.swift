import Models
import Requirements
import TensorCore

/// How a model is trained, whatever the task: optimizer, schedule, clipping, averages, and when to stop.
///
/// It is saved beside the weights, so that training goes on as it began. Options that a file does not
/// know have their defaults.
public struct TrainingSettings: Hashable, Sendable {
  /// How often the data are gone through.
  public var epochs = 1
  /// The most steps; nil for as many as the epochs have.
  public var steps: Int?
  /// The rule by which the weights follow their gradients.
  public var optimizer = OptimizerChoice.adam
  /// The step size, before the schedule changes it.
  public var learningRate = 0.002
  /// How much weights shrink; nil for the optimizer's own default.
  public var weightDecay: Double?
  /// How the step size moves.
  public var schedule = LearningRateSchedule.constant
  /// The largest norm of a step's gradients; nil for no limit.
  public var clip: Double? = 1
  /// The largest absolute value of a gradient's element; nil for no limit.
  public var clipValue: Double?
  /// How many batches' gradients are averaged for one step.
  public var accumulation = 1
  /// The share of a target's probability that is spread over all classes.
  public var labelSmoothing = 0.0
  /// Whether an average of the weights over the steps is kept, and used.
  public var averaging = WeightAveraging.none
  /// Steps between measurements; nil for one after each epoch.
  public var evaluateEvery: Int?
  /// After how many measurements without a better one training ends; nil for never.
  public var patience: Int?
  /// Whether the model of the best measurement is the one that is saved.
  public var keepsBest = false
  /// Parameters that learn in their own way; the first group that fits a name counts.
  public var groups: [ParameterGroup] = []
  /// The norm of the gradients, before clipping, at which training has diverged.
  public var normLimit = 1e6
  /// How accurately products of matrices are computed while it learns and is measured.
  public var precision = Precision.highest
  /// Draws the weights, the order of the data, and what is dropped.
  public var seed: UInt64 = 1

  /// One epoch of Adam at 0.002, clipped to norm 1.
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
  }

  /// One line that says how it is trained.
  public var line: String {
    var parts = ["\(epochs) \(epochs == 1 ? "epoch" : "epochs")"]
    if let steps { parts = ["\(steps) steps"] }
    parts.append("\(optimizer.title) at \(learningRate)")
    if schedule != .constant { parts.append("\(schedule) schedule") }
    if averaging != .none { parts.append("\(averaging) average") }
    if precision != .highest { parts.append("precision \(precision.line)") }
    return (parts + ["seed \(seed)"]).joined(separator: ", ")
  }
}

extension TrainingSettings: Codable {
  private enum CodingKeys: String, CodingKey {
    case epochs, steps, optimizer, learningRate, weightDecay, schedule, clip, clipValue
    case accumulation, labelSmoothing, averaging, evaluateEvery, patience, keepsBest, groups
    case normLimit, precision, seed
  }

  /// Reads what was encoded; what is missing has its default.
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
    try values.update(&seed, forKey: .seed)
  }
}
