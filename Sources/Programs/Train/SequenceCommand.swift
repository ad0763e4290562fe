import ArgumentParser
import Checkpoint
import Datasets
import Models
import Training
import ProgramsCore

/// A command that trains on samples: all but text.
protocol SequenceCommand: ParsableCommand {
  /// What the samples must be for; nil for anything.
  static var job: SequenceJob? { get }
  /// The samples, as flags name them.
  var data: String? { get }
  var options: SequenceOptions { get }
}

extension SequenceCommand {
  func validate() throws { Interruption.listen() }

  func run() throws { try train() }

  /// Trains on the samples that were named, or goes on with a file's training.
  func train() throws {
    options.files.apply()
    if let path = options.files.resume { return try goOn(with: path) }
    if let path = options.files.config { return try begin(with: RunConfiguration(path)) }
    guard let name = data ?? Self.job?.usual else { return }
    let dataset = try Library.current.datasets.open(
      name, task: Self.job?.fileTask, options: options.samples.options())
    let read = try dataset.read()
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
      let language = dataset as? any SequenceLanguage
      trainer = try Trainer(
        SequenceTask(configuration, samples: read, language: language), settings)
    } catch let error as InvalidSetting {
      throw ValidationError(flagging: error)
    }
    if let form = read.form, !options.files.quiet { try Console.write("\(form)\n") }
    var session = try Session(trainer, options.files, levels: read.levels)
    try session.run { Summary($0) }
  }

  /// Begins with the configuration of another run, on its samples unless others are named.
  private func begin(with run: RunConfiguration) throws {
    guard run.kind == .sequence else {
      throw ValidationError(
        "--config: expected a run on samples, found one on a text: try train text")
    }
    try Session<SequenceTask>.begin(
      run, data: data, options.trainer.applied(to: run.settings()), options.files
    ) { try options.applied(to: $0) }
  }

  /// Goes on with a file's training, on its own samples unless others are named.
  private func goOn(with path: String) throws {
    let reader = try Library.current.reader(path)
    guard try SavedModelKind(reading: reader) == .sequence else {
      throw Failure(
        "\(path): holds a language model: \(Invocation.line(.train, ["text", "--resume", path]))")
    }
    try Session<SequenceTask>.resume(reader, data: data, options.trainer, options.files) {
      try options.applied(to: $0)
    }
  }
}

/// What samples are for: the names of the commands.
enum SequenceJob: String {
  case classify, regress, forecast, tag, translate, names

  /// What the kinds of two sides ask for.
  init(_ samples: TaskSamples) {
    switch samples.shape {
    case .oneToOne, .manyToOne: self = samples.target.isDiscrete ? .classify : .regress
    case .oneToMany: self = .names
    case .manyToManyInStep: self = samples.target.isDiscrete ? .tag : .forecast
    case .manyToManyDelayed: self = .translate
    }
  }

  /// What it makes of a file.
  var fileTask: FileTask? {
    switch self {
    case .classify: .classification
    case .forecast: .forecasting
    case .tag: .tagging
    case .translate: .translation
    case .regress: .regression
    case .names: .writing
    }
  }

  /// What the command learns from, in words.
  var samples: String {
    switch self {
    case .classify: "sequences with a class each"
    case .regress: "sequences with numbers each"
    case .forecast: "sequences with numbers at each step"
    case .tag: "sequences with a tag at each step"
    case .translate: "pairs of sequences"
    case .names: "classes or numbers with a sequence each"
    }
  }
}

extension Session where Task == SequenceTask {
  /// Begins with the configuration of another run, on its samples unless others are named.
  ///
  /// - Parameter changed: the configuration, changed by flags.
  static func begin(
    _ run: RunConfiguration, data: String?, _ settings: TrainingSettings, _ options: RunOptions,
    changed: (SequenceTask.Configuration) throws -> SequenceTask.Configuration
  ) throws {
    do {
      var configuration = try changed(run.task(SequenceTask.Configuration.self))
      configuration.dataset = data ?? configuration.dataset
      let dataset = try Library.current.datasets.open(
        configuration.dataset, options: configuration.files ?? FileOptions())
      let task = try SequenceTask(configuration, dataset)
      var session = try Session(
        Trainer(task, settings), options, levels: task.samples.levels)
      try session.run { Summary($0) }
    } catch let error as InvalidSetting {
      throw ValidationError(flagging: error)
    }
  }

  /// Goes on with a file's training, on its own samples unless others are named.
  ///
  /// - Parameter asked: the configuration that the flags ask for, which must be the file's.
  static func resume(
    _ reader: CheckpointReader, data: String?, _ options: TrainerOptions, _ run: RunOptions,
    asked: (SequenceTask.Configuration) throws -> SequenceTask.Configuration = { $0 }
  ) throws {
    var configuration = try Trainer<SequenceTask>.configuration(in: reader)
    try ResumedFlags.check(configuration, asked(configuration), of: reader.file)
    configuration.dataset = data ?? configuration.dataset
    let dataset = try Library.current.datasets.open(
      configuration.dataset, options: configuration.files ?? FileOptions())
    let settings = try options.resumed(Trainer<SequenceTask>.settings(in: reader), of: reader.file)
    let task = try SequenceTask(configuration, dataset)
    let trainer = try Trainer(resuming: reader, task, settings)
    var session = try Session(trainer, run, resuming: reader, levels: task.samples.levels)
    try session.run { Summary($0) }
  }
}
