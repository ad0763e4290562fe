import Datasets
import FileCore
import Models

/// A report of a training run as one HTML page: curves, evaluations, samples over time, confusion matrix, forecast,
/// time and memory. The page is self-contained.
public struct RunReport: Sendable {
  private let record: RunRecord
  private let levels: TaskLevels?

  /// A report of a record; with levels it states whether the task is solved.
  public init(_ record: RunRecord, levels: TaskLevels? = nil) {
    self.record = record
    self.levels = levels
  }

  /// The page.
  public var html: String {
    let parts = [facts, curves, forecast, confusion, samples, measurements]
    return ReportStyle.page(
      title: record.title,
      "<h1>\(record.title.escaped)</h1>\n<p>\(record.settings.escaped)</p>\n" + parts.joined())
  }

  // MARK: Facts

  private var facts: String {
    var cells = [("status", record.ending), ("steps", record.steps.grouped)]
    if let best = record.best {
      cells.append(("best measurement", "\(best.evaluation.line) (step \(best.step.grouped))"))
      if let levels { cells.append(("task", levels.line(for: best.evaluation))) }
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
    cells += record.facts.map { ($0.name.escaped, $0.value) }
    let rows = cells.map { "<tr><th>\($0.0)</th><td>\($0.1.escaped)</td></tr>\n" }.joined()
    let hints = record.hints.map { "<p class=\"hint\">Hint: \($0.escaped)</p>\n" }.joined()
    return "<table class=\"facts\">\n\(rows)</table>\n\(hints)"
  }

  // MARK: Curves

  private var curves: String {
    let measured = record.measurements.map { (Double($0.step), $0.evaluation.loss) }
    var lines = [
      LineChart.Series(name: "each step", points: record.loss.points.pairs, isFaint: true),
      LineChart.Series(name: "training", points: record.loss.smoothed().pairs),
    ]
    if !measured.isEmpty { lines.append(.init(name: "validation", points: measured)) }
    let losses = lines.dropFirst().flatMap(\.points).map { $0.1 }.filter { $0 > 0 }
    let spread = (losses.max() ?? 1) / (losses.min() ?? 1)
    let charts = [
      LineChart(title: "Loss", series: lines, isLogarithmic: spread > 20),
      metricChart,
      LineChart(
        title: "Learning rate",
        series: [.init(name: "", points: record.learningRate.points.pairs)]),
      LineChart(
        title: "Norm of the gradients, before clipping",
        series: [.init(name: "", points: record.gradientNorm.points.pairs)], isLogarithmic: true),
      LineChart(
        title: "Memory in MiB",
        series: [
          .init(name: "", points: record.memory.points.pairs.map { ($0.0, $0.1 / 1_048_576) })
        ]),
    ]
    return "<div class=\"charts\">\n" + charts.map(\.html).joined() + "</div>\n"
  }

  /// The metrics in 0...1 over time.
  private var metricChart: LineChart {
    let names = ["accuracy", "macro F1", "exact match", "legal share"]
    let series = names.compactMap { name -> LineChart.Series? in
      let points = record.measurements.compactMap { measured in
        measured.evaluation[name].map { (Double(measured.step), $0) }
      }
      return points.isEmpty ? nil : .init(name: name, points: points)
    }
    return LineChart(title: "Validation", series: series)
  }

  // MARK: Answers of the best model

  private var forecast: String {
    guard let best = record.measurements.last(where: { !$0.evaluation.curves.isEmpty }) else {
      return ""
    }
    let series = best.evaluation.curves.map { curve in
      LineChart.Series(
        name: curve.name, points: curve.values.enumerated().map { (Double($0), $1) })
    }
    let chart = LineChart(
      title: "Target and forecast, at step \(best.step.grouped)", series: series,
      axis: "place in the sequence")
    return "<h2>Forecast</h2>\n<div class=\"charts\">\n\(chart.html)</div>\n"
  }

  private var confusion: String {
    guard let measured = record.measurements.last(where: { $0.evaluation.confusion != nil }),
      let matrix = measured.evaluation.confusion
    else { return "" }
    return "<h2>Classes, at step \(measured.step.grouped)</h2>\n" + ConfusionTables(matrix).html
  }

  private var samples: String {
    let all = record.measurements.filter { !$0.evaluation.samples.isEmpty }
    guard !all.isEmpty else { return "" }
    // About a dozen evenly spaced evaluations, including the last one.
    let every = max(1, (all.count + 11) / 12)
    let chosen = all.enumerated().filter { (all.count - 1 - $0.offset) % every == 0 }
    let blocks = chosen.reversed().map { entry in
      let measured = entry.element
      let text = measured.evaluation.samples.joined(separator: "\n").escaped
      return "<h3>step \(measured.step.grouped)\(measured.isBest ? ", best" : "")</h3>"
        + "<pre>\(text)</pre>\n"
    }
    return "<h2>What the model wrote and answered, the latest first</h2>\n" + blocks.joined()
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

extension [SampledCurve.Point] {
  /// Steps and values.
  var pairs: [(x: Double, y: Double)] { map { (Double($0.step), $0.value) } }
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
