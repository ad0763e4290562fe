/// A curve drawn with characters, for a terminal.
///
///     loss
///     3.0 |*
///         | **
///         |   ****
///     0.2 |       *********
///         +----------------
///          1            500
public struct TerminalPlot: Sendable {
  private let record: RunRecord
  private let width: Int
  private let height: Int

  /// A plot of a record's curves, `width` characters wide.
  public init(_ record: RunRecord, width: Int = 72, height: Int = 12) {
    self.record = record
    self.width = max(24, width)
    self.height = max(4, height)
  }

  /// The curves, one below the other: the losses of training and evaluations, the learning rate, the norm of gradients.
  public var text: String {
    let measured = record.measurements.map { (step: $0.step, value: $0.evaluation.loss) }
    let loss = record.loss.smoothed().map { (step: $0.step, value: $0.value) }
    let title = measured.isEmpty ? "loss" : "loss (*), validation (o)"
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
    let labels = [high.short, low.short]
    let margin = labels.map(\.count).max() ?? 0
    let columns = width - margin - 2
    var grid = Array(repeating: Array(repeating: Character(" "), count: columns), count: rows)
    for (places, mark) in [(points, Character("*")), (marks, Character("o"))] {
      for (step, value) in places where value.isFinite {
        let x = Double(step - first) / Double(max(1, last - first)) * Double(columns - 1)
        let y = high > low ? (high - value) / (high - low) * Double(rows - 1) : 0
        grid[Int(y.rounded())][Int(x.rounded())] = mark
      }
    }
    let blank = String(repeating: " ", count: margin)
    var lines = ["\(blank)  \(title)"]
    for (row, characters) in grid.enumerated() {
      let label = row == 0 ? labels[0] : row == rows - 1 ? labels[1] : ""
      let padded = String(repeating: " ", count: margin - label.count) + label
      lines.append("\(padded) |\(String(characters).withoutTrailingSpaces)")
    }
    lines.append("\(blank) +" + String(repeating: "-", count: columns))
    let (start, end) = ("\(first)", "\(last)")
    let gap = String(repeating: " ", count: max(1, columns - start.count - end.count))
    lines.append("\(blank)  \(start)\(gap)\(end)")
    return lines.joined(separator: "\n") + "\n"
  }
}

extension SampledCurve {
  fileprivate var steps: [(step: Int, value: Double)] { points.map { ($0.step, $0.value) } }
}

extension String {
  fileprivate var withoutTrailingSpaces: String {
    String(prefix(upTo: lastIndex { $0 != " " }.map { index(after: $0) } ?? startIndex))
  }
}
