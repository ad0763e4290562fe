import Checkpoint
import Datasets
import FileCore
import Models

extension SavedLanguageModel {
  /// Converts the model to a safetensors file that PyTorch can load, with tokens and sizes in the metadata.
  ///
  /// The metadata has `vocabulary`, `config` and `tokenizer` as JSON for `init(importing:)`, and `format`: `pt`.
  public func safetensors() throws(CheckpointError) -> Safetensors {
    var file = Safetensors(metadata: try exchangeMetadata())
    file.metadata["format"] = "pt"
    file.set(parametersOf: model)
    return file
  }

  /// The metadata for files of other formats: `vocabulary`, `config` and `tokenizer` as JSON.
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

/// Returns metadata texts; converts the error of a value that JSON can't express to an error of the file.
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
