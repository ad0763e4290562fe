import ArgumentParser
import Checkpoint
import Interop

/// The flags that say what the file of a model leaves unsaid.
struct DescriptionOptions: ParsableArguments {
  @Option(
    help: "A JSON array of the model's tokens, for a file that does not say them.",
    completion: .file())
  var vocabulary: String?

  @Option(
    help: "A JSON object of the model's kind and sizes, for a file that does not say them.",
    completion: .file())
  var config: String?

  var isGiven: Bool { vocabulary != nil || config != nil }

  /// What the files of both flags say.
  func read() throws -> ModelDescription {
    try ModelDescription(vocabularyPath: vocabulary, outlinePath: config)
  }
}

extension ModelDescription {
  /// Says that a file which describes its model itself needs no description.
  func noteUnused(for file: ArrayFile) {
    guard case .checkpoint = file.content, vocabulary != nil || outline != nil else { return }
    Console.note("\(file.path): describes its model: --vocabulary and --config are not used\n")
  }
}
