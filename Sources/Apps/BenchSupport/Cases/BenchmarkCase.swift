import Cells
import TensorCore

/// One thing that is measured: its name, and all that decides how much work it is.
///
/// The same name stands for the same work in `Benchmarks/peers`.
public struct BenchmarkCase: Sendable, Hashable, Codable {
  /// What is done with the model.
  public enum Task: String, Sendable, Hashable, Codable, CaseIterable {
    /// A step of training a character model with Adam.
    case train
    /// The same with a loop of one's own over single steps of one cell.
    case loop
    /// The same for a bidirectional model of sequences that differ in length, a class for each step.
    case tag
    /// A character model's logits, without a gradient.
    case infer
    /// One layer's outputs.
    case forward
    /// One layer's outputs and the gradients of its parameters.
    case backward
    /// One character after the other, drawn from the model.
    case generate
    /// A step of exact real-time recurrent learning, with an update.
    case realtime
    /// From the start of `generate` to its first character.
    case start
  }

  /// What it is called.
  public var name: String
  /// What is done with the model.
  public var task = Task.train
  /// The cell's name in the registry.
  public var cell = "lstm"
  /// The numbers that stand for a token, or the units of a layer's input: E or I.
  public var inputSize = 128
  /// Units of a layer, H.
  public var hiddenSize = 256
  /// Layers, L.
  public var layers = 2
  /// Samples side by side, B.
  public var batch = 64
  /// Steps of a sequence, T.
  public var steps = 100
  /// Different tokens, V.
  public var vocabularySize = 65
  /// How products are computed.
  public var precision = Precision.highest
  /// Which axis of a layer's input and output comes first.
  public var layout = Recurrent.Layout.timeFirst

  /// A step of training an LSTM unless told otherwise.
  public init(_ name: String, _ change: (inout BenchmarkCase) -> Void = { _ in }) {
    self.name = name
    change(&self)
  }

  /// The sizes in a line.
  public var sizes: String {
    switch task {
    case .generate: "\(cell) E\(inputSize) H\(hiddenSize) L\(layers), one character"
    case .start: "\(cell) E\(inputSize) H\(hiddenSize) L\(layers), from the start to a character"
    case .realtime: "\(cell) \(inputSize) -> \(hiddenSize), one step"
    case .forward, .backward:
      "\(cell) \(inputSize) -> \(hiddenSize), B\(batch) T\(steps), \(task), "
        + (layout == .timeFirst ? "time first" : "batch first")
    default:
      "\(cell) E\(inputSize) H\(hiddenSize) L\(layers), B\(batch) T\(steps) V\(vocabularySize), \(task)"
    }
  }

  /// The number of steps of each sample that count, where samples differ: 20 to 100.
  ///
  /// A rule and not a draw, so that both sides of a comparison have the same.
  public var lengths: [Int] { (0..<batch).map { min(steps, 20 + $0 * 37 % 81) } }
}
