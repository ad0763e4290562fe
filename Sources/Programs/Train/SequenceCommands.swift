import ArgumentParser
import Datasets
import ProgramsCore

// One command for each kind of task, all with the same flags.

struct Classify: SequenceCommand {
  static let job: SequenceJob? = .classify
  static let configuration = SequenceJob.classify.configuration

  @Option(help: SequenceJob.classify.dataHelp)
  var data: String?
  @OptionGroup var options: SequenceOptions
}

struct Regress: SequenceCommand {
  static let job: SequenceJob? = .regress
  static let configuration = SequenceJob.regress.configuration

  @Option(help: SequenceJob.regress.dataHelp)
  var data: String?
  @OptionGroup var options: SequenceOptions
}

struct Forecast: SequenceCommand {
  static let job: SequenceJob? = .forecast
  static let configuration = SequenceJob.forecast.configuration

  @Option(help: SequenceJob.forecast.dataHelp)
  var data: String?
  @OptionGroup var options: SequenceOptions
}

struct Tag: SequenceCommand {
  static let job: SequenceJob? = .tag
  static let configuration = SequenceJob.tag.configuration

  @Option(help: SequenceJob.tag.dataHelp)
  var data: String?
  @OptionGroup var options: SequenceOptions
}

struct Translate: SequenceCommand {
  static let job: SequenceJob? = .translate
  static let configuration = SequenceJob.translate.configuration

  @Option(help: SequenceJob.translate.dataHelp)
  var data: String?
  @OptionGroup var options: SequenceOptions
}

struct Transcribe: SequenceCommand {
  static let job: SequenceJob? = .transcribe
  static let configuration = SequenceJob.transcribe.configuration

  @Option(help: SequenceJob.transcribe.dataHelp)
  var data: String?
  @OptionGroup var options: SequenceOptions
}

struct Names: SequenceCommand {
  static let job: SequenceJob? = .names
  static let configuration = SequenceJob.names.configuration

  @Option(help: SequenceJob.names.dataHelp)
  var data: String?
  @OptionGroup var options: SequenceOptions
}

struct Lab: SequenceCommand {
  static let job: SequenceJob? = nil
  static let configuration = CommandConfiguration(
    abstract: "Learns one of the laboratory's tasks; without a name, lists them.",
    usage: "train lab [NAME[:NUMBER]] [OPTION ...]",
    discussion: discussion("train lab adding:100 --cell gru --out model.rnnz"))

  @Argument(help: "The task, with its length or delay if it has one.")
  var data: String?
  @OptionGroup var options: SequenceOptions

  func run() throws {
    let files = options.files
    guard data != nil || files.resume != nil || files.config != nil else { return try listTasks() }
    try train()
  }

  private func listTasks() throws {
    for entry in Library.current.datasets.entries where FileFormat(rawValue: entry.name) == nil {
      try Console.write("\(entry.summary)\n")
    }
  }
}

extension SequenceJob {
  /// The default dataset of the command.
  var usual: String {
    switch self {
    case .classify: "temporal-order:50"
    case .regress: "adding:100"
    case .forecast: "mackey-glass"
    case .tag: "idioms"
    case .translate: "dates"
    case .transcribe: "morse"
    case .names: "names"
    }
  }

  private var abstract: String {
    switch self {
    case .classify: "Learns the class of a sequence."
    case .regress: "Learns numbers that belong to a whole sequence."
    case .forecast: "Learns to forecast numbers at each step."
    case .tag: "Learns a tag, or the next symbol, at each step."
    case .translate: "Learns to turn a sequence into another one."
    case .transcribe: "Learns to read symbols from a longer signal (CTC)."
    case .names: "Learns to write a sequence of a given class: names of a language."
    }
  }

  /// The flags of the example.
  private var flags: String {
    switch self {
    case .forecast, .regress: " --quantiles 0.1,0.5,0.9"
    case .tag: " --crf"
    case .classify, .translate, .transcribe, .names: ""
    }
  }

  /// The command's help.
  fileprivate var configuration: CommandConfiguration {
    CommandConfiguration(
      abstract: abstract, usage: "train \(self) [OPTION ...]",
      discussion: discussion("train \(self) --data \(usual)\(flags) --out model.rnnz"))
  }

  fileprivate var dataHelp: ArgumentHelp {
    "The samples, \(usual) unless given: a file, or what `train lab` lists."
  }
}

/// The end of each command's help.
private func discussion(_ example: String) -> String {
  """
  Flags change what solves the task; --help-hidden shows rarer ones too.
  Example: \(example)
  """
}
