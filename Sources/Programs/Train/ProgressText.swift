import Models
import Training

/// Training's events as text for people: a bar that is redrawn, or lines.
package struct ProgressText: Sendable {
  /// What the text is for.
  package enum Style: Sendable {
    /// A terminal, where a line can be drawn again.
    case bar
    /// A file or pipe: one line now and then.
    case lines
  }

  private let style: Style
  private var epochs = 1
  private var unit = "units"
  private var firstStep = 0
  private var units = 0
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
      let best = measured.isBest ? " (best)" : ""
      return erased + "step \(measured.step): validation \(measured.evaluation.line)\(best)\n"
    case .epoch(let epoch):
      return erased + "epoch \(epoch.number) loss: \(epoch.loss.significant)\n"
    case .finished(.noImprovement):
      return erased + "stopped early: the measurements no longer get better\n"
    // Why training diverged is the program's error.
    case .stopped, .diverged, .finished(.complete): return erased
    }
  }

  private mutating func text(for start: TrainingEvent.Start) -> String {
    (firstStep, epochs, unit) = (start.steps, start.epochs, start.unit)
    var parts = [start.parameterCount.counted("weights")]
    if let choices = start.choices { parts.append(choices.count.counted(choices.noun)) }
    if let count = start.unitsPerEpoch { parts.append("\(count.counted(unit)) an epoch") }
    if let steps = start.totalSteps { parts.append(steps.counted("steps")) }
    if start.steps > 0 { parts.append("going on after step \(start.steps)") }
    return parts.joined(separator: ", ") + "\n"
  }

  private mutating func text(for step: TrainingEvent.Step, _ seconds: Double) -> String {
    units += step.units
    smoothedLoss = smoothedLoss.map { $0 + 0.05 * (step.loss - $0) } ?? step.loss
    let interval = style == .bar ? 0.1 : 10
    if lastDrawn == nil, style == .lines { lastDrawn = seconds }
    if let lastDrawn, seconds - lastDrawn < interval { return "" }
    lastDrawn = seconds
    let speed = seconds > 0 ? Int(Double(units) / seconds) : 0
    var facts =
      "epoch \(step.epoch)/\(epochs)  loss \((smoothedLoss ?? 0).text(3))  "
      + "\(speed.grouped) \(unit)/s"
    guard let total = step.totalSteps else {
      facts = "step \(step.number.grouped)  \(facts)"
      return style == .bar ? "\r\(facts)\u{1B}[K" : facts + "\n"
    }
    let done = Double(step.number - firstStep)
    facts += "  \((seconds / max(1, done) * Double(max(0, total - step.number))).clock) left"
    let share = Double(step.number) / Double(max(1, total))
    switch style {
    case .bar: return "\r\(bar(share)) \(Int(share * 100))%  \(facts)\u{1B}[K"
    case .lines: return "\(Int(share * 100))%  \(facts)\n"
    }
  }

  private var erased: String { style == .bar ? "\r\u{1B}[K" : "" }

  private func bar(_ share: Double) -> String {
    let width = 24
    let filled = max(0, min(width, Int(share * Double(width))))
    return "[" + String(repeating: "#", count: filled)
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
