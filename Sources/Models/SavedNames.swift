import Checkpoint
import Datasets
import FileCore

extension DatasetError {
  /// Checks that a model's file can hold its names: of columns, classes, symbols or tokens.
  ///
  /// - Parameters:
  ///   - what: what has the names, for the error.
  ///   - data: the dataset that they come from.
  ///   - value: the entry of the file that has them.
  static func checkNames(
    of what: String, in data: String, savedIn value: some Encodable
  ) throws(DatasetError) {
    let limit = ReadLimits().jsonBytes
    // That a value has no JSON is an error of saving it.
    guard let size = try? JSONValue(encoding: value).text.utf8.count, size > limit else { return }
    throw .badArgument(
      dataset: "\(data): \(what)",
      expected: "names that take at most \(limit.counted("bytes")) in the model's file",
      found: size.grouped)
  }
}
