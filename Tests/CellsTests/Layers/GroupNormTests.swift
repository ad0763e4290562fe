import Cells
import TensorCore
import Testing

/// Group and instance normalisation, against numbers of onnxruntime and the definition in double precision.
@Suite struct GroupNormTests {
  /// Means of 3 to 12 numbers around 1 in single precision.
  private static let tolerance: Float = 1e-5

  private static let x = Tensor(
    (0..<24).map { Float($0 * 7 % 11) / 4 - 1 }, shape: [3, 2, 4])

  private func layer(groups: Int) -> GroupNorm {
    var layer = GroupNorm(size: 4, groups: groups)
    layer.weight = Tensor([1, -0.5, 2, 0.25], shape: [4])
    layer.bias = Tensor([0.5, 0, -1, 2], shape: [4])
    return layer
  }

  /// onnxruntime 1.32: `python Fixtures/make_group_norm.py`.
  private static let recorded: [(groups: Int, y: [Float])] = [
    (
      1,
      [
        -0.71267, -0.412308, -1.6791, 2.42443, 0.648151, 0.637048, 1.42967, 1.94815, -0.421629,
        -0.557828, -1.09701, 1.69683, 1.00371, 0.459267, 2.14079, 2.03704, -0.130588, -0.703349,
        -0.514932, 1.76959, 1.35927, 0.281486, -4.97044, 2.12593,
      ]
    ),
    (
      2,
      [
        -0.752087, -0.347802, -1.51502, 2.4764, 0.962902, 0.694353, 0.751076, 1.90987, -0.473846,
        -0.486923, -0.896996, 1.70386, 1.4258, 0.462902, 1.3691, 1.98712, -0.195604, -0.626044,
        -0.278969, 1.78112, 1.88871, 0.231451, -4.81116, 2.06438,
      ]
    ),
    (
      4,
      [
        -0.724598, 0.612299, -3.4492, 2.35209, -0.724598, 0.612299, 0.185994, 1.69385, 0.5, 0, -1,
        1.79616, 0.5, 0, 0.630742, 2, 1.7246, -0.612299, 1.4492, 1.85175, 1.7246, -0.612299,
        -3.81674, 2.30615,
      ]
    ),
  ]

  @Test func outputsAreThoseOfOnnxruntime() {
    for (groups, expected) in Self.recorded {
      let y = layer(groups: groups)(Self.x)
      #expect(y.shape == [3, 2, 4])
      for (index, (found, wanted)) in zip(y.scalars, expected).enumerated() {
        #expect(abs(found - wanted) <= Self.tolerance, "\(groups) groups, element \(index)")
      }
    }
  }

  /// The sum of the outputs times `factors`, by the definition. `values` are weight, bias and input.
  private func loss(_ values: [[Double]], _ factors: [Double], groups: Int) -> Double {
    let (weight, bias, x) = (values[0], values[1], values[2])
    var result = 0.0
    for sample in 0..<2 {
      for unit in 0..<4 {
        let first = unit / (4 / groups) * (4 / groups)
        let members = (0..<3).flatMap { step in
          (first..<first + 4 / groups).map { x[(step * 2 + sample) * 4 + $0] }
        }
        let mean = members.reduce(0, +) / Double(members.count)
        let squares = members.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
        let deviation = (squares / Double(members.count) + Double(Float(1e-5))).squareRoot()
        for step in 0..<3 {
          let place = (step * 2 + sample) * 4 + unit
          result += factors[place] * ((x[place] - mean) / deviation * weight[unit] + bias[unit])
        }
      }
    }
    return result
  }

  @Test(arguments: [1, 2, 4])
  func gradientsAreDifferencesOfTheDefinition(_ groups: Int) {
    let layer = layer(groups: groups)
    var generator = Philox(seed: 3)
    let factors = Tensor(normal: [3, 2, 4], using: &generator)
    let values = [layer.weight, layer.bias, Self.x]
    let gradients = valueAndGradient(of: values) { values in
      var layer = layer
      (layer.weight, layer.bias) = (values[0], values[1])
      return (layer(values[2]) * factors).sum()
    }.gradients
    let doubles = values.map { $0.scalars.map { Double($0) } }
    let weights = factors.scalars.map { Double($0) }
    for (index, gradient) in gradients.enumerated() {
      for element in gradient.scalars.indices {
        var (above, below) = (doubles, doubles)
        above[index][element] += 1e-5
        below[index][element] -= 1e-5
        let difference =
          (loss(above, weights, groups: groups) - loss(below, weights, groups: groups)) / 2e-5
        #expect(
          abs(Double(gradient.scalars[element]) - difference) <= 5e-5,
          "value \(index), element \(element): expected \(difference)")
      }
    }
  }
}
