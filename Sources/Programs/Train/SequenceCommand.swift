import ArgumentParser
import Checkpoint
import Datasets
import FileCore
import Models
import ProgramsCore
import Training

/// A command that trains a sequence model: all but `text`.
protocol SequenceCommand: ParsableCommand {
  /// The kind of task that the samples must have; nil for any.
  static var job: SequenceJob? { get }
  /// The name of the dataset.
  var data: String? { get }
  var options: SequenceOptions { get }
}

extension SequenceCommand {
  func validate() throws {
    Interruption.allow()
    try options.validate()
  }

  func run() throws {
    let files = options.files
    guard data != nil || Self.job != nil || files.resume != nil || files.config != nil else {
      return try listTasks()
    }
    files.apply()
    if let sweep = try Sweep(files) { return try sweep.run() }
    if let path = files.resume { return try goOn(with: path) }
    if let path = files.config { return try begin(with: RunConfiguration(path)) }
    guard let name = data ?? Self.job?.usual else { return }
    try train(on: name)
  }

  private func listTasks() throws {
    for entry in Library.current.datasets.entries where FileFormat(rawValue: entry.name) == nil {
      try Console.write("\(entry.summary)\n")
    }
  }

  /// Starts training on a dataset.
  private func train(on name: String) throws {
    let options = options
    Library.current.datasets.noteFile(named: name)
    try options.files.checkOutputs(reading: name)
    let dataset = try Library.current.datasets.open(
      name, task: Self.job?.fileTask, options: options.samples.options())
    let read: TaskSamples
    do {
      read = try dataset.read()
    } catch let error as FileError where dataset is FileDataset {
      throw Failure(error.advisedToSkip)
    }
    if let remark = read.skipped.remark { Console.note(remark + "\n") }
    let job = SequenceJob(read)
    if let wanted = Self.job, wanted != job {
      throw ValidationError(
        "\(name): expected \(wanted.samples), found \(job.samples): try train \(job)")
    }
    let preset = try SequencePreset(
      dataset: name, read, steps: max(options.trainer.maxSteps ?? 0, TrainingSettings.usualSteps))
    let settings = options.trainer.applied(to: preset.settings)
    let trainer: Trainer<SequenceTask>
    do {
      var configuration = try options.applied(to: preset.task)
      configuration.files = read.form?.options ?? (dataset as? FileDataset)?.options
      // The file itself is read again as it was.
      configuration.files?.encoding = options.samples.reading.encoding
      configuration.files?.format = options.samples.format ?? read.form?.format
      let language = dataset as? any SequenceLanguage
      trainer = try Ranks.trainer(
        SequenceTask(configuration, samples: read, language: language), settings)
    } catch let error as InvalidSetting {
      throw ValidationError(flagging: error)
    }
    try TrainingSession.run(
      trainer, options.files, levels: trainer.task.samples.levels, form: read.form?.description
    ) { Summary($0) }
  }

  /// Starts with the configuration of another run, on its dataset unless another one is named.
  private func begin(with run: RunConfiguration) throws {
    guard run.kind == .sequence else {
      throw ValidationError(
        "--config: expected a run on samples, found one on a text: try train text")
    }
    try TrainingSession<SequenceTask>.begin(
      run, data: data, options.trainer.applied(to: run.settings()), options.files
    ) { try options.applied(to: $0) }
  }

  /// Resumes a checkpoint, on its dataset unless another one is named.
  private func goOn(with path: String) throws {
    let reader = try Library.current.reader(path, resumes: true)
    let kind = try ResumedFlags.trainableKind(in: reader)
    guard kind == .sequence else {
      throw Failure(
        "\(path): holds a language model: \(Invocation.line(.train, ["text", "--resume", path]))")
    }
    try TrainingSession<SequenceTask>.resume(reader, data: data, options.trainer, options.files) {
      var asked = try options.applied(to: $0)
      let read = $0.files ?? FileOptions()
      let files = try options.samples.applied(to: read)
      if files != read { asked.files = files }
      return asked
    }
  }
}

/// The kinds of tasks, which name the commands.
enum SequenceJob: String {
  case classify, regress, forecast, tag, translate, transcribe, names

  /// The task of samples.
  init(_ samples: TaskSamples) {
    switch samples.shape {
    case .oneToOne, .manyToOne: self = samples.target.isDiscrete ? .classify : .regress
    case .oneToMany: self = .names
    case .manyToManyInStep: self = samples.target.isDiscrete ? .tag : .forecast
    case .manyToManyDelayed: self = .translate
    case .manyToManyOrdered: self = .transcribe
    }
  }

  /// The task of a file's columns.
  var fileTask: FileTask? {
    switch self {
    case .classify: .classification
    case .forecast: .forecasting
    case .tag: .tagging
    case .translate: .translation
    case .transcribe: .transcription
    case .regress: .regression
    case .names: .writing
    }
  }

  /// The expected samples, for messages.
  var samples: String {
    switch self {
    case .classify: "sequences with a class each"
    case .regress: "sequences with numbers each"
    case .forecast: "sequences with numbers at each step"
    case .tag: "sequences with a tag at each step"
    case .translate: "pairs of sequences"
    case .transcribe: "sequences with shorter ones in their order"
    case .names: "classes or numbers with a sequence each"
    }
  }
}

extension TrainingSession where Task == SequenceTask {
  /// Starts with the configuration of another run, on its dataset unless another one is named.
  ///
  /// - Parameter changed: the configuration, changed by flags.
  static func begin(
    _ run: RunConfiguration, data: String?, _ settings: TrainingSettings, _ options: RunOptions,
    changed: (SequenceTask.Configuration) throws -> SequenceTask.Configuration
  ) throws {
    do {
      var configuration = try changed(run.task(SequenceTask.Configuration.self))
      configuration.dataset = data ?? configuration.dataset
      try options.checkOutputs(reading: configuration.dataset)
      let dataset = try Library.current.datasets.open(
        configuration.dataset, options: configuration.files ?? FileOptions())
      let task = try SequenceTask(configuration, dataset)
      try TrainingSession.run(
        Ranks.trainer(task, settings), options, levels: task.samples.levels
      ) { Summary($0) }
    } catch let error as InvalidSetting {
      throw ValidationError(flagging: error)
    }
  }

  /// Resumes a checkpoint, on its dataset unless another one is named.
  ///
  /// - Parameter asked: the configuration that the flags ask for, which must be that of the checkpoint.
  static func resume(
    _ reader: CheckpointReader, data: String?, _ options: TrainerOptions, _ run: RunOptions,
    asked: (SequenceTask.Configuration) throws -> SequenceTask.Configuration
  ) throws {
    try ResumedFlags.checkTraining(in: reader)
    var configuration = try Trainer<SequenceTask>.configuration(in: reader)
    try ResumedFlags.check(configuration, asked(configuration), of: reader.file)
    configuration.dataset = data ?? configuration.dataset
    try run.checkOutputs(reading: configuration.dataset)
    let dataset = try Library.current.datasets.open(
      configuration.dataset, options: configuration.files ?? FileOptions())
    let settings = try options.resumed(Trainer<SequenceTask>.settings(in: reader), of: reader.file)
    let task = try SequenceTask(configuration, dataset)
    let trainer = try Ranks.trainer(resuming: reader, task, settings)
    try TrainingSession.run(trainer, run, resuming: reader, levels: task.samples.levels) {
      Summary($0)
    }
  }
}
