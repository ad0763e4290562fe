import Datasets
import FileCore
import Models

/// A report of a training run as one HTML page: where it comes from, curves, answers with the worst first,
/// confusion matrix, forecast and residuals, weights and gradients, evaluations. The page is self-contained; while training
/// goes on, it reloads itself.
public struct RunReport: Sendable {
  let record: RunRecord
  let levels: TaskLevels?

  /// A report of a record; with levels it states whether the task is solved.
  public init(_ record: RunRecord, levels: TaskLevels? = nil) {
    self.record = record
    self.levels = levels
  }

  /// The page.
  public var html: String {
    let parts = [
      facts, curves, answers, regression, forecast, confusion, samples, parameters, measurements,
    ]
    return ReportStyle.page(
      title: record.title, isRunning: record.isRunning,
      "<h1>\(record.title.escaped)</h1>\n<p>\(record.settings.escaped)</p>\n" + parts.joined())
  }

  // MARK: Facts

  private var facts: String {
    var cells = [("status", record.ending), ("steps", record.steps.grouped)]
    if let best = record.best {
      cells.append(("best measurement", "\(best.evaluation.line) (step \(best.step.grouped))"))
      if let levels {
        cells.append(("task", levels.line(for: best.evaluation)))
      } else if let baseline = record.baseline {
        cells.append(("guessing", baseline.line(for: best.evaluation)))
      }
    }
    cells.append(("weights", record.parameterCount.grouped))
    cells.append(("time", record.seconds.duration))
    if record.seconds > 0 {
      let speed = Int(Double(record.units) / record.seconds)
      cells.append(("speed", "\(speed.grouped) \(record.unit) a second"))
    }
    if let most = record.memory.points.map(\.value).max() {
      cells.append(("memory", "\((most / 1_048_576).text(0)) MiB at most"))
    }
    let hints = record.hints.map { "<p class=\"hint\">Hint: \($0.escaped)</p>\n" }.joined()
    return "<div class=\"charts\">\n" + Self.table(cells)
      + Self.table(record.facts.map { ($0.name, $0.value) }) + "</div>\n\(hints)"
  }

  private static func table(_ cells: [(name: String, value: String)]) -> String {
    let rows = cells.map {
      "<tr><th>\($0.name.escaped)</th><td>\($0.value.escaped)</td></tr>\n"
    }
    return rows.isEmpty ? "" : "<div><table class=\"facts\">\n\(rows.joined())</table></div>\n"
  }

  private var measurements: String {
    guard let first = record.measurements.first else { return "" }
    let names = first.evaluation.metrics.map(\.name)
    let head = (["step", "time", "loss"] + names).map { "<th>\($0.escaped)</th>" }.joined()
    let rows = record.measurements.map { measured in
      let cells =
        [measured.step.grouped, measured.seconds.duration, measured.evaluation.loss.text(4)]
        + names.map { measured.evaluation[$0]?.text(4) ?? "" }
      return "<tr\(measured.isBest ? " class=\"best\"" : "")>"
        + cells.map { "<td>\($0)</td>" }.joined() + "</tr>\n"
    }
    return "<h2>Measurements</h2>\n<p>Marked: better than all before.</p>\n"
      + "<div class=\"wide\"><table><tr>\(head)</tr>\n\(rows.joined())</table></div>\n"
  }
}

extension Double {
  /// Seconds as text: `4.2 s`, `3 min 20 s`, `2 h 5 min`.
  var duration: String {
    guard self >= 60, isFinite, self < 1e9 else { return "\(text(1)) s" }
    let seconds = Int(self)
    return seconds < 3600
      ? "\(seconds / 60) min \(seconds % 60) s" : "\(seconds / 3600) h \(seconds % 3600 / 60) min"
  }
}
