import Cells
import FileCore
import TensorCore

/// Work that is ready to be timed, and its amount.
public struct Workload {
  /// The number of repetitions in one ``run``; above 1 if the work is too short to time.
  public var repetitions = 1
  /// The tokens, or steps of a sample, in each repetition.
  public var tokens = 1
  /// Multiplications and additions in each repetition; an elementwise function counts as one.
  public var operations = 0.0
  /// The bytes of activations that the forward pass saves for the backward pass.
  public var bytesKept = 0
  /// The bytes of weights read in each repetition, if the work is bound by memory bandwidth.
  public var bytesRead = 0
  /// Runs the work.
  public let run: () throws -> Void

  init(_ run: @escaping () throws -> Void) { self.run = run }
}

extension BenchmarkCase {
  /// Makes the model and its input.
  ///
  /// - Throws: an error if the cell is unknown or can't have these sizes.
  public func workload() throws -> Workload {
    switch task {
    case .train: try trainingWorkload()
    case .loop: try loopWorkload()
    case .tag: try taggingWorkload()
    case .infer: try inferenceWorkload()
    case .forward, .backward: try layerWorkload()
    case .recurrence: try recurrenceWorkload()
    case .generate: try generationWorkload()
    case .realtime: try realTimeWorkload()
    case .start: try startWorkload()
    }
  }

  func namedCell() throws -> NamedCell {
    if options.isEmpty { return try CellRegistry.standard.cell(named: cell) }
    let numbers = options.mapValues { JSONValue.number("\($0)") }
    return try JSONValue(members: ["name": .string(cell), "options": JSONValue(members: numbers)])
      .decoded(as: NamedCell.self)
  }

  /// The cells of the layers, from the first to the last, or the recurrence of the only one.
  public func graphs() throws -> [CellGraph] {
    if task == .recurrence {
      let cell = try recurrenceAlone()
      let inputSize = cell.parts(hiddenSize: hiddenSize).reduce(0) { $0 + $1.width }
      return [CellGraph(cell, inputSize: inputSize, hiddenSize: hiddenSize)]
    }
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

  /// The steps of all samples.
  var tokenCount: Int { lengths.reduce(0, +) }

  /// The bytes of activations that a forward pass saves for the backward pass.
  func bytesKept(by graphs: [CellGraph]) -> Int {
    graphs.reduce(0) { $0 + Plan($1, learns: true).bytesKeptPerStep } * tokenCount
  }

  /// Token IDs below a bound, the same in every run.
  func randomTokens(_ count: Int, below bound: Int, seed: UInt64 = 1) -> [Int32] {
    var generator = Philox(seed: seed)
    return (0..<count).map { _ in Int32.random(in: 0..<Int32(bound), using: &generator) }
  }
}
