import Cells
import TensorCore

/// One benchmark case: its name, and everything that determines its work.
///
/// In `Benchmarks/peers` the same name means the same work.
public struct BenchmarkCase: Sendable, Hashable, Codable {
  /// The work that is measured.
  public enum Task: String, Sendable, Hashable, Codable, CaseIterable {
    /// A step of training a character model with Adam.
    case train
    /// The same with an explicit loop over single steps of one cell.
    case loop
    /// The same for a tagger: sequences of different lengths, a class for each step.
    case tag
    /// A character model's logits, without gradients.
    case infer
    /// One layer's outputs.
    case forward
    /// One layer's outputs and the gradients of its parameters.
    case backward
    /// A recurrence over matrices without the products around it: its outputs and the gradients of what it reads.
    case recurrence
    /// Sampling one character after the other.
    case generate
    /// A step of exact real-time recurrent learning, with an update.
    case realtime
    /// From the start of `generate` to its first character.
    case start
  }

  /// The name.
  public var name: String
  /// The work that is measured.
  public var task = Task.train
  /// The cell's name in the registry.
  public var cell = "lstm"
  /// The cell's options by their names, where they are not the registry's.
  public var options: [String: Int] = [:]
  /// The embedding size E, or the input size I of a layer.
  public var inputSize = 128
  /// The hidden size, H.
  public var hiddenSize = 256
  /// The number of layers, L.
  public var layers = 2
  /// The batch size, B.
  public var batch = 64
  /// The number of steps, T.
  public var steps = 100
  /// The number of directions, D.
  public var directions = 1
  /// The lengths of samples in cases of different lengths; nil where all have all steps.
  public var lengthRange: ClosedRange<Int>?
  /// The vocabulary size, V.
  public var vocabularySize = 65
  /// The precision of matrix products.
  public var precision = Precision.highest
  /// The format of the weights of generation and inference.
  public var weights = WeightFormat.float32
  /// The first axis of a layer's input and output.
  public var layout = Recurrent.Layout.timeFirst

  /// A case; by default a training step of an LSTM.
  public init(_ name: String, _ change: (inout BenchmarkCase) -> Void = { _ in }) {
    self.name = name
    change(&self)
  }

  /// The sizes in a line.
  public var sizes: String {
    switch task {
    case .generate:
      "\(cell) E\(inputSize) H\(hiddenSize) L\(layers), one character"
        + (weights == .float32 ? "" : ", weights in \(weights.rawValue)")
    case .start: "\(cell) E\(inputSize) H\(hiddenSize) L\(layers), from the start to a character"
    case .realtime: "\(cell) \(inputSize) -> \(hiddenSize), one step"
    case .forward, .backward:
      "\(cellText) \(inputSize) -> \(hiddenSize), B\(batch) T\(steps), \(task), "
        + (layout == .timeFirst ? "time first" : "batch first") + lengthText
    case .recurrence: "recurrence of \(cell) alone, H\(hiddenSize), B\(batch) T\(steps)"
    default:
      "\(cell) E\(inputSize) H\(hiddenSize) L\(layers), B\(batch) T\(steps) V\(vocabularySize), \(task)"
        + (directions > 1 ? ", both directions" : "") + lengthText
    }
  }

  private var lengthText: String {
    lengthRange.map { ", lengths from \($0.lowerBound) to \($0.upperBound)" } ?? ""
  }

  /// The cell and its options, such as `s6 with inner 256`.
  private var cellText: String {
    let texts = options.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    return texts.isEmpty ? cell : "\(cell) with \(texts.joined(separator: ", "))"
  }

  /// The length of each sample.
  ///
  /// By a formula instead of random numbers, so that both sides of a comparison have the same lengths.
  public var lengths: [Int] {
    guard let range = lengthRange else { return Array(repeating: steps, count: batch) }
    return (0..<batch).map { min(steps, range.lowerBound + $0 * 37 % range.count) }
  }
}
