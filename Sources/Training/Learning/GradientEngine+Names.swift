import Cells
import FileCore
import Models

extension GradientEngine {
  /// The names that choose an engine.
  public static let names = ["bptt", "bptt-checkpoint", "tbptt", "rtrl", "snap1", "uoro"]

  /// The engine of a name, for windows of `window` steps.
  ///
  /// - Parameters:
  ///   - name: one of ``names``.
  ///   - window: the steps of a window.
  ///   - through: for `tbptt`, the number of steps of the backward pass; by default twice the window.
  ///   - every: for `bptt-checkpoint`, the steps between checkpoints; by default the square root of the window.
  ///   - seed: for `uoro`, the seed of the random signs.
  /// - Throws: `InvalidSetting` for another name, or a number of steps that the engine does not use.
  public init(
    named name: String, window: Int, through: Int? = nil, every: Int? = nil, seed: UInt64 = 1
  ) throws(InvalidSetting) {
    if let through, name != "tbptt" {
      throw InvalidSetting("through", expected: "nothing with the engine \(name)", found: through)
    }
    if let every, name != "bptt-checkpoint" {
      throw InvalidSetting(
        "checkpoint every", expected: "nothing with the engine \(name)", found: every)
    }
    switch name {
    case "bptt": self = .bptt
    case "bptt-checkpoint":
      let root = Int(Double(max(1, window)).squareRoot().rounded(.up))
      self = .checkpointed(every: every ?? root)
    case "tbptt": self = .tbptt(every: window, through: through ?? 2 * window)
    case "rtrl": self = .rtrl
    case "snap1": self = .snap1
    case "uoro": self = .uoro(seed: seed)
    default:
      throw InvalidSetting(
        "gradient", expected: "one of " + Self.names.joined(separator: ", "), found: name)
    }
  }

  /// The name of the engine.
  public var name: String {
    switch self {
    case .bptt: "bptt"
    case .checkpointed: "bptt-checkpoint"
    case .tbptt: "tbptt"
    case .rtrl: "rtrl"
    case .snap1: "snap1"
    case .uoro: "uoro"
    }
  }

  /// The engine in a few words.
  public var title: String {
    switch self {
    case .bptt, .rtrl, .snap1, .uoro: name
    case .checkpointed(let count): "\(name) every \(count) steps"
    case .tbptt(let window, let reach): "\(name) every \(window) through \(reach) steps"
    }
  }
}

extension InvalidSetting {
  /// Converts the error of an engine that can't train a layer.
  init(engine: GradientEngine, _ error: UnsuitableEngine) {
    switch error {
    case .tooLarge(let bytes, let limit):
      self.init(
        "gradient \(engine.name)", expected: "at most \(limit.counted("bytes")) to remember",
        found: "a need of \(bytes.grouped)")
    case .notForward:
      self.init(
        "gradient \(engine.name)", expected: "a layer that reads forwards", found: "another one")
    case .steps(let name, let expected, let found):
      self.init(name, expected: expected, found: found)
    case .random(let name):
      self.init(name, expected: "0, with the engine \(engine.name)", found: "more")
    case .tooManyStates(let count, let limit):
      self.init(
        "gradient \(engine.name)", expected: "a cell of at most \(limit) states of one width",
        found: count)
    }
  }
}
