import FileCore

extension RunReport {
  /// The curves of training.
  var curves: String {
    let charts = [
      LineChart(
        title: "Loss",
        series: [
          .init(name: "training", points: record.loss.points.pairs, style: .smoothedOverPoints),
          .init(
            name: "validation",
            points: record.measurements.map { (Double($0.step), $0.evaluation.loss) }),
        ], canBeLogarithmic: true, levels: lossLevels),
      metricChart,
      LineChart(
        title: "Learning rate",
        series: [.init(name: "", points: record.learningRate.points.pairs)]),
      LineChart(
        title: "Norm of the gradients, before clipping",
        series: [
          .init(name: "", points: record.gradientNorm.points.pairs, style: .smoothedOverPoints)
        ], canBeLogarithmic: true),
      LineChart(
        title: "\(record.unit.prefix(1).uppercased() + record.unit.dropFirst()) a second",
        series: [.init(name: "", points: record.speed.points.pairs, style: .smoothedOverPoints)]),
      LineChart(
        title: "Memory in MiB",
        series: [
          .init(name: "", points: record.memory.points.pairs.map { ($0.0, $0.1 / 1_048_576) })
        ]),
    ]
    return ReportScript.slider + "<div class=\"charts\">\n" + charts.map(\.html).joined()
      + "</div>\n"
  }

  /// What guessing gives, what the task asks for, and what no model can beat.
  private var lossLevels: [(name: String, value: Double)] {
    var result: [(name: String, value: Double)] = []
    if let guess = record.baseline { result.append(("guessing \(guess.method)", guess.loss)) }
    if let goal = levels?.solved, goal.measure.isLoss {
      result.append(("asked for", goal.bound))
    }
    if let floor = record.floor { result.append(("the language's own entropy", floor)) }
    return result
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
    var levels: [(name: String, value: Double)] = []
    if let guess = record.baseline, let accuracy = guess.accuracy {
      levels.append(("guessing \(guess.method)", accuracy))
    }
    if let goal = self.levels?.solved, !goal.measure.isLoss {
      levels.append(("\(goal.measure.title) asked for", goal.bound))
    }
    return LineChart(title: "Validation", series: series, levels: levels)
  }
}

extension [SampledCurve.Point] {
  /// Steps and values.
  var pairs: [(x: Double, y: Double)] { map { (Double($0.step), $0.value) } }
}
