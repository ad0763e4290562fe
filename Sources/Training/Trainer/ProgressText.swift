/// Training's events as text for people: a bar that is redrawn, or lines.
public struct ProgressText: Sendable {
  /// What the text is for.
  public enum Style: Sendable {
    /// A terminal, where a line can be drawn again.
    case bar
    /// A file or pipe: one line now and then.
    case lines
  }

  private let style: Style
  private let epochs: Int
  private var firstStep = 0
  private var tokens = 0
  private var lastDrawn: Double?
  private var smoothedLoss: Double?

  /// Text for a training of so many epochs.
  public init(_ style: Style, epochs: Int) {
    self.style = style
    self.epochs = epochs
  }

  /// What to write for an event, `seconds` after the start; empty if there is nothing to say.
  public mutating func text(for event: TrainingEvent, seconds: Double) -> String {
    switch event {
    case .started(let start):
      firstStep = start.steps
      let goesOn = start.steps > 0 ? ", going on after step \(start.steps)" : ""
      return "\(start.parameterCount.grouped) weights, \(start.vocabularySize) tokens, "
        + "\(start.tokensPerEpoch.grouped) characters an epoch, "
        + "\(start.totalSteps.grouped) steps\(goesOn)\n"
    case .step(let step): return text(for: step, seconds)
    case .epoch(let epoch): return erased + line(for: epoch)
    case .stopped, .finished: return erased
    }
  }

  private mutating func text(for step: TrainingEvent.Step, _ seconds: Double) -> String {
    tokens += step.tokens
    smoothedLoss = smoothedLoss.map { $0 + 0.05 * (step.loss - $0) } ?? step.loss
    let interval = style == .bar ? 0.1 : 10
    if lastDrawn == nil, style == .lines { lastDrawn = seconds }
    if let lastDrawn, seconds - lastDrawn < interval { return "" }
    lastDrawn = seconds
    let done = Double(step.number - firstStep)
    let left = seconds / max(1, done) * Double(max(0, step.totalSteps - step.number))
    let share = Double(step.number) / Double(max(1, step.totalSteps))
    let speed = seconds > 0 ? Int(Double(tokens) / seconds) : 0
    let facts =
      "epoch \(step.epoch)/\(epochs)  loss \((smoothedLoss ?? 0).text(3))  "
      + "\(speed.grouped) characters/s  \(left.clock) left"
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

  private func line(for epoch: TrainingEvent.Epoch) -> String {
    var line = "epoch \(epoch.number) loss: \(epoch.loss.text(4))"
    if let loss = epoch.validationLoss {
      line += ", validation: \(loss.text(4)) nats, \(bits(nats: loss).text(4)) bits a character"
      line += ", perplexity \(perplexity(nats: loss).text(3))"
    }
    return line + "\n"
  }
}

extension Double {
  /// The number with so many digits behind the point.
  package func text(_ digits: Int) -> String {
    guard isFinite else { return "\(self)" }
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let rounded = (abs(self) * scale).rounded()
    guard rounded < 1e15 else { return "\(self)" }
    let whole = Int(rounded)
    let fraction = String(whole % Int(scale))
    let sign = self < 0 && whole > 0 ? "-" : ""
    let zeros = String(repeating: "0", count: max(0, digits - fraction.count))
    return digits == 0
      ? "\(sign)\(whole)" : "\(sign)\(whole / Int(scale)).\(zeros)\(fraction)"
  }

  /// Seconds as minutes and seconds, `4:05`.
  fileprivate var clock: String {
    let seconds = isFinite && self < 1e9 ? Int(self) : 0
    return "\(seconds / 60):" + (seconds % 60 < 10 ? "0" : "") + "\(seconds % 60)"
  }
}

extension Int {
  /// The number with commas between its thousands.
  fileprivate var grouped: String {
    var groups: [String] = []
    var rest = abs(self)
    while rest >= 1000 {
      let group = String(rest % 1000)
      groups.append(String(repeating: "0", count: 3 - group.count) + group)
      rest /= 1000
    }
    return (self < 0 ? "-" : "") + ([String(rest)] + groups.reversed()).joined(separator: ",")
  }
}
