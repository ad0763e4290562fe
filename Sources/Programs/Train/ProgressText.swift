import FileCore
import Models
import ProgramsCore
import Training

/// Training's events as text for people: a bar that is redrawn, or lines.
package struct ProgressText: Sendable {
  /// What the text is for.
  package enum Style: Sendable {
    /// A terminal, where a line can be drawn again, with its present width in columns.
    case bar(columns: @Sendable () -> Int, Colors)
    /// A file or pipe: one line now and then.
    case lines
  }

  private let style: Style
  private var epochs = 1
  private var unit = "units"
  private var firstStep = 0
  private var units = 0
  private var ranks = 1
  private var secondsWaited = 0.0
  private var lastDrawn: Double?
  private var smoothedLoss: Double?

  /// Text for training that is about to start.
  package init(_ style: Style) {
    self.style = style
  }

  /// What to write for an event, `seconds` after the start; empty if there is nothing to say.
  package mutating func text(for event: TrainingEvent, seconds: Double) -> String {
    switch event {
    case .started(let start): return text(for: start)
    case .step(let step): return text(for: step, seconds)
    case .evaluation(let measured):
      let line = "step \(measured.step): validation \(measured.evaluation.line)"
      let best = measured.isBest ? " " + colors.paint("(best)", .green) : ""
      return erased + fitted(line + best) + "\n"
    case .epoch(let epoch):
      return erased + "epoch \(epoch.number) loss: \(epoch.loss.significant)\n"
    case .finished(.noImprovement):
      return erased + "stopped early: the measurements no longer get better\n"
        + speedOfAll(seconds)
    // Why training diverged is the program's error.
    case .stopped, .finished(.complete): return erased + speedOfAll(seconds)
    case .diverged: return erased
    case .distributions: return ""
    }
  }

  private mutating func text(for start: TrainingEvent.Start) -> String {
    (firstStep, epochs, unit, ranks) = (start.steps, start.epochs, start.unit, start.ranks)
    var parts = [start.parameterCount.counted("weights")]
    if let choices = start.choices { parts.append(choices.count.counted(choices.noun)) }
    if let count = start.unitsPerEpoch { parts.append("\(count.counted(unit)) an epoch") }
    if let steps = start.totalSteps { parts.append(steps.counted("steps")) }
    if start.steps > 0 { parts.append("going on after step \(start.steps)") }
    return fitted(parts.joined(separator: ", ")) + "\n"
  }

  /// A line broken at spaces where the terminal is too narrow for it.
  private func fitted(_ line: String) -> String {
    if case .bar(let columns, _) = style { line.wrapped(columns: columns()) } else { line }
  }

  private mutating func text(for step: TrainingEvent.Step, _ seconds: Double) -> String {
    units += step.units
    secondsWaited += step.secondsWaited
    smoothedLoss = smoothedLoss.map { $0 + 0.05 * (step.loss - $0) } ?? step.loss
    if lastDrawn == nil, case .lines = style { lastDrawn = seconds }
    if let lastDrawn, seconds - lastDrawn < interval { return "" }
    lastDrawn = seconds
    var line = ProgressLine()
    let speed = seconds > 0 ? Int(Double(units) / seconds) : 0
    let loss = smoothedLoss ?? 0
    line.loss = "loss \(abs(loss) < 0.1 ? loss.significant : loss.text(3))"
    line.epoch = "epoch \(step.epoch)/\(epochs)"
    line.speed = "\(speed.grouped) \(unit)/s" + (ranks > 1 ? ", \(waitedShare(seconds))" : "")
    if let total = step.totalSteps {
      let done = Double(step.number - firstStep)
      line.share = Double(step.number) / Double(max(1, total))
      line.left = "\((seconds / max(1, done) * Double(max(0, total - step.number))).clock) left"
    } else {
      line.step = "step \(step.number.grouped)"
    }
    switch style {
    case .bar(let columns, let colors):
      // A character in the last column would move the cursor to the next line; so would the `^C` that a terminal shows.
      let width = columns()
      let room = max(1, width - (width > 30 ? 3 : 1))
      return "\r\(line.text(columns: room, colors))\u{1B}[K"
    case .lines: return line.facts.joined(separator: "  ") + "\n"
    }
  }

  /// The share of the time in which this rank waited for messages.
  private func waitedShare(_ seconds: Double) -> String {
    "\(Int((100 * secondsWaited / max(seconds, 1e-9)).rounded()))% on the wire"
  }

  /// The speed of all ranks together; empty for one.
  private func speedOfAll(_ seconds: Double) -> String {
    guard ranks > 1, seconds > 0 else { return "" }
    let speed = Int(Double(units) / seconds)
    return "\(ranks) ranks: \(speed.grouped) \(unit)/s, \(waitedShare(seconds))\n"
  }

  /// Seconds between two drawings.
  private var interval: Double { if case .lines = style { 10 } else { 0.1 } }

  private var colors: Colors { if case .bar(_, let colors) = style { colors } else { .none } }

  private var erased: String { if case .bar = style { "\r\u{1B}[K" } else { "" } }
}

/// The parts of a line of progress, of which as many are shown as there is room for.
struct ProgressLine {
  /// How much of the training is done, where its end is known.
  var share: Double?
  /// The step, where the end is not known.
  var step: String?
  var epoch: String?
  var loss = ""
  var speed: String?
  var left: String?

  private var percent: String? { share.map { "\(Int($0 * 100))%" } }

  /// All parts but the bar.
  var facts: [String] { [percent, step, epoch, loss, speed, left].compactMap(\.self) }

  /// The line in at most `columns` columns: where they are few, the bar becomes shorter, and then the parts go one by one, the
  /// least important first.
  func text(columns: Int, _ colors: Colors) -> String {
    var line = self
    if let share {
      // Two brackets and a space.
      let room = columns - width - 3
      if room >= 6 { return bar(share, width: min(24, room), colors) + " " + joined }
    }
    for part in [\ProgressLine.speed, \.epoch, \.step, \.left] where line.width > columns {
      line[keyPath: part] = nil
    }
    if line.width > columns { line.share = nil }
    return line.width > columns ? String(loss.prefix(columns)) : line.joined
  }

  private var joined: String { facts.joined(separator: "  ") }
  private var width: Int { joined.count }

  private func bar(_ share: Double, width: Int, _ colors: Colors) -> String {
    let filled = max(0, min(width, Int(share * Double(width))))
    return "[" + colors.paint(String(repeating: "#", count: filled), .green)
      + String(repeating: ".", count: width - filled) + "]"
  }
}

extension Double {
  /// Seconds as minutes and seconds, `4:05`.
  fileprivate var clock: String {
    let seconds = isFinite && self < 1e9 ? Int(self) : 0
    return "\(seconds / 60):" + (seconds % 60 < 10 ? "0" : "") + "\(seconds % 60)"
  }
}
