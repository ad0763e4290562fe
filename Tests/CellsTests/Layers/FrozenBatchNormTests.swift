import Cells
import TensorCore
import Testing

@Suite struct FrozenBatchNormTests {
  /// What `(x - m) / sqrt(v + 1e-5) w + b` gives by hand, in double precision.
  @Test func unitsAreScaledByTheStatisticsOfTraining() {
    let layer = FrozenBatchNorm(
      mean: Tensor([1, -2]), variance: Tensor([4, 0.25]), weight: Tensor([3, 0.5]),
      bias: Tensor([0.1, -0.2]))
    let x = Tensor([3, -2, 1, -1], shape: [2, 1, 2])
    let expected: [Double] = [
      (3 - 1) / (4 + 1e-5).squareRoot() * 3 + 0.1, -0.2, 0.1,
      (-1 + 2) / (0.25 + 1e-5).squareRoot() * 0.5 - 0.2,
    ]
    let y = layer(x)
    for (a, b) in zip(y.scalars, expected) { #expect(abs(a - Float(b)) <= 1e-6) }
    // A step alone has the bits that it has among others.
    #expect(layer(x.slice(1..<2)).scalars == y.slice(1..<2).scalars)
    #expect(layer.parameters.map(\.name) == ["weight", "bias"])
    let gradients = valueAndGradient(of: layer) { $0(x).sum() }.gradients
    #expect(gradients["bias"]?.scalars == [2, 2])
  }
}
