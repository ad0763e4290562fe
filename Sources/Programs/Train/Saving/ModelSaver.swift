import Checkpoint
import ProgramsCore
import Training

/// Saves the checkpoints of a training to its path, or to another path where that fails, and reports that.
struct ModelSaver {
  /// The path for the model.
  let place: SavingPlace
  /// The path and step of the last save; nil before the first one.
  private(set) var saved: (path: String, step: Int)?

  private let runFolder: String?
  private var kept: KeptModel?
  private var fault: CheckpointError?

  /// A saver for new or resumed training.
  ///
  /// - Parameter runFolder: the folder of the run, whose path the checkpoint contains.
  init<Task: TrainingTask>(_ trainer: Trainer<Task>, _ place: SavingPlace, runFolder: String?) {
    self.place = place
    self.runFolder = runFolder
    guard place.isResumed else { return }
    saved = (place.path, trainer.steps)
    if !trainer.settings.keepsBest, let loss = trainer.bestLoss {
      kept = KeptModel(path: place.path, loss: loss)
    }
  }

  /// Checks that the model can be saved to its path.
  func test<Task: TrainingTask>(_ trainer: Trainer<Task>) throws {
    try place.test(size: trainer.checkpoint().encoded().count)
  }

  /// Saves the model.
  mutating func save<Task: TrainingTask>(_ trainer: Trainer<Task>) throws {
    if let worse = trainer.lastEvaluation?.loss, let aside = try kept?.putAside(before: worse) {
      Console.note("The better model of \(place.path) is kept in \(aside)\n")
      kept = nil
    }
    var checkpoint = try trainer.checkpoint()
    if let runFolder {
      try RunMark.write(runFolder, to: &checkpoint, savedTo: place.path)
    }
    let other = saved.flatMap { $0.path == place.path ? nil : $0.path }
    let (path, fault) = try place.save(checkpoint, orTo: other)
    if let fault, fault != self.fault || path != saved?.path {
      Console.note("\(fault); the model of step \(trainer.steps) is in \(path)\n")
    }
    self.fault = fault
    saved = (path, trainer.steps)
  }

  /// Saves the model of a diverged training, unless that replaces a file.
  ///
  /// - Returns: a message on where the model is.
  mutating func saveDiverged<Task: TrainingTask>(_ trainer: Trainer<Task>) throws -> String {
    if saved == nil, !FilePlace(place.path).isOccupied { try save(trainer) }
    guard let saved else { return "nothing was saved: \(place.path) is as it was" }
    return "the model of step \(saved.step) is in \(saved.path)"
  }

  /// Throws if the model is not at its path.
  func checkPlace() throws {
    if let fault, let saved, saved.path != place.path {
      throw Failure("\(fault); the model is in \(saved.path)")
    }
  }
}
