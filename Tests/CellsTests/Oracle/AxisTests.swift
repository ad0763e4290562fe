import Cells
import TensorCore
import Testing

/// The words of signals with several axes, against sums written out; and delays against shifted input.
@Suite struct AxisTests {
  /// A cell without memory: its output is what a closure makes of its input, its state is the input.
  private struct Function: RecurrentCell {
    var make: @Sendable (_ cell: inout CellBuilder) -> Signal

    func equations(_ cell: inout CellBuilder) {
      let state = cell.state("own", width: cell.inputSize)
      cell.update(state, to: cell.input)
      cell.output(make(&cell))
    }
  }

  private func output(
    _ input: [Float], width: Int, _ make: @escaping @Sendable (inout CellBuilder) -> Signal
  ) -> [Float] {
    let steps = input.count / width
    let layer = Recurrent(Function(make: make), inputSize: width, hiddenSize: width)
    return layer(Tensor(input, shape: [steps, 1, width])).output.scalars
  }

  private static let numbers = (0..<24).map { Float(($0 * 7) % 24) - 11 }

  @Test(arguments: [0, 1, 2]) func sumsAndMaximaGoAlongTheirAxis(axis: Int) {
    let shape = [2, 3, 4]
    let input = Self.numbers
    var sums: [Int: Float] = [:]
    var maxima: [Int: Float] = [:]
    for (place, number) in input.enumerated() {
      var index = [place / 12, place / 4 % 3, place % 4]
      index[axis] = 0
      let group = (index[0] * 3 + index[1]) * 4 + index[2]
      sums[group, default: 0] += number
      maxima[group] = max(maxima[group] ?? -.infinity, number)
    }
    let groups = sums.keys.sorted()
    #expect(
      output(input, width: 24) { $0.input.shaped(shape).sum(axis) }
        == groups.map { sums[$0] ?? .nan })
    #expect(
      output(input, width: 24) { $0.input.shaped(shape).maximum(axis) }
        == groups.map { maxima[$0] ?? .nan })
  }

  @Test(arguments: [0, 1, 2, -1, -2, -3]) func aSumUndoesASpread(axis: Int) {
    let input = Array(Self.numbers.prefix(6))
    let found = output(input, width: 6) {
      $0.input.shaped(2, 3).spread(axis, count: 4).sum(axis)
    }
    #expect(found == input.map { 4 * $0 })
  }

  @Test func signalsAreBroadcastAsTensorsAre() {
    let (a, b) = (Array(Self.numbers.prefix(6)), Array(Self.numbers.suffix(4)))
    let found = output(a + b, width: 10) { cell in
      let (a, b) = (cell.input[0..<6].shaped(2, 3, 1), cell.input[6..<10].shaped(2, 1, 2))
      return a + b
    }
    var expected: [Float] = []
    for head in 0..<2 {
      for row in 0..<3 {
        for column in 0..<2 { expected.append(a[head * 3 + row] + b[head * 2 + column]) }
      }
    }
    #expect(found == expected)
  }

  @Test(arguments: [1, 2, 5]) func aDelayedSignalIsTheOneOfEarlierSteps(steps: Int) {
    let input = Array(Self.numbers.prefix(8))
    let found = output(input, width: 2) { $0.delay($0.input, steps) }
    let zeros = [Float](repeating: 0, count: 2 * steps)
    #expect(found == Array((zeros + input).prefix(8)))
  }

  @Test func repeatedUnitsAreOneNode() {
    let graph = CellGraph(
      Function { $0.input.repeated(each: 3) }, inputSize: 5, hiddenSize: 5)
    #expect(
      graph.graph.nodes.count {
        if case .spread = $0.operation { true } else { false }
      } == 1)
    #expect(
      output([1, 2], width: 2) { $0.input.repeated(each: 3) } == [1, 1, 1, 2, 2, 2])
  }

  /// Each group's matrix multiplies its own units, as one product for each group would.
  @Test func groupsOfProductsAreProductsOfParts() {
    var generator = Philox(seed: 1)
    let weight = Tensor(normal: [3, 2, 4], using: &generator)
    let input = Tensor(normal: [5, 2, 12], using: &generator)
    struct Groups: RecurrentCell {
      func equations(_ cell: inout CellBuilder) {
        let state = cell.state("own", width: 1)
        cell.update(state, to: state)
        cell.output(cell.linear(cell.input, "g", width: 6, groups: 3))
      }
    }
    var layer = Recurrent(Groups(), inputSize: 12, hiddenSize: 6)
    layer.updateParameters { _, parameter in parameter = weight }
    let found = layer(input).output
    for group in 0..<3 {
      let matrix = weight.slice(group..<group + 1).reshaped(to: [2, 4])
      let part = input.slice(group * 4..<group * 4 + 4, along: 2).reshaped(to: [10, 4])
      let expected = matmul(part, matrix.transposed(1, 0))
      expectClose(
        found.slice(group * 2..<group * 2 + 2, along: 2).scalars, expected.scalars, within: 1e-6,
        "group \(group)")
    }
  }
}
