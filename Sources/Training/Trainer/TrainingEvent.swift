/// What happens during training, in the order in which it happens; progress bars, logs and tests read the same.
public enum TrainingEvent: Sendable {
  /// Training begins, or goes on.
  case started(Start)
  /// A step of the optimizer is done.
  case step(Step)
  /// The text has been gone through once more.
  case epoch(Epoch)
  /// Someone asked training to stop, and it did, after this many steps.
  case stopped(steps: Int)
  /// The last epoch is done.
  case finished

  /// What there is to do.
  public struct Start: Sendable {
    /// The number of weights.
    public let parameterCount: Int
    /// The number of different tokens.
    public let vocabularySize: Int
    /// The number of tokens that one epoch learns from.
    public let tokensPerEpoch: Int
    /// Steps that are done already.
    public let steps: Int
    /// Steps in all.
    public let totalSteps: Int
  }

  /// One step.
  public struct Step: Sendable {
    /// The number of the step, from 1.
    public let number: Int
    /// The number of the epoch, from 1.
    public let epoch: Int
    /// Steps in all.
    public let totalSteps: Int
    /// The mean loss of the batch in nats.
    public let loss: Double
    /// The norm of the gradients before clipping.
    public let gradientNorm: Double
    /// The step size.
    public let learningRate: Double
    /// The number of tokens in the batch.
    public let tokens: Int

    package init(
      number: Int, epoch: Int, totalSteps: Int, loss: Double, gradientNorm: Double,
      learningRate: Double, tokens: Int
    ) {
      self.number = number
      self.epoch = epoch
      self.totalSteps = totalSteps
      self.loss = loss
      self.gradientNorm = gradientNorm
      self.learningRate = learningRate
      self.tokens = tokens
    }
  }

  /// One epoch.
  public struct Epoch: Sendable {
    /// The number of the epoch, from 1.
    public let number: Int
    /// The mean loss of its steps in nats.
    public let loss: Double
    /// The mean loss on the validation text in nats, if there is one.
    public let validationLoss: Double?

    package init(number: Int, loss: Double, validationLoss: Double?) {
      self.number = number
      self.loss = loss
      self.validationLoss = validationLoss
    }
  }
}

/// e to the loss: among how many equally likely tokens the model still chooses.
public func perplexity(nats loss: Double) -> Double { exponential(loss) }

/// The loss in bits.
public func bits(nats loss: Double) -> Double { loss / 0.693_147_180_559_945_3 }
