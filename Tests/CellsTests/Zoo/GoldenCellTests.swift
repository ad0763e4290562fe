import Cells
import TensorCore
import Testing

/// Outputs, final states, loss and every gradient of every cell against PyTorch's numbers in double precision.
@Suite struct GoldenCellTests {
  /// Double precision through some hundred operations a step.
  static let oracleTolerance = 1e-12

  @Test func everyGoldenCellIsOurs() {
    for file in GoldenFile.all {
      #expect(Set(GoldenCell.all.map(\.name)) == Set(file.cells.keys))
      #expect(file.cells.count == 61)
    }
    #expect(Set(GoldenCell.more.map(\.name)) == Set(GoldenFile.more.cells.keys))
  }

  @Test(arguments: GoldenCell.cases)
  func oracleMatchesPyTorch(_ cell: GoldenCell, _ file: GoldenFile) throws {
    let numbers = try GoldenNumbers(cell, in: file)
    #expect(numbers.unused == [])
    let golden = numbers.golden
    let none = numbers.parameters.map { [Double](repeating: 0, count: $0.count) }
    let still = [Double](repeating: 0, count: numbers.input.count)
    let (outputs, states) = numbers.run(parameterDerivatives: none, inputDerivatives: still)
    expect(outputs.map(\.value), golden.y, "y")
    for (index, state) in numbers.graph.states.enumerated() {
      expect(states[index].map(\.value), numbers.finalStates[index], state.name)
    }
    expect([golden.loss(outputs.map(\.value))], [golden.loss], "loss")

    // Along a direction a wrong number anywhere in a gradient shows, whatever the others are.
    let cotangents = golden.cotangents(golden.y)
    func derivative(_ parameters: [[Double]], _ input: [Double]) -> Double {
      let result = numbers.run(parameterDerivatives: parameters, inputDerivatives: input)
      return zip(cotangents, result.outputs).reduce(0) { $0 + $1.0 * $1.1.derivative }
    }
    for (index, parameter) in numbers.graph.parameters.enumerated() {
      for direction in directions(count: none[index].count) {
        var seeds = none
        seeds[index] = direction
        expect(
          derivative(seeds, still), along: direction, of: numbers.gradients[index],
          parameter.name)
      }
    }
    for direction in directions(count: still.count) {
      expect(derivative(none, direction), along: direction, of: golden.dx, "input")
    }
  }

  /// Each number by itself; in a debug build, where that takes minutes, some of all numbers at once.
  private func directions(count: Int) -> [[Double]] {
    #if DEBUG
      return [1.0].map { seed in
        (0..<count).map { 1 + 0.5 * ElementwiseFunction.sin.evaluated([seed * Double($0)]) }
      }
    #else
      return (0..<count).map { place in (0..<count).map { $0 == place ? 1 : 0 } }
    #endif
  }

  private func expect(_ found: [Double], _ expected: [Double], _ name: String) {
    guard found.count == expected.count else {
      Issue.record("\(name): \(found.count) numbers, expected \(expected.count)")
      return
    }
    let scale = expected.reduce(0) { max($0, abs($1)) }
    for (index, (a, b)) in zip(found, expected).enumerated()
    where !(abs(a - b) <= Self.oracleTolerance * scale) {
      Issue.record("\(name)[\(index)] is \(a), expected \(b), largest \(scale)")
    }
  }

  private func expect(
    _ found: Double, along direction: [Double], of gradient: [Double], _ name: String
  ) {
    let expected = zip(direction, gradient).reduce(0) { $0 + $1.0 * $1.1 }
    let scale = gradient.reduce(0) { max($0, abs($1)) } * direction.reduce(0) { $0 + abs($1) }
    #expect(
      abs(found - expected) <= Self.oracleTolerance * scale,
      "derivative by \(name) along \(direction) is \(found), expected \(expected)")
  }

  @Test(arguments: GoldenCell.cases)
  func planMatchesPyTorch(_ cell: GoldenCell, _ file: GoldenFile) throws {
    let numbers = try GoldenNumbers(cell, in: file)
    let golden = numbers.golden
    var generator = Philox(seed: 0)
    var layer = Recurrent(
      cell.cell, inputSize: golden.D, hiddenSize: golden.H, using: &generator)
    var values: [String: Tensor] = [:]
    for (parameter, value) in zip(numbers.graph.parameters, numbers.parameters) {
      values[parameter.name + "_l0"] = Tensor(value.map(Float.init), shape: parameter.shape)
    }
    try layer.load(values)
    let input = Tensor(numbers.input.map(Float.init), shape: [golden.T, golden.B, golden.D])
    let subject = LayerUnderTest(
      layer: layer, input: input, state: layer.zeroState(batch: golden.B))
    let zeros = [Double](repeating: 0, count: golden.y.count)
    let (loss, results, gradients) = valueAndGradient(of: subject) { subject in
      let (y, state) = subject.layer(subject.input, from: subject.state)
      let weights = Tensor(golden.cotangents(zeros).map(Float.init), shape: y.shape)
      return ((y * weights).sum() + 0.5 * (y * y).sum(), [y] + state.names.map { state[$0] })
    }
    func expect(_ tensor: Tensor?, _ expected: [Double], _ name: String) {
      expectClose(
        tensor?.scalars ?? [], expected.map(Float.init), within: cell.planTolerance, name)
    }
    expect(loss, [golden.loss], "loss")
    expect(results[0], golden.y, "y")
    for (index, state) in numbers.graph.states.enumerated() {
      expect(results[index + 1], numbers.finalStates[index], state.name)
    }
    for (index, parameter) in numbers.graph.parameters.enumerated() {
      expect(gradients[parameter.name + "_l0"], numbers.gradients[index], parameter.name)
    }
    expect(gradients["input"], golden.dx, "input")
  }
}
