import ArgumentParser
import Cells
import Datasets
import Models
import ProgramsCore
import Training

/// The flags of the commands for sequence models.
struct SequenceOptions {
  var samples: DataOptions
  var model: ModelOptions
  var parts: SequenceModelOptions
  var around: LayerOptions
  var trainer: TrainerOptions
  var files: RunOptions

  func validate() throws {
    do {
      try trainer.applied(to: TrainingSettings()).validate()
      _ = try model.cell.map { try Library.current.cell($0) }
    } catch {
      throw ValidationError(flagging: error)
    }
  }

  /// A preset's configuration, changed by the given flags.
  func applied(to preset: SequenceTask.Configuration) throws -> SequenceTask.Configuration {
    var result = preset
    result.model = try model.applied(to: preset.model, around)
    result.model.isBidirectional = parts.bidirectional ?? result.model.isBidirectional
    result.model.pooling = parts.pooling ?? result.model.pooling
    result.model.attention = parts.attention ?? result.model.attention
    result.model.teacherForcing = parts.teacherForcing ?? result.model.teacherForcing
    result.model.head = try parts.head() ?? result.model.head
    result.batchSize = model.batchSize ?? result.batchSize
    result.bucketPool = parts.bucket ?? result.bucketPool
    return result
  }
}

/// The flags for sequence models.
struct SequenceModelOptions: ParsableArguments {
  @Flag(inversion: .prefixedNo, help: "Reads in both directions.")
  var bidirectional: Bool?

  @Option(help: "How one answer comes of all steps: last, mean, max or attention.")
  var pooling: Pooling?

  @Option(help: "For translate.")
  var attention: Attention?

  @Option(
    help: .rare(
      "How often a translator learns from the right beginning: \(FlagForms.teacherForcing)."
    ))
  var teacherForcing: TeacherForcing?

  @Flag(help: .rare("For tag: a random field over the tags of a sequence."))
  var crf = false

  @Option(help: .rare("For forecast and regress: quantiles of each number, 0.1,0.5,0.9."))
  var quantiles: String?

  @Option(help: .rare("For forecast and regress: the distribution of each number."))
  var likelihood: Likelihood?

  @Option(help: .rare("Batches that are filled from one pool of samples, sorted by length."))
  var bucket: Int?

  /// The head that the flags ask for; nil without any.
  func head() throws -> OutputHead? {
    var heads: [OutputHead] = crf ? [.chain] : []
    if let quantiles {
      guard let head = OutputHead("quantiles:" + quantiles) else {
        throw ValidationError(
          "--quantiles: expected shares such as 0.1,0.5,0.9, found \(quantiles)")
      }
      heads.append(head)
    }
    if let likelihood { heads.append(.likelihood(likelihood)) }
    guard heads.count < 2 else {
      throw ValidationError(
        "expected one of --crf, --quantiles and --likelihood, found several")
    }
    return heads.first
  }
}

extension Likelihood: ExpressibleByArgument {}
extension Pooling: ExpressibleByArgument {}
extension Attention: ExpressibleByArgument {}
extension TeacherForcing: ExpressibleByArgument {}
