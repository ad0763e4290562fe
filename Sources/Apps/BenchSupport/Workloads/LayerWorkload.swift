import Cells
import TensorCore

extension BenchmarkCase {
  func layerWorkload() throws -> Workload {
    var generator = Philox(seed: 1)
    let layer = Recurrent(
      try namedCell(), inputSize: inputSize, hiddenSize: hiddenSize, layers: layers,
      layout: layout, using: &generator)
    let shape = (layout == .timeFirst ? [steps, batch] : [batch, steps]) + [inputSize]
    let x = Tensor(normal: shape, using: &generator)
    let learns = task == .backward
    let lengths = lengthRange == nil ? nil : lengths
    var workload = Workload {
      if learns {
        _ = valueAndGradient(of: layer) { $0(x, lengths: lengths).output.sum() }
      } else {
        _ = layer(x, lengths: lengths)
      }
    }
    let graphs = try graphs()
    workload.tokens = tokenCount
    let forward = operations(of: graphs, logitsFrom: nil)
    // Nobody asks for the input's cotangent.
    let input = Double(graphs.first?.inputOperationsPerStep ?? 0)
    workload.operations = Double(tokenCount) * (learns ? 3 * forward - input : forward)
    workload.bytesKept = learns ? bytesKept(by: graphs) : 0
    return workload
  }
}
