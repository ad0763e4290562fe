import FileCore
import Models

/// A page that lays runs over each other: their curves, how their configurations differ, and their measurements side by
/// side. The page is self-contained.
///
/// ```swift
/// let page = RunComparison([.init("small", small, configuration), .init("large", large, other)]).html
/// ```
public struct RunComparison: Sendable {
  /// One of the runs.
  public struct Run: Sendable {
    /// The run's name in legends and tables.
    public let name: String
    /// What happened.
    public let record: RunRecord
    /// What was learned from what, and how; null if that is not known.
    public let configuration: JSONValue

    /// A run of a name.
    public init(_ name: String, _ record: RunRecord, _ configuration: JSONValue) {
      self.name = name
      self.record = record
      self.configuration = configuration
    }
  }

  private let runs: [Run]

  /// A comparison of runs, in their order.
  public init(_ runs: [Run]) { self.runs = runs }

  /// The page.
  public var html: String {
    let title = "\(runs.count.counted("runs")) compared"
    return ReportStyle.page(
      title: title, isRunning: runs.contains(where: \.record.isRunning),
      "<h1>\(title)</h1>\n" + curves + section("Measurements", measurements)
        + section("Settings that differ", differences)
        + section(
          "Runs",
          Rows(
            head: ["run", "task", "training"],
            rows: runs.map { [$0.name, $0.record.title, $0.record.settings] })))
  }

  /// The measurements as a table for a terminal.
  public var text: String {
    let measurements = measurements
    var table = TextTable(measurements.head, rightAligned: 0..<0)
    for row in measurements.rows { table.add(row) }
    return table.text
  }

  // MARK: Curves

  private var curves: String {
    let charts = [
      chart("Validation loss", canBeLogarithmic: true) { record in
        record.measurements.map { (Double($0.step), $0.evaluation.loss) }
      },
      chart("Training loss", .smoothed, canBeLogarithmic: true) { $0.loss.points.pairs },
      chart("Learning rate") { $0.learningRate.points.pairs },
      chart("Norm of the gradients, before clipping", .smoothed, canBeLogarithmic: true) {
        $0.gradientNorm.points.pairs
      },
      chart("Units a second", .smoothed) { $0.speed.points.pairs },
    ]
    return ReportScript.slider + "<div class=\"charts\">\n" + charts.joined() + "</div>\n"
  }

  /// A chart with a line for each run.
  private func chart(
    _ title: String, _ style: LineChart.Series.Style = .plain, canBeLogarithmic: Bool = false,
    _ points: (RunRecord) -> [(x: Double, y: Double)]
  ) -> String {
    LineChart(
      title: title,
      series: runs.map { .init(name: $0.name, points: points($0.record), style: style) },
      canBeLogarithmic: canBeLogarithmic
    ).html
  }

  // MARK: Tables

  private struct Rows {
    var head: [String]
    var rows: [[String]]
  }

  /// A row for each run: how it ended, its best measurement and its speed.
  private var measurements: Rows {
    var names: [String] = []
    for metric in runs.compactMap(\.shown).flatMap(\.evaluation.metrics)
    where !names.contains(metric.name) { names.append(metric.name) }
    return Rows(
      head: ["run", "loss"] + names + ["at step", "steps", "weights", "time", "units/s", "status"],
      rows: runs.map { run in
        let (record, shown) = (run.record, run.shown)
        let speed = record.seconds > 0 ? Int(Double(record.units) / record.seconds) : 0
        return [run.name, shown.map { $0.evaluation.loss.significant } ?? ""]
          + names.map { name in shown?.evaluation[name]?.significant ?? "" }
          + [
            shown.map { $0.step.grouped } ?? "", record.steps.grouped,
            record.parameterCount.grouped, record.seconds.duration, speed.grouped, record.ending,
          ]
      })
  }

  /// A row for each setting that is not the same in all runs.
  private var differences: Rows {
    let settings = runs.map { $0.configuration.leaves() }
    let names = Set(settings.flatMap(\.keys)).sorted()
    let rows = names.map { name in settings.map { $0[name] ?? "" } }
    return Rows(
      head: ["setting"] + runs.map(\.name),
      rows: zip(names, rows).filter { Set($0.1).count > 1 }.map { [$0] + $1 })
  }

  private func section(_ title: String, _ table: Rows) -> String {
    guard !table.rows.isEmpty else { return "" }
    func row(_ cells: [String], _ tag: String) -> String {
      "<tr>" + cells.map { "<\(tag)>\($0.escaped)</\(tag)>" }.joined() + "</tr>\n"
    }
    return "<h2>\(title.escaped)</h2>\n<div class=\"wide\"><table>" + row(table.head, "th")
      + table.rows.map { row($0, "td") }.joined() + "</table></div>\n"
  }
}

extension RunComparison.Run {
  /// The best measurement; the last one where none is the best.
  fileprivate var shown: RunRecord.Measured? { record.best ?? record.measurements.last }
}

extension JSONValue {
  /// The values that are no objects, by their paths: `task.model.hiddenSize`.
  fileprivate func leaves(_ path: String = "") -> [String: String] {
    switch self {
    case .object(let members):
      members.reduce(into: [:]) { all, member in
        let name = path.isEmpty ? "\(member.key)" : "\(path).\(member.key)"
        all.merge(member.value.leaves(name)) { first, _ in first }
      }
    case .string(let text): [path: text]
    default: [path: text]
    }
  }
}
