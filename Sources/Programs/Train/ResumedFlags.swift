import Checkpoint
import Training
import ProgramsCore

/// Checks flags given with `--resume` against the configuration in the checkpoint.
enum ResumedFlags {
  /// Compares the configuration of the checkpoint with the one that the flags ask for.
  ///
  /// - Throws: ``Failure`` with the flag and both values.
  static func check<Value: Encodable>(
    _ saved: Value, _ asked: Value, of file: String
  ) throws {
    do {
      try ResumeMismatch.check("", saved, asked, of: file)
    } catch let mismatch as ResumeMismatch {
      let flag = flags.first { mismatch.what.hasPrefix($0.place) }?.flag ?? mismatch.what
      throw Failure(
        "\(flag): found \(mismatch.found), but \(file) is trained with \(mismatch.expected), which cannot change"
      )
    }
  }

  /// The flags by the paths of the settings that they change, the longer paths first.
  private static let flags: [(place: String, flag: String)] = [
    ("model.hiddenSize", "--hidden"), ("model.embeddingSize", "--embedding"),
    ("model.layers", "--layers"), ("model.dropout", "--dropout"), ("model.cell", "--cell"),
    ("model.isBidirectional", "--bidirectional"), ("model.pooling", "--pooling"),
    ("model.attention", "--attention"), ("model.teacherForcing", "--teacher-forcing"),
    ("model.recurrent.layerSizes", "--layer-size"), ("model.recurrent.connection", "--connection"),
    ("model.recurrent.projectionSize", "--projection"),
    ("model.recurrent.normalizesProducts", "--layer-norm"),
    ("model.recurrent.learnsInitialState", "--learn-initial-state"),
    ("model.recurrent.inputDropout", "--input-dropout"),
    ("model.recurrent.recurrentDropout", "--recurrent-dropout"),
    ("model.recurrent.outputDropout", "--output-dropout"),
    ("model.recurrent.zoneout", "--zoneout"), ("model.recurrent.weightDropout", "--weight-drop"),
    ("model.recurrent.initialization", "--init"), ("batchSize", "--batch-size"),
    ("windows.batchSize", "--batch-size"), ("windows.sequenceLength", "--steps"),
    ("windows.sampling", "--sampling"), ("bucketPool", "--bucket"),
    ("tokenization", "--tokenizer"), ("engine", "--gradient"), ("files.columns", "--columns"),
    ("files.format", "--format"), ("files.steps", "--window"), ("files.horizon", "--horizon"),
    ("files.skipsBadRows", "--skip-bad-rows"), ("files.tokenization", "--tokenizer"),
    ("seed", "--seed"), ("optimizer", "--optimizer"), ("sharding.count", "--shards"),
    ("sharding.wire", "--wire"),
  ]
}
