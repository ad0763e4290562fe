import Cells
import TensorCore
import Testing

/// Gradients of weights are products over all samples and steps, after the loop.
@Suite struct GatherTests {
  /// All gates' cotangents stand side by side, so each matrix has one product and the bias one sum.
  @Test func gradientOfEachMatrixOfAnLSTMIsOneProduct() throws {
    let plan = Plan(CellGraph(LSTM(), inputSize: 3, hiddenSize: 5), learns: true)
    let sums = try #require(plan.backward?.schedule.sums)
    let products = sums.compactMap { step -> [Int]? in
      guard case .outer(let a, let b, _) = step else { return nil }
      return [a.columns, b.columns]
    }
    #expect(products.sorted { $0[1] < $1[1] } == [[20, 3], [20, 5]])
    #expect(sums.filter { if case .total = $0 { true } else { false } }.count == 1)
  }

  /// The gradient over a sequence is the sum of its parts' gradients.
  @Test func gradientsOfASumOverStepsAddUp() {
    var generator = Philox(seed: 3)
    let layer = Recurrent(IndRNN(), inputSize: 4, hiddenSize: 6, using: &generator)
    let x = Tensor(normal: [8, 300, 4], using: &generator)
    func gradient(_ rows: Range<Int>) -> [Float] {
      let (_, gradients) = valueAndGradient(of: layer) { layer in
        layer(x.slice(rows, along: 1)).output.sum()
      }
      return gradients["weight_ih_l0"]?.scalars ?? []
    }
    let parts = zip(gradient(0..<130), gradient(130..<300)).map(+)
    expectClose(parts, gradient(0..<300), within: 1e-5, "over 2400 rows")
  }
}
