import FileCore

/// A histogram as a small inline SVG: the last one filled, the first one as an outline behind it.
struct HistogramChart {
  let title: String
  let last: Histogram
  var first: Histogram?

  private static let (width, height) = (200.0, 64.0)

  /// The chart with its title and the ends of its range, as HTML.
  var html: String {
    let shown = [last, first].compactMap(\.self)
    let (low, high) = (shown.map(\.low).min() ?? 0, shown.map(\.high).max() ?? 0)
    var svg = Self.path(last, from: low, to: high, style: "filled")
    if let first { svg += Self.path(first, from: low, to: high, style: "outline") }
    return "<figure class=\"small\"><figcaption>\(title.escaped)</figcaption>"
      + "<svg viewBox=\"0 0 200 64\" preserveAspectRatio=\"none\" role=\"img\""
      + " aria-label=\"\(title.escaped)\">\(svg)</svg>"
      + "<p class=\"ends\"><span>\(low.brief)</span><span>\(high.brief)</span></p></figure>\n"
  }

  /// The outline of the bars, the highest as high as the chart.
  private static func path(
    _ histogram: Histogram, from low: Double, to high: Double, style: String
  ) -> String {
    let counts = histogram.counts
    let most = Double(max(1, counts.max() ?? 1))
    func x(_ edge: Int) -> String {
      guard high > low else { return (edge == 0 ? 0 : width).text(1) }
      let share = Double(edge) / Double(counts.count)
      let value = histogram.low + share * (histogram.high - histogram.low)
      return ((value - low) / (high - low) * width).text(1)
    }
    let bars = counts.enumerated().map { place, count in
      "V\((height * (1 - Double(count) / most)).text(1))H\(x(place + 1))"
    }
    return "<path class=\"\(style)\" d=\"M\(x(0)),64\(bars.joined())V64Z\"/>"
  }
}

extension Double {
  /// The number with three digits that say something: `0.125`, `1.52e-07`.
  var brief: String {
    guard magnitude >= 0.001, magnitude < 10_000 else { return self == 0 ? "0" : significant }
    var scale = 1.0
    while magnitude * scale < 100 { scale *= 10 }
    return ((self * scale).rounded() / scale).short
  }
}
