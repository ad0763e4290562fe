import FileCore
import Models

extension RunReport {
  /// The answers of the last measurement that has some, the worst first.
  var answers: String {
    guard let measured = record.measurements.last(where: { !$0.evaluation.answers.isEmpty }) else {
      return ""
    }
    let answers = measured.evaluation.answers
    let asks = answers.contains { !$0.input.isEmpty }
    let errs = answers.contains { $0.fault > 0 }
    let rows = answers.map { answer in
      let (given, right) = Self.compared(answer)
      let cells = (asks ? [answer.input.escaped] : []) + [given] + (errs ? [right] : [])
      return "<tr>" + cells.map { "<td>\($0)</td>" }.joined() + "</tr>\n"
    }
    let head = (asks ? ["input"] : []) + ["answer"] + (errs ? ["right"] : [])
    let order = errs ? "the worst first" : "of which none is wrong"
    return "<h2>Answers at step \(measured.step.grouped), \(order)</h2>\n"
      + "<div class=\"wide\"><table class=\"words\"><tr>"
      + head.map { "<th>\($0)</th>" }.joined() + "</tr>\n\(rows.joined())</table></div>\n"
  }

  /// An answer and the right one as HTML, the words that differ marked; all of it where they are not equally many.
  private static func compared(_ answer: Evaluation.Answer) -> (given: String, right: String) {
    let (given, right) = (answer.answer.words, answer.right.words)
    guard answer.fault > 0 else { return (answer.answer.escaped, "") }
    guard given.count == right.count, given.count > 1 else {
      return ("<mark>\(answer.answer.escaped)</mark>", answer.right.escaped)
    }
    let marked = zip(given, right).map { given, right in
      let isRight = given == right || right == "·"
      return isRight ? String(given).escaped : "<mark>\(String(given).escaped)</mark>"
    }
    return (marked.joined(separator: " "), answer.right.escaped)
  }

  /// Predicted numbers against the true ones, for tasks whose answer is numbers, not a series.
  var regression: String {
    guard let measured = record.measurements.last(where: { !$0.evaluation.comparisons.isEmpty }),
      measured.evaluation.curves.isEmpty
    else { return "" }
    let charts = measured.evaluation.comparisons.flatMap { comparison in
      [ScatterChart(comparison: comparison).html, Self.residuals(comparison)]
    }
    return "<h2>Predicted and true, at step \(measured.step.grouped)</h2>\n"
      + "<div class=\"charts\">\n\(charts.joined())</div>\n"
  }

  /// A forecast beside the truth and the last value, and its residuals.
  var forecast: String {
    guard let best = record.measurements.last(where: { !$0.evaluation.curves.isEmpty }) else {
      return ""
    }
    let curves = best.evaluation.curves
    let series = curves.map { curve in
      LineChart.Series(
        name: curve.name, points: curve.values.enumerated().map { (Double($0), $1) },
        style: curve.name == "last value" ? .reference : .plain)
    }
    var charts = LineChart(
      title: "Target and forecast", series: series, axis: "place in the sequence"
    ).html
    if curves.count > 1 {
      let residuals = curves.dropFirst().map { curve in
        LineChart.Series(
          name: curve.name,
          points: zip(curves[0].values, curve.values).enumerated().map {
            (Double($0), $1.0 - $1.1)
          }, style: curve.name == "last value" ? .reference : .plain)
      }
      charts +=
        LineChart(
          title: "Residuals: target minus forecast", series: residuals,
          axis: "place in the sequence", levels: [("", 0)]
        ).html
    }
    charts += best.evaluation.comparisons.map { Self.residuals($0) }.joined()
    return "<h2>Forecast, at step \(best.step.grouped)</h2>\n"
      + "<div class=\"charts\">\n\(charts)</div>\n"
  }

  private static func residuals(_ comparison: Evaluation.Comparison) -> String {
    let histogram = Histogram(comparison.residuals)
    let spread = "mean \(histogram.mean.brief), deviation \(histogram.deviation.brief)"
    return HistogramChart(
      title: "\(comparison.name): true minus predicted; \(spread)", last: histogram
    ).html
  }

  /// The confusion matrix of the last measurement that has one.
  var confusion: String {
    guard let measured = record.measurements.last(where: { $0.evaluation.confusion != nil }),
      let matrix = measured.evaluation.confusion
    else { return "" }
    return "<h2>Classes, at step \(measured.step.grouped)</h2>\n" + ConfusionTables(matrix).html
  }

  /// What the model wrote and answered over time.
  var samples: String {
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
}

extension String {
  /// The parts between spaces.
  fileprivate var words: [Substring] { split(separator: " ") }
}
