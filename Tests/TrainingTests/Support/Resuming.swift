import Checkpoint
import TensorCore
import Testing
import Training

/// Trains without a stop, then again with a save and resume after every `stride` steps; every loss, and finally every
/// byte of the file, must be equal.
func expectSameBits<Task: TrainingTask>(
  _ task: Task, _ settings: TrainingSettings, stride: Int = 7, _ comment: Comment? = nil
) throws {
  var whole = try Trainer(task, settings)
  var losses: [Double] = []
  try whole.run { if case .step(let step) = $0 { losses.append(step.loss) } }
  #expect(whole.isFinished && losses.count == whole.steps && losses.count > stride, comment)

  // In the middle of epochs and between them.
  var trainer = try Trainer(task, settings)
  var resumed: [Double] = []
  while !trainer.isFinished {
    var left = stride
    try trainer.run(until: { left == 0 }) { event in
      if case .step(let step) = event {
        resumed.append(step.loss)
        left -= 1
      }
    }
    let bytes = try trainer.checkpoint().encoded(compression: .none)
    trainer = try Trainer(resuming: CheckpointReader(bytes: bytes), task)
  }
  #expect(resumed == losses, comment)
  #expect(
    try trainer.checkpoint().encoded(compression: .none)
      == whole.checkpoint().encoded(compression: .none), comment)
}
