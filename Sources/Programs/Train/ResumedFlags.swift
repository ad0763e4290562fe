import Cells
import Checkpoint
import FileCore
import Models
import ProgramsCore
import Training

/// Checks flags given with `--resume` against the configuration in the checkpoint.
enum ResumedFlags {
  /// The kind of a checkpoint's model, whose weights can be trained.
  static func trainableKind(in reader: CheckpointReader) throws -> SavedModelKind {
    let kind = try SavedModelKind(reading: reader)
    guard kind != .graph else {
      throw Failure("\(reader.file): holds a graph, which cannot be trained")
    }
    try reader.requireTrainable()
    return kind
  }

  /// Checks that a checkpoint holds a training, and not a model alone.
  static func checkTraining(in reader: CheckpointReader) throws {
    guard !reader.contains(.trainer, "step") else { return }
    throw Failure("\(reader.file): holds a model without its training, which cannot go on")
  }

  /// Compares the configuration of the checkpoint with the one that the flags ask for.
  ///
  /// - Throws: ``Failure`` with the flag and both values.
  static func check<Value: Encodable>(
    _ saved: Value, _ asked: Value, of file: String
  ) throws {
    let (old, new) = (try JSONValue(encoding: saved), try JSONValue(encoding: asked))
    for (place, flag) in flags {
      let path = place.split(separator: ".").map(String.init)
      let (before, now) = (old.value(at: path), new.value(at: path))
      guard before != now else { continue }
      let (found, trained) = (now.word(of: flag), before.word(of: flag))
      throw Failure(
        "\(flag): found \(found), but \(file) is trained with \(trained), which cannot change")
    }
    // What no flag of the list sets.
    do {
      try ResumeMismatch.check("", saved, asked, of: file)
    } catch let mismatch as ResumeMismatch {
      throw Failure(
        "\(mismatch.what): found \(mismatch.found), but \(file) is trained with \(mismatch.expected), which cannot change"
      )
    }
  }

  /// The flags by the paths of the settings that they change.
  private static let flags: [(place: String, flag: String)] = [
    ("model.hiddenSize", "--hidden"), ("model.embeddingSize", "--embedding"),
    ("model.layers", "--layers"), ("model.dropout", "--dropout"), ("model.cell", "--cell"),
    ("model.isBidirectional", "--bidirectional"), ("model.pooling", "--pooling"),
    ("model.attention", "--attention"), ("model.teacherForcing", "--teacher-forcing"),
    ("model.recurrent.layerSizes", "--layer-size"), ("model.recurrent.connection", "--connection"),
    ("model.recurrent.block", "--block"), ("model.recurrent.projectionSize", "--projection"),
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
    ("files.target", "--target"), ("files.encoding", "--encoding"), ("files.form", "--normalize"),
    ("files.format", "--format"), ("files.steps", "--window"), ("files.horizon", "--horizon"),
    ("files.skipsBadRows", "--skip-bad-rows"), ("files.tokenization", "--tokenizer"),
    ("reading.encoding", "--encoding"), ("reading.form", "--normalize"),
    ("seed", "--seed"), ("optimizer", "--optimizer"), ("sharding.count", "--shards"),
    ("sharding.wire", "--wire"),
  ]
}

extension JSONValue {
  /// The value of nested members; null where there is none.
  fileprivate func value(at path: [String]) -> JSONValue {
    path.reduce(self) { $0.member($1) ?? .null }
  }

  /// The value as a flag takes it.
  fileprivate func word(of flag: String) -> String {
    let choice: (any CustomStringConvertible)? =
      switch flag {
      case "--optimizer": try? decoded(as: OptimizerChoice.self)
      case "--init": try? decoded(as: Recurrent.Initialization.self).argument
      default: nil
      }
    return choice?.description ?? word
  }

  /// The value as a person types it: the text of a string, the name of a choice.
  private var word: String {
    switch self {
    case .null: return "none"
    case .string(let text): return text
    case .array(let values): return values.map(\.word).joined(separator: ",")
    case .object(let members):
      if let name = members["name"]?.stringValue { return name }
      guard members.count == 1, let (name, value) = members.first, case .object(let inner) = value
      else {
        let parts = members.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.word)" }
        return parts.isEmpty ? "none" : parts.joined(separator: ", ")
      }
      let choice = ["corpus": "character", "bytePairs": "bpe"][name.string] ?? name.string
      let numbers = inner.sorted { $0.key < $1.key }.map(\.value.word)
      return numbers.isEmpty ? choice : "\(choice) (\(numbers.joined(separator: ", ")))"
    case .bool, .number: return text
    }
  }
}
