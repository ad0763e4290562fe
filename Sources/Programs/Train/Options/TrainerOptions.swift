import ArgumentParser
import Models
import ProgramsCore
import TensorCore
import Training

/// The flags for training any model.
struct TrainerOptions: ParsableArguments {
  @Option(help: "How often to go through the data.")
  var epochs: Int?

  @Option(help: "The most steps.")
  var maxSteps: Int?

  @Option(help: "\(FlagForms.optimizer).")
  var optimizer: OptimizerChoice?

  @Option(help: "The step size.")
  var learningRate: Double?

  @Option(help: "\(FlagForms.schedule).")
  var schedule: LearningRateSchedule?

  @Option(help: "The largest norm of the gradients; 0 for no limit.")
  var clip: Double?

  @Option(help: .rare("The largest value in a gradient; 0 for no limit."))
  var clipValue: Double?

  @Option(help: .rare("How much weights shrink."))
  var weightDecay: Double?

  @Option(help: .rare("Batches whose gradients make one step."))
  var accumulate: Int?

  @Option(help: .rare("Share of a target's probability that is spread over all classes."))
  var labelSmoothing: Double?

  @Option(help: .rare("Average of the weights: \(FlagForms.average)."))
  var average: WeightAveraging?

  @Option(help: .rare("Parameters that stay as they are, by the beginning of their names."))
  var freeze: [String] = []

  @Option(help: .rare("Parameters that learn otherwise: \(FlagForms.group)."))
  var group: [ParameterGroup] = []

  @Option(help: "Steps between measurements; usually an epoch.")
  var evaluateEvery: Int?

  @Option(help: "Stops after N measurements without a better one.")
  var patience: Int?

  @Flag(inversion: .prefixedNo, help: "Saves the model of the best measurement.")
  var keepBest: Bool?

  @Option(help: .rare("How accurately products are computed."))
  var precision: Precision?

  @Option(help: "Draws the weights and the order of the data.")
  var seed: UInt64?

  @Option(
    help: .rare(
      "Parts of a batch whose gradients are computed alone, for any number of ranks; 8 with mpirun."
    ))
  var shards: Int?

  @Option(help: .rare("Precision of gradients between ranks: float32 or bf16."))
  var wire: WirePrecision?

  @Option(help: .rare("Steps between comparisons of the ranks' weights; usually 100."))
  var compareEvery: Int?

  /// The settings of a checkpoint, changed by the given flags.
  ///
  /// - Throws: ``Failure`` if the seed or the optimizer would change.
  func resumed(_ saved: TrainingSettings, of file: String) throws -> TrainingSettings {
    let asked = applied(to: saved)
    try ResumedFlags.check(["seed": saved.seed], ["seed": asked.seed], of: file)
    try ResumedFlags.check(
      ["optimizer": saved.optimizer], ["optimizer": asked.optimizer], of: file)
    if saved.sharding != nil {
      try ResumedFlags.check(
        ["sharding": saved.sharding], ["sharding": asked.sharding], of: file)
    }
    return asked
  }

  /// Settings changed by the given flags.
  func applied(to settings: TrainingSettings) -> TrainingSettings {
    var result = settings
    result.epochs = epochs ?? result.epochs
    result.steps = maxSteps ?? result.steps
    result.optimizer = optimizer ?? result.optimizer
    result.learningRate = learningRate ?? result.learningRate
    result.schedule = schedule ?? result.schedule
    if let clip { result.clip = clip == 0 ? nil : clip }
    if let clipValue { result.clipValue = clipValue == 0 ? nil : clipValue }
    result.weightDecay = weightDecay ?? result.weightDecay
    result.accumulation = accumulate ?? result.accumulation
    result.labelSmoothing = labelSmoothing ?? result.labelSmoothing
    result.averaging = average ?? result.averaging
    result.groups =
      group + freeze.map { ParameterGroup($0, learningRateScale: 0) } + result.groups
    result.evaluateEvery = evaluateEvery ?? result.evaluateEvery
    result.patience = patience ?? result.patience
    result.keepsBest = keepBest ?? result.keepsBest
    result.precision = precision ?? result.precision
    result.seed = seed ?? result.seed
    result.compareEvery = compareEvery ?? result.compareEvery
    if shards != nil || wire != nil {
      var sharding = result.sharding ?? Sharding()
      sharding.count = shards ?? sharding.count
      sharding.wire = wire ?? sharding.wire
      result.sharding = sharding
    }
    return result
  }
}

extension ArgumentHelp {
  /// The help of a rare flag, which only `--help-hidden` shows: `--help` fits on a screen.
  static func rare(_ text: String) -> ArgumentHelp { ArgumentHelp(text, visibility: .hidden) }
}

extension OptimizerChoice: ExpressibleByArgument {}
extension WirePrecision: ExpressibleByArgument {}
extension LearningRateSchedule: ExpressibleByArgument {}
extension WeightAveraging: ExpressibleByArgument {}
extension ParameterGroup: ExpressibleByArgument {}
