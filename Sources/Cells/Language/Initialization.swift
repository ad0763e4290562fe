import TensorCore

/// How the numbers of a parameter start.
public enum Initialization: Sendable, Hashable, Codable {
  /// All the same.
  case constant(Double)
  /// Drawn uniformly from a range.
  case uniform(ClosedRange<Double>)
  /// `log(u / (1 - u))` of numbers u drawn uniformly from a range within 0...1: gates spread over it.
  case logit(ClosedRange<Double>)

  /// Logarithms of numbers drawn uniformly from a range above zero.
  case logUniform(ClosedRange<Double>)
  /// Numbers v with `exp(-exp(v))` in a range within 0...1, uniformly over the area of that ring.
  case logRate(radius: ClosedRange<Double>)

  /// Numbers for a block, row-major.
  func values(
    _ shape: [Int], using generator: inout some RandomNumberGenerator
  ) -> [Float] {
    let count = shape.reduce(1, *)
    func drawn(from range: ClosedRange<Double>) -> Double {
      Double.random(in: range, using: &generator)
    }
    switch self {
    case .constant(let value): return [Float](repeating: Float(value), count: count)
    case .uniform(let range):
      return (0..<count).map { _ in Float(drawn(from: range)) }
    case .logUniform(let range):
      return (0..<count).map { _ in Float(logarithm(drawn(from: range))) }
    case .logRate(let radius):
      let squares = radius.lowerBound * radius.lowerBound...radius.upperBound * radius.upperBound
      return (0..<count).map { _ in
        // -log r = -log(r²) / 2.
        Float(logarithm(-0.5 * logarithm(drawn(from: squares))))
      }
    case .logit(let range):
      return (0..<count).map { _ in
        let u = drawn(from: range)
        return Float(logarithm(u / (1 - u)))
      }
    }
  }
}

private func logarithm(_ x: Double) -> Double { ElementwiseFunction.log.evaluated([x]) }

extension CellGraph.Parameter {
  /// A start for the parameter: as its blocks say, or else as PyTorch has it.
  package func initialValue(
    fanIn: Int, using generator: inout some RandomNumberGenerator
  ) -> Tensor {
    guard blocks.contains(where: { $0.initialization != nil }) else {
      return Tensor(fanInUniform: shape, fanIn: fanIn, using: &generator)
    }
    let scalars = blocks.flatMap { block in
      let blockShape = [block.range.count] + shape.dropFirst()
      return block.initialization?.values(blockShape, using: &generator)
        ?? Tensor(fanInUniform: blockShape, fanIn: fanIn, using: &generator).scalars
    }
    return Tensor(scalars, shape: shape)
  }
}
