import Cells
import TensorCore

/// A golden cell's numbers under our names.
struct GoldenNumbers {
  let graph: CellGraph
  let golden: GoldenFile.Cell
  let input: [Double]
  /// Values and gradients of our parameters, in the cell's order.
  private(set) var parameters: [[Double]] = []
  private(set) var gradients: [[Double]] = []
  /// Our final states, `[B, width]`, in the cell's order.
  private(set) var finalStates: [[Double]] = []
  /// Golden numbers that none of our parameters has taken.
  private(set) var unused: [String] = []

  init(_ cell: GoldenCell, in file: GoldenFile) throws {
    guard let golden = file.cells[cell.name] else { throw Missing(name: cell.name) }
    self.golden = golden
    graph = CellGraph(cell.cell, inputSize: golden.D, hiddenSize: golden.H)
    input = file.input(of: golden)
    let values = file.parameters(of: golden)
    var taken: [String: Int] = [:]
    for parameter in graph.parameters {
      let count = parameter.shape.reduce(1, *)
      if let twin = cell.shared[parameter.name] {
        parameters.append([Double](repeating: 0, count: count))
        gradients.append(golden.grads[twin] ?? [])
        continue
      }
      var (value, gradient): ([Double], [Double]) = ([], [])
      for source in cell.sources(parameter.name) {
        let (all, allGradients) = (values[source] ?? [], golden.grads[source] ?? [])
        let start = taken[source] ?? 0
        let end = min(all.count, start + count - value.count)
        value += all[start..<end]
        gradient += allGradients[start..<end]
        taken[source] = end
      }
      guard value.count == count else { throw Missing(name: "\(cell.name).\(parameter.name)") }
      parameters.append(value)
      gradients.append(gradient)
    }
    unused = golden.params.filter { taken[$0.name] != $0.shape.reduce(1, *) }.map(\.name)
    for state in graph.states {
      let source = cell.states[state.name] ?? state.name
      guard let final = golden.final_state[source] else {
        throw Missing(name: "\(cell.name).\(state.name)")
      }
      let matrix = cell.stateProducts[state.name].flatMap { values[$0] }
      finalStates.append(matrix.map { product(final, $0) } ?? final)
    }
  }

  /// `x Mᵀ` for each sample.
  private func product(_ x: [Double], _ matrix: [Double]) -> [Double] {
    let (width, rows) = (x.count / golden.B, matrix.count * golden.B / x.count)
    return (0..<golden.B * rows).map { place in
      let (sample, row) = (place / rows, place % rows)
      return (0..<width).reduce(0) {
        $0 + x[sample * width + $1] * matrix[row * width + $1]
      }
    }
  }

  struct Missing: Error {
    var name: String
  }

  /// What the oracle makes of the parameters and the input with given derivatives.
  func run(
    parameterDerivatives: [[Double]], inputDerivatives: [Double]
  ) -> (outputs: [Dual], states: [[Dual]]) {
    func duals(_ values: [Double], _ derivatives: [Double]) -> [Dual] {
      zip(values, derivatives).map { Dual($0, derivative: $1) }
    }
    let oracle = Oracle(graph, parameters: zip(parameters, parameterDerivatives).map(duals))
    let x = duals(input, inputDerivatives)
    let (steps, batch, width) = (golden.T, golden.B, graph.outputSize)
    var outputs = [Dual](repeating: Dual(0), count: steps * batch * width)
    var states = graph.states.map { _ in [Dual]() }
    for sample in 0..<batch {
      let sequence = (0..<steps).map { step in
        let start = (step * batch + sample) * golden.D
        return [Array(x[start..<start + golden.D])]
      }
      let result = oracle.run(
        sequence, from: graph.states.map { [Dual](repeating: Dual(0), count: $0.width) })
      for (step, row) in result.outputs.enumerated() {
        let start = (step * batch + sample) * width
        outputs.replaceSubrange(start..<start + width, with: row)
      }
      for index in states.indices { states[index] += result.states[index] }
    }
    return (outputs, states)
  }
}
