import ArgumentParser
import ProgramsCore
import Training

/// A training on a rank other than 0: the same steps as ``TrainingSession``, which saves and prints.
struct Follower<Task: TrainingTask> {
  private var trainer: Trainer<Task>
  private let isResumed: Bool

  init(_ trainer: Trainer<Task>, isResumed: Bool) {
    self.trainer = trainer
    self.isResumed = isResumed
  }

  mutating func run() throws {
    if isResumed, trainer.isFinished { return }
    do {
      try train()
    } catch let divergence as Divergence {
      try trainer.collect()
      throw Failure("\(divergence.advised)")
    }
    guard trainer.isFinished else { throw ExitCode(130) }
    try trainer.collect()
  }

  private mutating func train() throws {
    var isMeasured = false
    while let event = try trainer.next() {
      if case .evaluation = event { isMeasured = true }
      guard trainer.isBetweenSteps else { continue }
      if isMeasured { try trainer.collect() }
      isMeasured = false
      if Ranks.stop(trainer, isAsked: false), !trainer.isFinished { return try trainer.collect() }
    }
  }
}
