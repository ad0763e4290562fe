import FileCore
import ProgramsCore
import Training

/// A file with the numbers of a training, line by line: a table of the steps, or, where the name ends with `.jsonl` or
/// `.json`, JSON Lines of the steps and measurements.
///
///     step,epoch,loss,gradient_norm,learning_rate,seconds
///     1,1,3.8286645,0.11,0.0003,0.021
///
///     {"epoch":1,"gradient_norm":0.11,"learning_rate":0.0003,"loss":3.8286645,"seconds":0.021,"step":1}
///     {"seconds":4.2,"step":100,"validation":{"accuracy":0.5,"loss":2.1}}
struct TrainingLog {
  private enum Format { case table, jsonLines }

  private static let columns = [
    "step", "epoch", "loss", "gradient_norm", "learning_rate", "seconds",
  ]

  private let file: LineFile
  private let format: Format

  /// Opens the file of a training that begins, or goes on after a step: lines of later steps are removed.
  init(_ path: String, goingOnAfter step: Int?) throws {
    let isJSON = path.hasEnding(".jsonl", ".json", ".ndjson")
    format = isJSON ? .jsonLines : .table
    file = try LineFile(path, goingOnAfter: step, step: isJSON ? Self.stepOfObject : Self.stepOfRow)
    if file.isEmpty, format == .table { file.log(Self.columns.joined(separator: ",")) }
  }

  /// The step that a row of a table begins with.
  static func stepOfRow(_ line: String) -> Int? {
    line.split(separator: ",").first.flatMap { Int($0) }
  }

  private static func stepOfObject(_ line: String) -> Int? {
    guard case .object(let members)? = try? JSONValue(parsing: Array(line.utf8), maximumDepth: 4),
      case .number(let step)? = members["step"]
    else { return nil }
    return Int(step)
  }

  /// Writes what an event says in numbers.
  func note(_ event: TrainingEvent, seconds: Double) {
    switch (event, format) {
    case (.step(let step), .table):
      file.log(Self.numbers(of: step, seconds).map(\.text).joined(separator: ","))
    case (.step(let step), .jsonLines):
      write(zip(Self.columns, Self.numbers(of: step, seconds)).map { ($0, $1) })
    case (.evaluation(let measured), .jsonLines):
      let evaluation = measured.evaluation
      let metrics = evaluation.metrics.map { ($0.name, JSONValue($0.value)) }
      write([
        ("step", JSONValue(measured.step)), ("seconds", .number(seconds.text(3))),
        ("validation", Self.object([("loss", JSONValue(evaluation.loss))] + metrics)),
      ])
    default: return
    }
  }

  private static func numbers(of step: TrainingEvent.Step, _ seconds: Double) -> [JSONValue] {
    [
      JSONValue(step.number), JSONValue(step.epoch), JSONValue(step.loss),
      JSONValue(step.gradientNorm), JSONValue(step.learningRate), .number(seconds.text(3)),
    ]
  }

  private static func object(_ members: [(String, JSONValue)]) -> JSONValue {
    JSONValue(members: Dictionary(members) { first, _ in first })
  }

  private func write(_ members: [(String, JSONValue)]) { file.log(Self.object(members).text) }
}
