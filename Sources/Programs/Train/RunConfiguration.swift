import FileCore
import Models
import ProgramsCore
import Training

/// The file `configuration.json` of a run: the task and the training settings. `--config` reads it.
struct RunConfiguration {
  /// The kind of model.
  let kind: SavedModelKind

  /// All of the file.
  let value: JSONValue

  private let path: String
  private let content: [ExactString: JSONValue]

  /// Reads a file, or that of a run's folder.
  ///
  /// - Throws: `FileError` or `Failure` that names the place in the file.
  init(_ path: String) throws {
    let path = Folder.exists(path) ? path + "/" + Self.name : path
    let text = Array(try FlaglessText.read(path, limit: 1 << 24).utf8)
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(parsing: text, maximumDepth: 32)
    } catch {
      throw FileError(file: path, .byte(error.offset), expected: "JSON", found: error.found)
    }
    guard case .object(let content) = value else {
      throw FileError(file: path, expected: "a JSON object", found: "another value")
    }
    guard let kind = content["kind"]?.stringValue.flatMap(SavedModelKind.init) else {
      throw FileError(
        file: path, .named("kind"), expected: "language-model or sequence-model",
        found: content["kind"]?.text ?? "nothing")
    }
    self.kind = kind
    self.value = value
    self.path = path
    self.content = content
  }

  private static let name = "configuration.json"

  /// The task's configuration.
  func task<Configuration: Decodable>(_: Configuration.Type) throws(FileError) -> Configuration {
    try decoded("task")
  }

  /// The settings of the training.
  func settings() throws(FileError) -> TrainingSettings { try decoded("training") }

  private func decoded<Value: Decodable>(_ name: String) throws(FileError) -> Value {
    guard let value = content[ExactString(name)] else {
      throw FileError(file: path, .named(name), expected: "an object", found: "nothing")
    }
    do throws(JSONMismatch) {
      return try value.decoded(as: Value.self, userInfo: Library.current.cells.userInfo)
    } catch {
      throw FileError(
        file: path, .named(error.path.isEmpty ? name : "\(name).\(error.path)"),
        expected: error.expected, found: error.found)
    }
  }

  /// Writes the file of a trainer into its run's folder.
  static func write<Task: TrainingTask>(_ trainer: Trainer<Task>, in folder: String) throws {
    let kind: SavedModelKind = Task.self == SequenceTask.self ? .sequence : .language
    let configuration = JSONValue.object([
      "kind": .string(kind.rawValue),
      "task": try JSONValue(encoding: trainer.task.configuration),
      "training": try JSONValue(encoding: trainer.settings),
    ])
    try LineFile("\(folder)/\(name)", appends: false).write(configuration.text)
  }
}
