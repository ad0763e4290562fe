import ArgumentParser
import Checkpoint
import Interop
import Models

package struct Inspect: ParsableCommand {
  package static let configuration = CommandConfiguration(
    abstract: "Says what is in a file of arrays: .rnnz, safetensors, .pt, NumPy, HDF5 or ONNX.",
    discussion: """
      Example: inspect model.rnnz --verify
      """,
    version: Version.number)

  @Argument(help: "The file.", completion: .file())
  var file: String

  @Flag(help: "Reads and checks all that the format allows to check.")
  var verify = false

  @Flag(help: "Writes JSON, for programs.")
  var json = false

  package init() {}

  package func run() throws {
    let opened = try ArrayFile(path: file)
    var inspection = try Inspection(opened, verifying: verify)
    inspection.model = opened.modelSummary ?? ownSummary
    try Console.write(json ? inspection.json.text + "\n" : inspection.text)
  }

  /// The summary of a model that has a cell or a tokenizer of this executable.
  private var ownSummary: String? {
    guard let reader = try? Library.current.reader(file) else { return nil }
    return (try? SavedLanguageModel(reading: reader))?.summary
      ?? (try? SavedSequenceModel(reading: reader))?.summary
  }
}
