import Cells
import FileCore

extension BenchmarkCase {
  /// Throws if the cell is unknown, can't have these sizes, or needs more memory than the machine has.
  public func validate() throws {
    if task == .recurrence { _ = try recurrenceAlone() }
    let cell = try namedCell()
    try cell.validate(inputSize: inputSize, hiddenSize: hiddenSize)
    let first = CellGraph(cell, inputSize: inputSize, hiddenSize: hiddenSize)
    if layers > 1 {
      try cell.validate(inputSize: directions * first.outputSize, hiddenSize: hiddenSize)
    }
    let graphs = try graphs()
    let weights =
      graphs.reduce(0.0) { $0 + Double($1.parameterCount) }
      + Double(vocabularySize) * Double(first.outputSize + inputSize)
    let width = graphs.reduce(0.0) { $0 + Double($1.keptAtMost) }
    let signals = Double(batch) * Double(steps) * (width + Double(2 * vocabularySize))
    // Weights, their gradients and Adam's two moments; signals and their gradients.
    let bytes = 4 * (5 * weights + 2 * signals)
    let memory = MemoryLimit.current.map { Double($0.bytes) } ?? .infinity
    guard bytes < 0.9 * memory else {
      throw BenchError(
        "sizes: expected at most \(Int(memory * 1e-9)) GB of memory in use, found "
          + "about \(Int(bytes * 1e-9)) GB: \(sizes)")
    }
  }
}

extension CellGraph {
  /// A rough upper bound of the floats saved for each step of a sample: its input, and ten for each unit.
  fileprivate var keptAtMost: Int { inputSize + 10 * outputSize }
}
