import Cells
import TensorCore
import Testing

/// Convolutions along time, against sums term by term.
@Suite struct Conv1dTests {
  /// Sums of some ten products of single precision.
  private static let tolerance: Float = 1e-5

  struct Case: Sendable, CustomTestStringConvertible {
    var stride = 1
    var dilation = 1
    var groups = 1
    var padding = Conv1d.Padding.none
    var testDescription: String { "\(stride) \(dilation) \(groups) \(padding)" }
  }

  static let cases = [
    Case(), Case(stride: 2), Case(dilation: 2), Case(groups: 2), Case(padding: .zeros(2)),
    Case(padding: .reflect(3)), Case(stride: 5, padding: .zeros(1)),
    Case(stride: 3, dilation: 2, groups: 2, padding: .reflect(1)),
  ]

  private func random(_ shape: [Int], _ seed: UInt64) -> Tensor {
    var generator = Philox(seed: seed)
    return Tensor(normal: shape, using: &generator)
  }

  private func convolution(_ options: Case) -> Conv1d {
    Conv1d(
      weight: random([4, 4 / options.groups, 3], 1), bias: random([4], 2), stride: options.stride,
      dilation: options.dilation, groups: options.groups, padding: options.padding)
  }

  /// The input at a step before the start or after the end, where there may be padding.
  private func element(
    _ x: Tensor, _ step: Int, _ sample: Int, _ unit: Int, _ padding: Conv1d.Padding
  )
    -> Float
  {
    let steps = x.shape[0]
    if (0..<steps).contains(step) { return x.at(step).at(sample).scalars[unit] }
    guard case .reflect = padding else { return 0 }
    return x.at(step < 0 ? -step : 2 * steps - 2 - step).at(sample).scalars[unit]
  }

  @Test(arguments: Conv1dTests.cases)
  func outputsAreSumsOverWindows(_ options: Case) {
    let (layer, x) = (convolution(options), random([11, 2, 4], 3))
    let count =
      switch options.padding {
      case .none: 0
      case .zeros(let count), .reflect(let count): count
      }
    let y = layer(x)
    #expect(y.shape == [(11 + 2 * count - layer.span) / options.stride + 1, 2, 4])
    let (read, written) = (4 / options.groups, 4 / options.groups)
    for (step, sample) in [(0, 0), (1, 1), (y.shape[0] - 1, 0)] where step < y.shape[0] {
      for unit in 0..<4 {
        var sum = layer.bias?.scalars[unit] ?? 0
        for input in 0..<read {
          for tap in 0..<3 {
            let place = step * options.stride + tap * options.dilation - count
            sum +=
              layer.weight.at(unit).at(input).scalars[tap]
              * element(x, place, sample, unit / written * read + input, options.padding)
          }
        }
        #expect(abs(y.at(step).at(sample).scalars[unit] - sum) <= Self.tolerance)
      }
    }
  }

  /// A stream in blocks of any sizes has the bits of the whole.
  @Test(
    arguments: Conv1dTests.cases.filter { if case .reflect = $0.padding { false } else { true } })
  func blocksOfAStreamGiveTheWhole(_ options: Case) {
    let (layer, x) = (convolution(options), random([23, 2, 4], 4))
    var end = 0
    if case .zeros(let count) = options.padding { end = count }
    let whole = layer(x).scalars
    for sizes in [[23], [1, 2, 3, 4, 5, 8], [10, 13], [Int](repeating: 1, count: 23)] {
      var (context, scalars, start) = (layer.start(batch: 2), [Float](), 0)
      for size in sizes {
        scalars += layer(x.slice(start..<start + size), after: &context)?.scalars ?? []
        start += size
      }
      if end > 0 {
        scalars += layer(Tensor(zeros: [end, 2, 4]), after: &context)?.scalars ?? []
      }
      #expect(scalars.map(\.bitPattern) == whole.map(\.bitPattern), "\(sizes)")
    }
  }

  /// Gradients of the weights, the offset and the input, against differences.
  @Test(arguments: Conv1dTests.cases)
  func gradientsAreDifferences(_ options: Case) {
    let (layer, x, factors) = (convolution(options), random([11, 2, 4], 5), random([64, 2, 4], 6))
    func loss(_ values: [Tensor]) -> Tensor {
      var layer = layer
      layer.weight = values[0]
      layer.bias = values[1]
      let y = layer(values[2])
      return (y * factors.slice(0..<y.shape[0])).sum()
    }
    let values = [layer.weight, layer.bias ?? Tensor(0), x]
    let gradients = valueAndGradient(of: values, loss).gradients
    for (index, value) in values.enumerated() {
      for element in stride(from: 0, to: value.count, by: 5) {
        var (up, down) = (value.scalars, value.scalars)
        up[element] += 0.5
        down[element] -= 0.5
        var (above, below) = (values, values)
        above[index] = Tensor(up, shape: value.shape)
        below[index] = Tensor(down, shape: value.shape)
        // The loss is linear in each value, so the difference is exact but for rounding.
        let difference = loss(above).scalar - loss(below).scalar
        #expect(abs(gradients[index].scalars[element] - difference) <= 1e-4)
      }
    }
  }
}
