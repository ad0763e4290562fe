import FileCore

/// True and predicted numbers as points; those on the diagonal are right.
struct ScatterChart {
  let comparison: Evaluation.Comparison

  /// The chart with its title, as HTML; empty if there is nothing to draw.
  var html: String {
    let (targets, answers) = (comparison.targets, comparison.answers)
    guard !targets.isEmpty else { return "" }
    let range = Axis(targets + answers, isLogarithmic: false)
    let frame = ChartFrame(across: range, up: range, axis: "true")
    let points = zip(targets, answers).map {
      "<circle class=\"c0\" r=\"2.2\" cx=\"\(frame.x($0))\" cy=\"\(frame.y($1))\"/>"
    }
    let diagonal = frame.background(
      [(range.low, range.low), (range.high, range.high)], style: "level")
    let data = zip(targets, answers).map { ($0.significant, $1.significant) }
    return frame.figure(
      title: "\(comparison.name): predicted against true", kind: "dots",
      diagonal + "<g class=\"points\" data-x=\"\(data.map(\.0).joined(separator: " "))\""
        + " data-y=\"\(data.map(\.1).joined(separator: " "))\">\(points.joined())</g>\n")
  }
}
