import FileCore

/// The axes of a chart as inline SVG, and where its points are.
///
/// The page's script reads from the attributes `data-range` and `data-box` how numbers become places.
struct ChartFrame {
  let across: Axis
  let up: Axis
  /// The label of the x axis.
  let axis: String

  private static let (width, height) = (480.0, 236.0)
  private static let (left, right, top, bottom) = (68.0, 26.0, 12.0, 48.0)
  private static let (inside, tall) = (width - left - right, height - top - bottom)

  /// The chart with its title and legend, `content` drawn over the grid.
  func figure(title: String, legend: String = "", kind: String = "lines", _ content: String)
    -> String
  {
    let range = [across.low, across.high, up.low, up.high].map { "\($0)" }
    let box = [Self.left, Self.top, Self.inside, Self.tall].map { $0.short }
    return "<figure><figcaption><b>\(title.escaped)</b> \(legend)<output></output></figcaption>\n"
      + "<svg viewBox=\"0 0 \(Self.width.short) \(Self.height.short)\" role=\"img\""
      + " aria-label=\"\(title.escaped)\" class=\"chart \(kind)\""
      + " data-range=\"\(range.joined(separator: " "))\" data-box=\"\(box.joined(separator: " "))\""
      + " data-axis=\"\(axis.escaped)\"\(up.isLogarithmic ? " data-log=\"1\"" : "")>\n"
      + grid + content + "</svg></figure>\n"
  }

  private var grid: String {
    let (end, below) = (Self.width - Self.right, Self.height - Self.bottom)
    var svg = ""
    for tick in up.ticks {
      let y = y(tick)
      svg +=
        "<line class=\"grid\" x1=\"\(Self.left.short)\" x2=\"\(end.short)\" y1=\"\(y)\" y2=\"\(y)\"/>"
      svg += "<text class=\"side\" x=\"\((Self.left - 6).short)\" y=\"\(y)\">\(tick.short)</text>\n"
    }
    for tick in across.ticks {
      svg +=
        "<text class=\"below\" x=\"\(x(tick))\" y=\"\((below + 20).short)\">\(tick.short)</text>\n"
    }
    let middle = Self.left + Self.inside / 2
    return svg
      + "<text class=\"below\" x=\"\(middle.short)\" y=\"\((Self.height - 5).short)\">\(axis.escaped)</text>\n"
  }

  /// A line through points, with their numbers for the script: `shown` are those that are drawn.
  func line(
    _ points: [(x: Double, y: Double)], shown: [(x: Double, y: Double)], name: String, style: String
  ) -> String {
    let data =
      "data-name=\"\(name.escaped)\" data-x=\"\(points.map(\.x.compact).joined(separator: " "))\""
      + " data-y=\"\(points.map(\.y.compact).joined(separator: " "))\""
    guard points.count > 1 else {
      return points.map {
        "<circle class=\"\(style)\" r=\"3\" cx=\"\(x($0.x))\" cy=\"\(y($0.y))\" \(data)/>\n"
      }.joined()
    }
    return "<polyline class=\"\(style)\" points=\"\(path(shown))\" \(data)/>\n"
  }

  /// A line without numbers for the script.
  func background(_ points: [(x: Double, y: Double)], style: String) -> String {
    "<polyline class=\"\(style)\" points=\"\(path(points))\"/>\n"
  }

  /// A dashed line at a height, named at its right end unless the name is empty.
  func level(_ value: Double, name: String) -> String {
    let (y, end) = (y(value), Self.width - Self.right)
    return
      "<line class=\"level\" x1=\"\(Self.left.short)\" x2=\"\(end.short)\" y1=\"\(y)\" y2=\"\(y)\"/>"
      + "<text class=\"note\" x=\"\((end - 4).short)\" y=\"\(y)\" dy=\"-.4em\">\(name.escaped)</text>\n"
  }

  private func path(_ points: [(x: Double, y: Double)]) -> String {
    points.map { "\(x($0.x)),\(y($0.y))" }.joined(separator: " ")
  }

  /// Where a number is across.
  func x(_ value: Double) -> String { (Self.left + across.share(of: value) * Self.inside).text(1) }

  /// Where a number is from above.
  func y(_ value: Double) -> String {
    (Self.top + (1 - up.share(of: value)) * Self.tall).text(1)
  }
}

extension Double {
  /// The number as short as it says enough, for the page's script.
  fileprivate var compact: String {
    self == rounded() && magnitude < 1e9 ? "\(Int(self))" : significant
  }
}
