import Checkpoint
import Training
import ProgramsCore

/// Saves a training's model in its place, in another one where that fails, and says what a person has to know of it.
struct ModelSaver {
  /// Where the model is saved.
  let place: SavingPlace
  /// Where the model was saved last, and after which step; nil before the first save.
  private(set) var saved: (path: String, step: Int)?

  private let runFolder: String?
  private var kept: KeptModel?
  private var fault: CheckpointError?

  /// A saver for training that begins or goes on.
  ///
  /// - Parameter runFolder: the run's folder, which the file remembers.
  init<Task: TrainingTask>(_ trainer: Trainer<Task>, _ place: SavingPlace, runFolder: String?) {
    self.place = place
    self.runFolder = runFolder
    guard place.isResumed else { return }
    saved = (place.path, trainer.steps)
    if !trainer.settings.keepsBest, let loss = trainer.bestLoss {
      kept = KeptModel(path: place.path, loss: loss)
    }
  }

  /// Tests whether the model can be saved where it should be.
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

  /// Saves the model of a training that diverged where that replaces nothing; what to say of it.
  mutating func saveDiverged<Task: TrainingTask>(_ trainer: Trainer<Task>) throws -> String {
    if saved == nil, !FilePlace(place.path).isTaken { try save(trainer) }
    guard let saved else { return "nothing was saved: \(place.path) is as it was" }
    return "the model of step \(saved.step) is in \(saved.path)"
  }

  /// Ends a program whose model is not where it should be.
  func checkPlace() throws {
    if let fault, let saved, saved.path != place.path {
      throw Failure("\(fault); the model is in \(saved.path)")
    }
  }
}
