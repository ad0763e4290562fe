import Models
import Requirements

/// Curves drawn with characters, for a terminal: lines of braille points, two by four to a character.
///
///     loss
///     3.0 |⢇
///         | ⠑⠢⢄
///         |     ⠉⠒⠢⠤⢄⣀
///     0.2 |            ⠉⠉⠒⠒⠒
///         +-----------------
///          1             500
///
/// An axis is logarithmic where the numbers are positive and the largest is more than twenty times the smallest.
public struct TerminalPlot: Sendable {
  private let record: RunRecord
  private let width: Int
  private let height: Int

  /// A plot of a record's curves, `width` characters wide, the loss `height` characters high.
  public init(_ record: RunRecord, width: Int = 72, height: Int = 12) {
    self.record = record
    self.width = max(24, width)
    self.height = max(4, height)
  }

  /// The curves, one below the other: the losses of training and evaluations, the learning rate, the norm of gradients.
  public var text: String {
    let measured = record.measurements.map { (step: $0.step, value: $0.evaluation.loss) }
    let loss = record.loss.smoothed().map { (step: $0.step, value: $0.value) }
    let title = measured.isEmpty ? "loss" : "loss, validation (o)"
    return plot(title, loss, marks: measured, rows: height)
      + plot("learning rate", record.learningRate.steps, rows: height / 2)
      + plot("norm of the gradients", record.gradientNorm.steps, rows: height / 2)
  }

  private typealias Place = (step: Int, value: Double)

  private func plot(
    _ title: String, _ points: [Place], marks: [Place] = [], rows: Int
  ) -> String {
    let all = (points + marks).filter { $0.value.isFinite }
    guard let first = all.map(\.step).min(), let last = all.map(\.step).max(),
      let low = all.map(\.value).min(), let high = all.map(\.value).max()
    else { return "" }
    let isLogarithmic = low > 0 && high > 20 * low
    let labels = [high, low].map { abs($0) < 1e-4 && $0 != 0 ? $0.significant : $0.short }
    let margin = labels.map(\.count).max() ?? 0
    var canvas = Canvas(columns: width - margin - 2, rows: rows)
    let (bottom, top) = isLogarithmic ? (logarithm(low), logarithm(high)) : (low, high)
    func share(_ place: Place) -> (x: Double, y: Double) {
      let value = isLogarithmic ? logarithm(place.value) : place.value
      return (
        Double(place.step - first) / Double(max(1, last - first)),
        top > bottom ? (top - value) / (top - bottom) : 0
      )
    }
    canvas.draw(points.filter { $0.value.isFinite }.map(share))
    for place in marks where place.value.isFinite { canvas.mark(share(place), "o") }
    let blank = String(repeating: " ", count: margin)
    let heading = title + (isLogarithmic ? ", logarithmic" : "")
    var lines = ["\(blank)  \(heading.prefix(canvas.columns))"]
    for (row, characters) in canvas.lines.enumerated() {
      let label = row == 0 ? labels[0] : row == rows - 1 ? labels[1] : ""
      let padded = String(repeating: " ", count: margin - label.count) + label
      lines.append("\(padded) |\(characters)")
    }
    lines.append("\(blank) +" + String(repeating: "-", count: canvas.columns))
    let (start, end) = ("\(first)", "\(last)")
    let gap = String(repeating: " ", count: max(1, canvas.columns - start.count - end.count))
    lines.append("\(blank)  \(start)\(gap)\(end)")
    return lines.joined(separator: "\n") + "\n"
  }
}

/// A grid of characters, each of which has two columns and four rows of points.
private struct Canvas {
  let columns: Int
  let rows: Int
  /// The points of each character, as the bits of a braille character.
  private var points: [[UInt32]]
  private var marks: [[Character?]]

  init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
    points = Array(repeating: Array(repeating: 0, count: columns), count: rows)
    marks = Array(repeating: Array(repeating: nil, count: columns), count: rows)
  }

  /// Draws a line through places whose coordinates are shares of the width and the height.
  mutating func draw(_ places: [(x: Double, y: Double)]) {
    let grid = places.map { place in
      (
        x: Int((place.x * Double(2 * columns - 1)).rounded()),
        y: Int((place.y * Double(4 * rows - 1)).rounded())
      )
    }
    if let only = grid.first, grid.count == 1 { set(only.x, only.y) }
    for (from, to) in zip(grid, grid.dropFirst()) {
      let steps = max(abs(to.x - from.x), abs(to.y - from.y), 1)
      for step in 0...steps {
        set(
          from.x + (to.x - from.x) * step / steps, from.y + (to.y - from.y) * step / steps)
      }
    }
  }

  /// Puts a character in the place of points.
  mutating func mark(_ place: (x: Double, y: Double), _ character: Character) {
    let column = Int((place.x * Double(columns - 1)).rounded())
    marks[Int((place.y * Double(rows - 1)).rounded())][column] = character
  }

  private mutating func set(_ x: Int, _ y: Int) {
    points[y / 4][x / 2] |= Self.bits[y % 4][x % 2]
  }

  /// The bits of the points of a braille character, row by row.
  private static let bits: [[UInt32]] = [
    [0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80],
  ]

  /// The rows as text, without spaces at their ends.
  var lines: [String] {
    zip(points, marks).map { points, marks in
      let characters = zip(points, marks).map { bits, mark in
        mark ?? (bits == 0 ? " " : Unicode.Scalar(0x2800 + bits).map(Character.init) ?? " ")
      }
      let end = characters.lastIndex { $0 != " " }.map { $0 + 1 } ?? 0
      return String(characters[..<end])
    }
  }
}

extension SampledCurve {
  fileprivate var steps: [(step: Int, value: Double)] { points.map { ($0.step, $0.value) } }
}
