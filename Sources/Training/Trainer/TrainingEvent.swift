import Models
import Requirements

/// The events of training in their order; progress bars, logs and tests read the same events.
public enum TrainingEvent: Sendable {
  /// Training begins or is resumed.
  case started(Start)
  /// A step of the optimizer is complete.
  case step(Step)
  /// The weights and gradients after a step at which the model is evaluated, if ``Trainer/reportsDistributions``.
  case distributions(ParameterDistributions)
  /// The model was evaluated.
  case evaluation(Measurement)
  /// An epoch is complete.
  case epoch(Epoch)
  /// Training was stopped on request after `steps` steps.
  case stopped(steps: Int)
  /// Training has diverged.
  case diverged(Divergence)
  /// Training has ended.
  case finished(Ending)

  /// The reason for the end of training.
  public enum Ending: String, Sendable, Hashable, Codable {
    /// All epochs or steps are complete.
    case complete
    /// Early stopping: evaluations no longer improved.
    case noImprovement
  }

  /// The amount of work at the start of training.
  public struct Start: Sendable {
    /// The number of weights.
    public let parameterCount: Int
    /// What the model chooses its answers from, if it chooses.
    public let choices: TaskChoices?
    /// The number of units that one epoch learns from, if it is known.
    public let unitsPerEpoch: Int?
    /// The unit's name in the plural: "characters".
    public let unit: String
    /// The number of epochs.
    public let epochs: Int
    /// The number of completed steps.
    public let steps: Int
    /// Steps in all, if that is known.
    public let totalSteps: Int?
    /// The number of processes that train together.
    public let ranks: Int

    package init(
      parameterCount: Int, choices: TaskChoices?, unitsPerEpoch: Int?, unit: String, epochs: Int,
      steps: Int, totalSteps: Int?, ranks: Int = 1
    ) {
      self.ranks = ranks
      self.parameterCount = parameterCount
      self.choices = choices
      self.unitsPerEpoch = unitsPerEpoch
      self.unit = unit
      self.epochs = epochs
      self.steps = steps
      self.totalSteps = totalSteps
    }
  }

  /// One step.
  public struct Step: Sendable {
    /// The number of the step, from 1.
    public let number: Int
    /// The number of the epoch, from 1.
    public let epoch: Int
    /// Steps in all, if that is known.
    public let totalSteps: Int?
    /// The mean loss of the batch.
    public let loss: Double
    /// The norm of the gradients before clipping by norm.
    public let gradientNorm: Double
    /// The learning rate.
    public let learningRate: Double
    /// The number of units in the batch, all ranks together.
    public let units: Int
    /// The seconds that this rank waited for messages of others, after its own gradients were computed.
    public let secondsWaited: Double

    package init(
      number: Int, epoch: Int, totalSteps: Int?, loss: Double, gradientNorm: Double,
      learningRate: Double, units: Int, secondsWaited: Double = 0
    ) {
      self.secondsWaited = secondsWaited
      self.number = number
      self.epoch = epoch
      self.totalSteps = totalSteps
      self.loss = loss
      self.gradientNorm = gradientNorm
      self.learningRate = learningRate
      self.units = units
    }
  }

  /// One evaluation.
  public struct Measurement: Sendable {
    /// The number of steps before it.
    public let step: Int
    /// Whether its loss is the smallest so far.
    public let isBest: Bool
    /// The evaluation.
    public let evaluation: Evaluation

    package init(step: Int, isBest: Bool, evaluation: Evaluation) {
      self.step = step
      self.isBest = isBest
      self.evaluation = evaluation
    }
  }

  /// One epoch.
  public struct Epoch: Sendable {
    /// The number of the epoch, from 1.
    public let number: Int
    /// The mean loss of its steps.
    public let loss: Double
    /// The evaluation at its end, if there was one.
    public let evaluation: Evaluation?

    package init(number: Int, loss: Double, evaluation: Evaluation? = nil) {
      self.number = number
      self.loss = loss
      self.evaluation = evaluation
    }
  }
}

/// The perplexity, e to the power of the loss.
public func perplexity(nats loss: Double) -> Double { exponential(loss) }

/// The loss in bits.
public func bits(nats loss: Double) -> Double { loss / 0.693_147_180_559_945_3 }
