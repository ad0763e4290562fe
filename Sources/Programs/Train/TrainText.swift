import ArgumentParser
import Checkpoint
import Datasets
import FileCore
import Models
import ProgramsCore
import Training

/// `train text`, or `train` alone.
struct TrainText: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "text", abstract: "Learns to write text, character by character.",
    usage: "train [text] [OPTION ...]",
    discussion: """
      --help-hidden shows rarer flags too. `generate` writes with the model.
      Example: train --dataset tales --cell gru --hidden 128 --out model.rnnz
      """)

  @OptionGroup(title: "Text") var text: TextOptions
  @OptionGroup(title: "Text") var gradient: GradientOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Around the cell") var around: LayerOptions
  @OptionGroup(title: "Training") var trainer: TrainerOptions
  @OptionGroup(title: "Files and machine") var files: RunOptions

  func validate() throws {
    Interruption.allow()
    do {
      guard files.resume == nil, files.config == nil else { return }
      try configuration().validate()
      try settings().validate()
    } catch is Failure {
      // What a file holds is no fault of the flags: the run says it.
      return
    } catch {
      throw ValidationError(flagging: error)
    }
  }

  func run() throws {
    files.apply()
    if let sweep = try Sweep(files) { return try sweep.run() }
    if let path = files.resume { return try goOn(with: path) }
    if let path = files.config { return try begin(with: RunConfiguration(path)) }
    let usual = try configuration()
    Library.current.corpora.noteFile(named: usual.dataset)
    try files.checkOutputs(reading: usual.dataset)
    let corpus = try corpus(usual)
    guard fitsText else {
      let task = try LanguageModelTask(usual, corpus)
      return try train(Ranks.trainer(task, settings()))
    }
    let start = try preset.configuration(dataset: usual.dataset)
    let fitted = try applied(to: start.fitted(tokens: corpus.training.count))
    let task = try LanguageModelTask(fitted, corpus)
    let settings = preset.settings.fitted(
      stepsPerEpoch: task.batchesPerEpoch ?? 1,
      steps: max(trainer.maxSteps ?? 0, TrainingSettings.usualSteps))
    try train(Ranks.trainer(task, trainer.applied(to: settings)))
  }

  /// Whether batch size and epochs are fitted to the text: for a file without a preset.
  private var fitsText: Bool {
    guard text.preset == nil, let name = text.dataset else { return false }
    return (try? Library.current.corpora.product(name)) ?? nil == nil
  }

  private func train(_ trainer: LanguageModelTrainer) throws {
    try TrainingSession.run(trainer, files, form: form(trainer.task)) { Summary($0) }
  }

  /// Starts with the configuration of another run, of any model.
  private func begin(with run: RunConfiguration) throws {
    if text.preset != nil { throw ValidationError("--preset: --config has another one") }
    let settings = try trainer.applied(to: run.settings())
    guard run.kind == .language else {
      return try TrainingSession<SequenceTask>.begin(
        run, data: text.dataset, settings, files
      ) { try sequences(applied: $0) }
    }
    var saved = try applied(to: run.task(LanguageModelTask.Configuration.self))
    saved.dataset = text.dataset ?? saved.dataset
    try files.checkOutputs(reading: saved.dataset)
    do {
      let task = try LanguageModelTask(saved, corpus(saved))
      try train(Ranks.trainer(task, settings))
    } catch let error as InvalidSetting {
      throw ValidationError(flagging: error)
    }
  }

  /// A sequence model's configuration, changed by the flags that all models share.
  private func sequences(
    applied configuration: SequenceTask.Configuration
  ) throws -> SequenceTask.Configuration {
    var result = configuration
    result.model = try model.applied(to: result.model, around)
    result.batchSize = model.batchSize ?? result.batchSize
    return result
  }

  /// Resumes a checkpoint of any model.
  private func goOn(with path: String) throws {
    let reader = try Library.current.reader(path, resumes: true)
    if text.preset != nil {
      throw Failure("--preset: \(path) has a configuration of its own, which cannot change")
    }
    let kind = try ResumedFlags.trainableKind(in: reader)
    if kind == .sequence {
      if let flag = textFlag {
        throw Failure("\(flag): \(path) holds a model of samples, which it is not for")
      }
      return try TrainingSession<SequenceTask>.resume(reader, data: text.dataset, trainer, files) {
        try sequences(applied: $0)
      }
    }
    try ResumedFlags.checkTraining(in: reader)
    var saved = try LanguageModelTrainer.configuration(in: reader)
    let settings = try trainer.resumed(LanguageModelTrainer.settings(in: reader), of: path)
    try ResumedFlags.check(saved, applied(to: saved), of: path)
    saved.dataset = text.dataset ?? saved.dataset
    try files.checkOutputs(reading: saved.dataset)
    let task = try LanguageModelTask(resuming: reader, corpus(saved))
    let trainer = try Ranks.trainer(resuming: reader, task, settings)
    try TrainingSession.run(trainer, files, resuming: reader) { Summary($0) }
  }

  /// A given flag that is for texts alone.
  private var textFlag: String? {
    if text.steps != nil { return "--steps" }
    if text.sampling != nil { return "--sampling" }
    if text.tokens.isGiven { return "--tokenizer" }
    if text.reading.encoding != nil { return "--encoding" }
    return gradient.isGiven ? "--gradient" : nil
  }

  /// How a text file or folder is read; nil for other texts.
  private func form(_ task: LanguageModelTask) throws -> String? {
    let corpus = try Library.current.corpora.corpus(
      task.configuration.dataset, reading: task.configuration.reading ?? TextReading())
    let encodings: Set<TextEncoding>
    var skipped: [String] = []
    switch corpus {
    case let file as TextFile: encodings = try file.encodings()
    case let folder as TextFolder: (encodings, skipped) = try folder.survey()
    default: return nil
    }
    let left = task.corpus.validation.count
    let all = (task.corpus.training.count + left).counted(task.unit)
    var parts = ["reads \(task.configuration.dataset)", all]
    parts.append(left > 0 ? "the last \(left.grouped) for validation" : "none for validation")
    let others = encodings.subtracting([.utf8]).map(\.title).sorted()
    if !others.isEmpty { parts.append("as " + others.joined(separator: " and ")) }
    if let first = skipped.first {
      parts.append(
        "\(skipped.count.counted("files")) without text left out: \(first)"
          + (skipped.count > 1 ? ", ..." : ""))
    }
    return parts.joined(separator: "; ")
  }

  private var preset: TrainingPreset { text.preset ?? .demo }

  /// The preset's dataset and model, changed by the given flags.
  private func configuration() throws -> LanguageModelTask.Configuration {
    try applied(to: preset.configuration(dataset: preset.dataset(text.dataset)))
  }

  /// A configuration changed by the given flags.
  private func applied(
    to configuration: LanguageModelTask.Configuration
  ) throws -> LanguageModelTask.Configuration {
    var result = configuration
    result.model = try model.applied(to: result.model, around)
    let windows = result.windows
    let (rows, length) = (
      model.batchSize ?? windows.batchSize, text.steps ?? windows.sequenceLength
    )
    try InvalidSetting.checkBatch(size: rows, steps: length)
    result.windows = Windows(
      text.sampling ?? windows.sampling, batchSize: rows, sequenceLength: length,
      offset: windows.offset)
    if text.tokens.isGiven { result.tokenization = try text.tokens.tokenization() }
    let (encoding, form) = (text.reading.encoding, text.reading.form)
    if encoding != nil || form != nil {
      result.reading = TextReading(
        encoding: encoding ?? result.reading?.encoding, form: form ?? result.reading?.form)
    }
    if gradient.isGiven {
      result.engine = try gradient.engine(window: length, seed: settings().seed)
    }
    return result
  }

  /// The preset's settings, changed by the given flags.
  private func settings() -> TrainingSettings { trainer.applied(to: preset.settings) }

  private func corpus(
    _ configuration: LanguageModelTask.Configuration
  ) throws -> TokenizedCorpus {
    try TokenizedCorpus(
      Ranks.reading(
        Library.current.corpora.corpus(
          configuration.dataset, reading: configuration.reading ?? TextReading())),
      validationFraction: configuration.validationFraction,
      tokenization: configuration.tokenization)
  }
}

/// The flags for the text and its windows.
struct TextOptions: ParsableArguments {
  @Option(
    help: "tales; timemachine or shakespeare, which are fetched; timemachine:FILE; or a text file.",
    completion: .file())
  var dataset: String?

  @OptionGroup var tokens: TokenOptions

  @OptionGroup var reading: ReadingOptions

  @Option(help: "A ready configuration, which other flags change: demo, unless given, or note.")
  var preset: TrainingPreset?

  @Option(help: "Characters of a window.")
  var steps: Int?

  @Option(help: "How windows follow each other: sequential or random.")
  var sampling: Windows.Sampling?
}

extension TrainingPreset: ExpressibleByArgument {}
extension Windows.Sampling: ExpressibleByArgument {}
