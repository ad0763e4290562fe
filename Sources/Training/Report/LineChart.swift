import Models
import Requirements

/// A line chart as inline SVG, with axes.
struct LineChart {
  /// A line of a chart.
  struct Series {
    let name: String
    /// The points.
    let points: [(x: Double, y: Double)]
    /// Whether the line is drawn faintly, as background.
    var isFaint = false
  }

  let title: String
  let series: [Series]
  /// The label of the x axis.
  var axis = "step"
  /// Whether the y axis is logarithmic.
  var isLogarithmic = false

  private static let (width, height) = (640.0, 260.0)
  private static let (left, right, top, bottom) = (64.0, 12.0, 12.0, 34.0)

  /// The chart with its title, as HTML; empty if there is nothing to draw.
  var html: String {
    let drawn = series.map { line in
      (
        line.name, line.isFaint,
        line.points.filter { $0.x.isFinite && $0.y.isFinite && (!isLogarithmic || $0.y > 0) }
      )
    }.filter { !$0.2.isEmpty }
    guard !drawn.isEmpty else { return "" }
    let all = drawn.flatMap(\.2)
    let across = Axis(all.map(\.x), isLogarithmic: false)
    let up = Axis(all.map(\.y), isLogarithmic: isLogarithmic)
    var svg = "<svg viewBox=\"0 0 640 260\" role=\"img\" aria-label=\"\(title.escaped)\">\n"
    for tick in up.ticks {
      let y = place(up, tick, vertical: true)
      svg += "<line class=\"grid\" x1=\"64\" x2=\"628\" y1=\"\(y)\" y2=\"\(y)\"/>"
      svg += "<text class=\"side\" x=\"58\" y=\"\(y)\">\(tick.short)</text>\n"
    }
    for tick in across.ticks {
      let x = place(across, tick, vertical: false)
      svg += "<text class=\"below\" x=\"\(x)\" y=\"242\">\(tick.short)</text>\n"
    }
    svg += "<text class=\"below\" x=\"346\" y=\"257\">\(axis.escaped)</text>\n"
    var color = 0
    var legend = ""
    for (name, isFaint, points) in drawn {
      let path = points.map {
        "\(place(across, $0.x, vertical: false)),\(place(up, $0.y, vertical: true))"
      }.joined(separator: " ")
      let style = isFaint ? "faint" : "line c\(color)"
      svg +=
        points.count == 1
        ? "<circle class=\"\(style)\" r=\"3\" cx=\"\(path.replacingComma)\"/>\n"
        : "<polyline class=\"\(style)\" points=\"\(path)\"/>\n"
      if isFaint { continue }
      svg += hovers(over: points, name, "c\(color)", across, up)
      legend += "<span class=\"key c\(color)\">\(name.escaped)</span> "
      color = (color + 1) % ReportStyle.colors
    }
    svg += "</svg>"
    return "<figure><figcaption><b>\(title.escaped)</b> \(legend)</figcaption>\n\(svg)</figure>\n"
  }

  /// Points that show their value under a pointer: some of a line's, evenly spaced.
  private func hovers(
    over points: [(x: Double, y: Double)], _ name: String, _ style: String, _ across: Axis,
    _ up: Axis
  ) -> String {
    let every = max(1, (points.count + Self.mostHovers - 1) / Self.mostHovers)
    let shown = points.enumerated().filter { (points.count - 1 - $0.offset) % every == 0 }
    return shown.map { _, point in
      let (x, y) = (
        place(across, point.x, vertical: false), place(up, point.y, vertical: true)
      )
      let title = (name.isEmpty ? "" : name.escaped + ", ") + "\(axis.escaped) \(point.x.short): "
      return "<circle class=\"hover \(style)\" r=\"4\" cx=\"\(x)\" cy=\"\(y)\"><title>\(title)"
        + "\(point.y.significant)</title></circle>\n"
    }.joined()
  }

  /// The most points of a line that show their value.
  private static let mostHovers = 60

  private func place(_ axis: Axis, _ value: Double, vertical: Bool) -> String {
    let share = axis.share(of: value)
    let place =
      vertical
      ? Self.height - Self.bottom - share * (Self.height - Self.top - Self.bottom)
      : Self.left + share * (Self.width - Self.left - Self.right)
    return place.text(1)
  }
}

/// The range and ticks of an axis.
struct Axis {
  private let low: Double
  private let high: Double
  private let isLogarithmic: Bool
  /// The numbers of its labels.
  let ticks: [Double]

  init(_ values: [Double], isLogarithmic: Bool) {
    self.isLogarithmic = isLogarithmic
    let (least, most) = (values.min() ?? 0, values.max() ?? 1)
    if isLogarithmic {
      let powers = Self.powers.filter { $0 >= least / 10 && $0 <= most * 10 }
      let bottom = powers.last { $0 <= least } ?? least
      let top = powers.first { $0 >= most && $0 > least } ?? most
      (low, high) = (bottom, top)
      ticks = powers.filter { $0 >= bottom && $0 <= top }
    } else {
      let step = Self.step(over: most - least)
      // A constant is drawn in the middle.
      let margin = most > least ? 0 : step
      low = (least / step).rounded(.down) * step - margin
      high = (most / step).rounded(.up) * step + margin
      let (first, count) = (low, Int(((high - low) / step).rounded()))
      ticks = (0...count).map { first + Double($0) * step }
    }
  }

  /// Powers of ten.
  private static let powers = (-12...12).map { power(10, Double($0)) }

  /// The distance of ticks: a round number, for about five ticks.
  private static func step(over range: Double) -> Double {
    guard range > 0, range.isFinite else { return 1 }
    let size = powers.last { $0 <= range / 4 } ?? range / 4
    return [1, 2, 5].map { $0 * size }.last { $0 <= range / 4 } ?? size
  }

  /// 0 at the lower end, 1 at the upper one.
  func share(of value: Double) -> Double {
    guard high > low else { return 0.5 }
    guard isLogarithmic else { return (value - low) / (high - low) }
    return logarithm(value / low) / logarithm(high / low)
  }
}

extension Double {
  /// The number in short form: `0.002`, `12k`, `3.4M`.
  var short: String {
    let size = abs(self)
    if size >= 1e6 { return (self / 1e6).digits + "M" }
    if size >= 10_000 { return (self / 1000).digits + "k" }
    return digits
  }

  /// The number without trailing zeros.
  private var digits: String {
    let size = abs(self)
    if size > 0, size < 1e-4 { return "\(Float(self))" }
    var text = text(size >= 100 ? 0 : size >= 1 ? 2 : 5)
    if text.contains(".") {
      while text.hasSuffix("0") { text.removeLast() }
      if text.hasSuffix(".") { text.removeLast() }
    }
    return text
  }
}

extension String {
  /// The text with HTML's special characters escaped.
  var escaped: String {
    var result = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default:
        // Control characters are not allowed in HTML.
        let isControl = scalar.value < 32 && scalar != "\n" && scalar != "\t"
        result.unicodeScalars.append(isControl ? "\u{FFFD}" : scalar)
      }
    }
    return result
  }

  /// Turns `X,Y` into `X" cy="Y`.
  fileprivate var replacingComma: String {
    split(separator: ",").joined(separator: "\" cy=\"")
  }
}
