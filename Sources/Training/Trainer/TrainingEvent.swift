import Models
import Requirements

/// What happens during training, in the order in which it happens; progress bars, logs and tests read the same.
public enum TrainingEvent: Sendable {
  /// Training begins, or goes on.
  case started(Start)
  /// A step of the optimizer is done.
  case step(Step)
  /// The model has been measured.
  case evaluation(Measurement)
  /// The data have been gone through once more.
  case epoch(Epoch)
  /// Someone asked training to stop, and it did, after this many steps.
  case stopped(steps: Int)
  /// Training cannot go on.
  case diverged(Divergence)
  /// Training is over.
  case finished(Ending)

  /// Why training is over.
  public enum Ending: String, Sendable, Hashable, Codable {
    /// All epochs or steps are done.
    case complete
    /// The measurements have long brought nothing better.
    case noImprovement
  }

  /// What there is to do.
  public struct Start: Sendable {
    /// The number of weights.
    public let parameterCount: Int
    /// The number of different tokens or classes, if any are told apart.
    public let vocabularySize: Int?
    /// The number of units that one epoch learns from, if it is known.
    public let unitsPerEpoch: Int?
    /// What a unit is, in the plural: "characters".
    public let unit: String
    /// How often the data are gone through.
    public let epochs: Int
    /// Steps that are done already.
    public let steps: Int
    /// Steps in all, if that is known.
    public let totalSteps: Int?

    package init(
      parameterCount: Int, vocabularySize: Int?, unitsPerEpoch: Int?, unit: String, epochs: Int,
      steps: Int, totalSteps: Int?
    ) {
      self.parameterCount = parameterCount
      self.vocabularySize = vocabularySize
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
    /// The step size.
    public let learningRate: Double
    /// The number of units in the batch.
    public let units: Int

    package init(
      number: Int, epoch: Int, totalSteps: Int?, loss: Double, gradientNorm: Double,
      learningRate: Double, units: Int
    ) {
      self.number = number
      self.epoch = epoch
      self.totalSteps = totalSteps
      self.loss = loss
      self.gradientNorm = gradientNorm
      self.learningRate = learningRate
      self.units = units
    }
  }

  /// One measurement.
  public struct Measurement: Sendable {
    /// Steps done before it.
    public let step: Int
    /// Whether its loss is the smallest so far.
    public let isBest: Bool
    /// What was measured.
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
    /// The measurement at its end, if there was one.
    public let evaluation: Evaluation?

    package init(number: Int, loss: Double, evaluation: Evaluation? = nil) {
      self.number = number
      self.loss = loss
      self.evaluation = evaluation
    }
  }
}

/// e to the loss: among how many equally likely tokens the model still chooses.
public func perplexity(nats loss: Double) -> Double { exponential(loss) }

/// The loss in bits.
public func bits(nats loss: Double) -> Double { loss / 0.693_147_180_559_945_3 }
