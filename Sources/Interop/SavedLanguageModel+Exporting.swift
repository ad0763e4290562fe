import Checkpoint
import Datasets
import FileCore
import Models

extension SavedLanguageModel {
  /// The model as a safetensors file that PyTorch can load, with its tokens and sizes in the metadata.
  ///
  /// The metadata has `vocabulary`, `config` and `tokenizer`, JSON that `init(importing:)` reads, and `format`, `pt`.
  public func safetensors() throws(CheckpointError) -> Safetensors {
    var file = Safetensors(metadata: try exchangeMetadata())
    file.metadata["format"] = "pt"
    file.set(parametersOf: model)
    return file
  }

  /// `vocabulary`, `config` and `tokenizer`: what a file of another format says about a model, as JSON.
  func exchangeMetadata() throws(CheckpointError) -> [String: String] {
    let outline = ModelDescription.Outline(model.configuration)
    return try metadataTexts { () throws(JSONMismatch) in
      [
        "vocabulary": try JSONValue(encoding: tokenizer.vocabulary).text,
        "tokenizer": try JSONValue(encoding: AnyTokenizer(tokenizer)).text,
        "config": try JSONValue(encoding: outline).text,
      ]
    }
  }
}

/// What a file of another format says beside its weights; a value that JSON has no text for is an error of that file.
func metadataTexts(
  _ texts: () throws(JSONMismatch) -> [String: String]
) throws(CheckpointError) -> [String: String] {
  do throws(JSONMismatch) {
    return try texts()
  } catch {
    throw CheckpointError(
      file: "new file", format: "JSON", place: "metadata", reason: "\(error)")
  }
}
