import ArgumentParser
import AppSupport
import Datasets

// One command for each shape of samples, all with the same flags.

struct Classify: SequenceCommand {
  static let job: SequenceJob? = .classify
  static let usual: String? = "temporal-order:50"
  static let configuration = CommandConfiguration(
    abstract: "Learns the class of a sequence.", usage: "train classify [OPTION ...]",
    discussion: discussion("train classify --data temporal-order:50 --out model.rnnz"))

  @Option(help: "The samples, temporal-order:50 unless given: a file, or what `train lab` lists.")
  var data: String?
  @OptionGroup var options: SequenceOptions
}

struct Regress: SequenceCommand {
  static let job: SequenceJob? = .regress
  static let usual: String? = "adding:100"
  static let configuration = CommandConfiguration(
    abstract: "Learns numbers that belong to a whole sequence.",
    usage: "train regress [OPTION ...]",
    discussion: discussion("train regress --data adding:100 --out model.rnnz"))

  @Option(help: "The samples, adding:100 unless given: a file, or what `train lab` lists.")
  var data: String?
  @OptionGroup var options: SequenceOptions
}

struct Forecast: SequenceCommand {
  static let job: SequenceJob? = .forecast
  static let usual: String? = "mackey-glass"
  static let configuration = CommandConfiguration(
    abstract: "Learns to foretell numbers at each step.", usage: "train forecast [OPTION ...]",
    discussion: discussion("train forecast --data mackey-glass --out model.rnnz"))

  @Option(help: "The samples, mackey-glass unless given: a file, or what `train lab` lists.")
  var data: String?
  @OptionGroup var options: SequenceOptions
}

struct Tag: SequenceCommand {
  static let job: SequenceJob? = .tag
  static let usual: String? = "idioms"
  static let configuration = CommandConfiguration(
    abstract: "Learns a tag, or the next symbol, at each step.", usage: "train tag [OPTION ...]",
    discussion: discussion("train tag --data idioms --out model.rnnz"))

  @Option(help: "The samples, idioms unless given: a file, or what `train lab` lists.")
  var data: String?
  @OptionGroup var options: SequenceOptions
}

struct Translate: SequenceCommand {
  static let job: SequenceJob? = .translate
  static let usual: String? = "dates"
  static let configuration = CommandConfiguration(
    abstract: "Learns to turn a sequence into another one.", usage: "train translate [OPTION ...]",
    discussion: discussion("train translate --data dates --out model.rnnz"))

  @Option(help: "The samples, dates unless given: a file, or what `train lab` lists.")
  var data: String?
  @OptionGroup var options: SequenceOptions
}

struct Names: SequenceCommand {
  static let job: SequenceJob? = .names
  static let usual: String? = "names"
  static let configuration = CommandConfiguration(
    abstract: "Learns to write a sequence of a given class: names of a language.",
    usage: "train names [OPTION ...]",
    discussion: discussion("train names --data names --out model.rnnz"))

  @Option(help: "The samples, names unless given: a file, or what `train lab` lists.")
  var data: String?
  @OptionGroup var options: SequenceOptions
}

struct Lab: SequenceCommand {
  static let job: SequenceJob? = nil
  static let usual: String? = nil
  static let configuration = CommandConfiguration(
    abstract: "Learns one of the laboratory's tasks; without a name, lists them.",
    usage: "train lab [NAME[:NUMBER]] [OPTION ...]",
    discussion: discussion("train lab adding:100 --cell gru --out model.rnnz"))

  @Argument(help: "The task, with its length or delay if it has one.")
  var data: String?
  @OptionGroup var options: SequenceOptions

  func run() throws {
    guard data != nil || options.files.resume != nil else { return listTasks() }
    try train()
  }

  private func listTasks() {
    for entry in DatasetRegistry.standard.entries where FileFormat(rawValue: entry.name) == nil {
      Console.output.write("\(entry.summary)\n")
    }
  }
}

/// What each command's help ends with.
private func discussion(_ example: String) -> String {
  """
  Flags change what is known to solve the task; --help-hidden shows rarer ones too.
  Example: \(example)
  """
}
