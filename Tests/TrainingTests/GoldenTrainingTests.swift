import Checkpoint
import Models
import Testing
import Training

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Models and training runs saved in version 1 of the format must stay usable and resumable.
@Suite struct GoldenTrainingTests {
  /// Sections that must be preserved completely by reading and saving again.
  private static let kept: Set<Checkpoint.Section> = [
    .model, .tokenizer, .optimizer, .random, .data, .carry,
  ]

  @Test(arguments: GoldenTraining.all)
  func everyLaterVersionGoesOn(_ training: GoldenTraining) throws {
    let reader = try CheckpointReader(path: training.path)
    try reader.verify()
    let saved = try Checkpoint(reading: reader)
    let (now, losses) = try training.actions().savedAgain(reader)
    for (key, content) in saved.contents where Self.kept.contains(key.section) {
      #expect(now.contents[key] == content, "\(key)")
    }
    for (key, content) in saved.contents where key.section == .trainer {
      if case .tensor = content { #expect(now.contents[key] == content, "\(key)") }
    }
    #expect(losses.count == 5 && losses.allSatisfy { $0.isFinite && $0 < 10 }, "\(losses)")
  }

  /// The models can also be used without training.
  @Test(arguments: GoldenTraining.all)
  func everyLaterVersionUsesTheModel(_ training: GoldenTraining) throws {
    let reader = try CheckpointReader(path: training.path)
    let kinds = [
      "tagger": "tagger", "forecaster": "forecaster", "attention": "classifier",
      "writer": "writer", "additive": "encoder-decoder",
    ]
    let name = training.description.split(separator: "-").last.map(String.init) ?? ""
    let summary =
      switch try SavedModelKind(reading: reader) {
      case .language: try SavedLanguageModel(reading: reader).summary
      case .sequence: try SavedSequenceModel(reading: reader).summary
      case .graph: try SavedGraphModel(reading: reader).summary
      }
    #expect(summary.hasPrefix((kinds[name] ?? "language model") + ": "), "\(summary)")
  }

  /// Writes missing golden files; never changes an existing one.
  @Test(.enabled(if: getenv("SWIFT_RNN_WRITE_GOLDEN_FILES") != nil, "only writes new files"))
  func writeNewFiles() throws {
    mkdir(GoldenTraining.folder, 0o755)
    for training in GoldenTraining.all where access(training.path, F_OK) != 0 {
      try training.actions().written().save(to: training.path)
    }
  }
}
