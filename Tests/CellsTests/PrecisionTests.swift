import Cells
import TensorCore
import Testing

/// Layers whose products run on the matrix unit, here a model of it.
@Suite struct PrecisionTests {
  static let cells: [any RecurrentCell] = [
    LSTM(), GRU(), GRU(reset: .beforeProduct), MGU(), IndRNN(),
  ]

  /// Outputs, final states and all gradients of two layers over a sequence.
  private static func results(
    _ cell: some RecurrentCell, _ precision: Precision, direction: Recurrent.Direction = .forward
  ) -> [Tensor] {
    var generator = Philox(seed: 7)
    let layer = Recurrent(
      cell, inputSize: 9, hiddenSize: 20, layers: 2, direction: direction, using: &generator)
    let x = Tensor(normal: [6, 5, 9], using: &generator)
    return withPrecision(precision) {
      let (_, outputs, gradients) = valueAndGradient(of: layer) { layer in
        let (output, state) = layer(x)
        let outputs = [output] + state.names.map { state[$0] }
        return ((output * output).sum(), outputs)
      }
      return outputs.map { $0.detached() } + gradients.values
    }
  }

  private static func distance(_ a: [Tensor], _ b: [Tensor]) -> Double {
    zip(a, b).map { a, b in
      var (error, size) = (0.0, 1e-12)
      for (x, y) in zip(a.scalars, b.scalars) {
        error += Double(x - y) * Double(x - y)
        size += Double(y) * Double(y)
      }
      return (error / size).squareRoot()
    }.max() ?? .infinity
  }

  @Test(arguments: cells.indices)
  func highIsNearFloat32AndMediumLessSo(_ index: Int) async {
    await #expect(processExitsWith: .success) { [index = index as Int] in
      MatrixUnit.emulate()
      let expected = PrecisionTests.results(PrecisionTests.cells[index], .highest)
      let high = PrecisionTests.distance(
        PrecisionTests.results(PrecisionTests.cells[index], .high), expected)
      let medium = PrecisionTests.distance(
        PrecisionTests.results(PrecisionTests.cells[index], .medium), expected)
      #expect(high < 1e-4)
      #expect(medium < 5e-2)
      #expect(high < medium / 20, "both precisions use the unit")
    }
  }

  @Test func bothDirectionsKeepThePrecision() async {
    await #expect(processExitsWith: .success) {
      MatrixUnit.emulate()
      let direction = Recurrent.Direction.bidirectional(merge: .concatenate)
      let expected = PrecisionTests.results(LSTM(), .highest, direction: direction)
      #expect(
        PrecisionTests.distance(
          PrecisionTests.results(LSTM(), .high, direction: direction), expected) < 1e-4)
    }
  }

  /// A layer keeps its packed weights; those of one precision must not serve another one.
  @Test func precisionsTakeTurnsOnOneLayer() async {
    await #expect(processExitsWith: .success) {
      MatrixUnit.emulate()
      var generator = Philox(seed: 8)
      let layer = Recurrent(GRU(), inputSize: 6, hiddenSize: 12, using: &generator)
      let x = Tensor(normal: [3, 4, 6], using: &generator)
      func output(_ precision: Precision) -> [Float] {
        withPrecision(precision) { layer(x).output.scalars }
      }
      let first = Precision.allCases.map(output)
      #expect(Precision.allCases.map(output) == first)
      #expect(first[0] != first[1] && first[1] != first[2])
    }
  }
}
