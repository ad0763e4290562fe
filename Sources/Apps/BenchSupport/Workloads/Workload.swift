import Cells
import TensorCore

/// Something ready to be timed, and what it takes.
public struct Workload {
  /// How often ``run`` does it: more than once where once is too short to time.
  public var repetitions = 1
  /// Tokens, or steps of a sample, that are read each time.
  public var tokens = 1
  /// Multiplications and additions each time; an elementwise function counts as one.
  public var operations = 0.0
  /// Bytes that the forward pass leaves for the way back.
  public var bytesKept = 0
  /// Bytes of weights that are read each time, where that is what takes the time.
  public var bytesRead = 0
  /// Does it.
  public let run: () throws -> Void

  init(_ run: @escaping () throws -> Void) { self.run = run }
}

extension BenchmarkCase {
  /// Makes the model and its input.
  ///
  /// - Throws: where the cell is unknown or cannot have these sizes.
  public func workload() throws -> Workload {
    switch task {
    case .train: try trainingWorkload()
    case .loop: try loopWorkload()
    case .tag: try taggingWorkload()
    case .infer: try inferenceWorkload()
    case .forward, .backward: try layerWorkload()
    case .generate: try generationWorkload()
    case .realtime: try realTimeWorkload()
    case .start: try startWorkload()
    }
  }

  func namedCell() throws -> NamedCell { try CellRegistry.standard.cell(named: cell) }

  /// The cells of the layers, from the first to the last.
  func graphs(directions: Int = 1) throws -> [CellGraph] {
    let cell = try namedCell()
    let first = CellGraph(cell, inputSize: inputSize, hiddenSize: hiddenSize)
    let size = directions * first.outputSize
    let next = CellGraph(cell, inputSize: layers > 1 ? size : inputSize, hiddenSize: hiddenSize)
    return (0..<layers).flatMap { Array(repeating: $0 == 0 ? first : next, count: directions) }
  }

  /// Operations of a forward pass for one token, with the logits if there are any.
  func operations(of graphs: [CellGraph], logitsFrom width: Int?) -> Double {
    let recurrent = graphs.reduce(0) { $0 + $1.operationsPerStep }
    return Double(recurrent + 2 * (width ?? 0) * vocabularySize)
  }

  /// Bytes that a forward pass leaves for the way back.
  func bytesKept(by graphs: [CellGraph], steps: Int) -> Int {
    graphs.reduce(0) { $0 + Plan($1, learns: true).bytesKeptPerStep } * steps * batch
  }

  /// Token ids below a bound, the same in every run.
  func randomTokens(_ count: Int, below bound: Int, seed: UInt64 = 1) -> [Int32] {
    var generator = Philox(seed: seed)
    return (0..<count).map { _ in Int32.random(in: 0..<Int32(bound), using: &generator) }
  }
}
