import ArgumentParser
import Datasets
import ProgramsCore

/// A command for one kind of task, or for any task of the laboratory, all with the same flags.
///
/// The groups of flags stand in the command itself, not in a group of their own: in debug builds the argument parser reads
/// a group four times, for its own checks, and a group inside a group sixteen times.
struct TrainSequence<Subject: SequenceSubject>: SequenceCommand {
  static var job: SequenceJob? { Subject.job }
  static var configuration: CommandConfiguration { Subject.configuration }

  @OptionGroup var source: Subject.Source
  @OptionGroup(title: "Samples of a file") var samples: DataOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Model") var parts: SequenceModelOptions
  @OptionGroup(title: "Around the cell") var around: LayerOptions
  @OptionGroup(title: "Training") var trainer: TrainerOptions
  @OptionGroup(title: "Files and machine") var files: RunOptions

  var data: String? { source.data }
  var options: SequenceOptions {
    SequenceOptions(
      samples: samples, model: model, parts: parts, around: around, trainer: trainer, files: files)
  }
}

/// What a command trains for.
protocol SequenceSubject {
  /// The flag or argument that names the samples.
  associatedtype Source: SequenceSource
  /// The kind of task; nil for any.
  static var job: SequenceJob? { get }
  static var configuration: CommandConfiguration { get }
}

/// The flag or argument that names a command's samples.
protocol SequenceSource: ParsableArguments {
  var data: String? { get }
}

/// A kind of task.
protocol NamedJob: SequenceSubject where Source == DataFlag<Self> {
  static var kind: SequenceJob { get }
}

extension NamedJob {
  static var job: SequenceJob? { kind }
  static var configuration: CommandConfiguration { kind.configuration }
}

enum Classify: NamedJob { static let kind = SequenceJob.classify }
enum Regress: NamedJob { static let kind = SequenceJob.regress }
enum Forecast: NamedJob { static let kind = SequenceJob.forecast }
enum Tag: NamedJob { static let kind = SequenceJob.tag }
enum Translate: NamedJob { static let kind = SequenceJob.translate }
enum Transcribe: NamedJob { static let kind = SequenceJob.transcribe }
enum Names: NamedJob { static let kind = SequenceJob.names }

struct DataFlag<Job: NamedJob>: SequenceSource {
  @Option(help: Job.kind.dataHelp, completion: .file())
  var data: String?
}

/// Any task of the laboratory.
enum Lab: SequenceSubject {
  struct Source: SequenceSource {
    @Argument(
      help: "The task, with its length or delay if it has one.",
      completion: .shellCommand("train lab | sed 's/,.*//'"))
    var data: String?
  }

  static let job: SequenceJob? = nil
  static let configuration = CommandConfiguration(
    commandName: "lab",
    abstract: "Learns one of the laboratory's tasks; without a name, lists them.",
    usage: "train lab [NAME[:NUMBER]] [OPTION ...]",
    discussion: discussion("train lab adding:100 --cell gru --out model.rnnz"))
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
      commandName: rawValue, abstract: abstract, usage: "train \(self) [OPTION ...]",
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
