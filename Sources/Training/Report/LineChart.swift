import FileCore

/// A line chart as inline SVG, with axes.
struct LineChart {
  /// A line of a chart.
  struct Series {
    /// How it is drawn.
    enum Style {
      case plain
      /// As a moving average, whose reach the page's slider changes.
      case smoothed
      /// As a moving average over the points, which are drawn faintly.
      case smoothedOverPoints
      /// Dashed, as something to compare with.
      case reference
    }

    let name: String
    /// The points.
    let points: [(x: Double, y: Double)]
    var style = Style.plain
  }

  let title: String
  let series: [Series]
  /// The label of the x axis.
  var axis = "step"
  /// Whether the y axis is logarithmic where the numbers are positive and far apart.
  var canBeLogarithmic = false
  /// Heights with a name, drawn as dashed lines.
  var levels: [(name: String, value: Double)] = []

  /// The chart with its title, as HTML; empty if there is nothing to draw.
  var html: String {
    let levels = levels.filter { $0.value.isFinite }
    let heights = series.flatMap(\.points).map(\.y) + levels.map(\.value)
    let isLogarithmic = canBeLogarithmic && Self.isFarApart(heights)
    let drawn = series.map { line in
      (
        line,
        line.points.filter { $0.x.isFinite && $0.y.isFinite && (!isLogarithmic || $0.y > 0) }
      )
    }.filter { !$0.1.isEmpty }
    guard !drawn.isEmpty else { return "" }
    let all = drawn.flatMap(\.1)
    let frame = ChartFrame(
      across: Axis(all.map(\.x), isLogarithmic: false),
      up: Axis(
        all.map(\.y) + levels.map(\.value).filter { !isLogarithmic || $0 > 0 },
        isLogarithmic: isLogarithmic), axis: axis)
    var (content, legend) = ("", "")
    for level in levels where !isLogarithmic || level.value > 0 {
      let name = level.name.isEmpty ? "" : "\(level.name) \(level.value.significant)"
      content += frame.level(level.value, name: name)
    }
    for (number, (line, points)) in drawn.enumerated() {
      let color = "c\(number % ReportStyle.colors)"
      content += Self.draw(line, points, color, in: frame)
      if !line.name.isEmpty {
        legend += "<span class=\"key \(color)\">\(line.name.escaped)</span> "
      }
    }
    return frame.figure(title: title, legend: legend, content)
  }

  private static func draw(
    _ line: Series, _ points: [(x: Double, y: Double)], _ color: String, in frame: ChartFrame
  ) -> String {
    switch line.style {
    case .plain: return frame.line(points, shown: points, name: line.name, style: "line \(color)")
    case .reference:
      return frame.line(points, shown: points, name: line.name, style: "line dashed \(color)")
    case .smoothed, .smoothedOverPoints:
      let isFaint = line.style == .smoothedOverPoints && points.count > 1
      let behind = isFaint ? frame.background(points, style: "faint \(color)") : ""
      return behind
        + frame.line(
          points, shown: smoothed(points), name: line.name, style: "line smooth \(color)")
    }
  }

  /// The moving average that is shown first; the page's script computes the same for other shares.
  private static func smoothed(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
    Array(zip(points.map(\.x), points.map(\.y).movingAverage(overShare: 0.02)))
  }

  /// Whether the largest positive number is more than twenty times the smallest one.
  private static func isFarApart(_ numbers: [Double]) -> Bool {
    let positive = numbers.filter { $0 > 0 && $0.isFinite }
    return (positive.max() ?? 1) > 20 * (positive.min() ?? 1)
  }
}
