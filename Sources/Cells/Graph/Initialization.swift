import Requirements
import TensorCore

/// The initial values of a parameter.
///
/// Cases that depend on the size of a matrix `[out, in]` use the size of each block, such as one gate's rows.
public enum Initialization: Sendable, Hashable, Codable {
  /// All the same.
  case constant(Double)
  /// Sampled uniformly from a range.
  case uniform(ClosedRange<Double>)
  /// Sampled from a normal distribution around zero.
  case normal(deviation: Double)
  /// Sampled uniformly with the variance `2 / (in + out)`. Glorot and Bengio, 2010.
  case xavierUniform
  /// Sampled from a normal distribution with the variance `2 / (in + out)`.
  case xavierNormal
  /// Sampled uniformly with the variance `2 / in`. He et al., 2015.
  case kaimingUniform
  /// Sampled from a normal distribution with the variance `2 / in`.
  case kaimingNormal
  /// Sampled uniformly with the variance `1 / in`. LeCun et al., 1998.
  case lecunUniform
  /// Sampled from a normal distribution with the variance `1 / in`.
  case lecunNormal
  /// Rows, or columns where there are fewer, that are orthogonal and of the length `gain`. Saxe et al., 2014.
  case orthogonal(gain: Double)
  /// A number on the diagonal, and zero elsewhere. Le, Jaitly and Hinton, 2015.
  case identity(scale: Double)
  /// `log(u / (1 - u))` of numbers u sampled uniformly from a range within 0...1: gates spread over it.
  case logit(ClosedRange<Double>)

  /// Logarithms of numbers sampled uniformly from a range above zero.
  case logUniform(ClosedRange<Double>)
  /// Numbers v with `exp(-exp(v))` in a range within 0...1, uniformly over the area of that ring.
  case logRate(radius: ClosedRange<Double>)
  /// Numbers v with `exp(-softplus(v))` in a range within 0...1, uniformly over the area of that ring.
  case softplusRate(radius: ClosedRange<Double>)
  /// Numbers whose softplus is `exp(u)`, with u uniform between the logarithms of a range above zero.
  case softplusOfLogUniform(ClosedRange<Double>)
  /// The given numbers, row-major.
  case values([Double])
  /// The negatives of the numbers of another block of the same parameter.
  case opposite(ofBlock: String)

  /// Numbers for a block, row-major.
  func values(
    _ shape: [Int], using generator: inout some RandomNumberGenerator
  ) -> [Float] {
    let count = elementCount(of: shape)
    let columns = shape[shape.count - 1]
    if let (range, transform) = uniform(of: shape) {
      return (0..<count).map { _ in Float(transform(.random(in: range, using: &generator))) }
    }
    func normal(_ deviation: Double) -> [Float] {
      Tensor(normal: shape, using: &generator).scalars.map { Float(deviation) * $0 }
    }
    switch self {
    case .constant(let value): return [Float](repeating: Float(value), count: count)
    case .normal(let deviation): return normal(deviation)
    case .xavierNormal, .kaimingNormal, .lecunNormal:
      return normal(variance(of: shape).squareRoot())
    case .orthogonal(let gain):
      return orthonormal(Tensor(normal: shape, using: &generator)).map { Float(gain * $0) }
    case .identity(let scale):
      return (0..<count).map { $0 / columns == $0 % columns ? Float(scale) : 0 }
    case .values(let values):
      require(values.count == count, "\(values.count) initial values for \(count) numbers")
      return values.map(Float.init)
    case .opposite(let block):
      failure("the block \(block), whose opposite is to be taken, has no numbers yet")
    case .uniform, .xavierUniform, .kaimingUniform, .lecunUniform, .logUniform, .logRate, .logit,
      .softplusRate, .softplusOfLogUniform:
      failure("numbers that are uniform in a range have one")
    }
  }

  /// For the cases that are a function of uniform numbers: their range and the function.
  private func uniform(
    of shape: [Int]
  ) -> (range: ClosedRange<Double>, transform: (Double) -> Double)? {
    func squares(_ radius: ClosedRange<Double>) -> ClosedRange<Double> {
      radius.lowerBound * radius.lowerBound...radius.upperBound * radius.upperBound
    }
    switch self {
    case .uniform(let range): return (range, { $0 })
    case .xavierUniform, .kaimingUniform, .lecunUniform:
      let limit = (3 * variance(of: shape)).squareRoot()
      return (-limit...limit, { $0 })
    case .logUniform(let range): return (range, logarithm)
    // -log r = -log(r²) / 2.
    case .logRate(let radius): return (squares(radius), { logarithm(-0.5 * logarithm($0)) })
    case .logit(let range): return (range, { logarithm($0 / (1 - $0)) })
    // exp(-softplus(v)) = r where exp(v) = 1 / r - 1.
    case .softplusRate(let radius):
      return (squares(radius), { logarithm(1 / $0.squareRoot() - 1) })
    case .softplusOfLogUniform(let range):
      return (
        logarithm(range.lowerBound)...logarithm(range.upperBound),
        { exponential($0) + logarithm(1 - exponential(-exponential($0))) }
      )
    default: return nil
    }
  }

  /// The variance of the cases that derive it from the shape.
  private func variance(of shape: [Int]) -> Double {
    let (rows, columns) = (Double(shape[0]), Double(shape[shape.count - 1]))
    return switch self {
    case .xavierUniform, .xavierNormal: 2 / (rows + columns)
    case .kaimingUniform, .kaimingNormal: 2 / columns
    default: 1 / columns
    }
  }
}

/// The vectors of a matrix, its rows or its columns, whichever are fewer, made orthonormal one after the other.
private func orthonormal(_ matrix: Tensor) -> [Double] {
  let (rows, columns) = (matrix.shape[0], matrix.shape[matrix.rank - 1])
  let isTall = rows > columns
  let vectors = (isTall ? matrix.transposed(1, 0) : matrix).scalars.map(Double.init)
  let (count, size) = (min(rows, columns), max(rows, columns))
  var result: [[Double]] = []
  for index in 0..<count {
    var vector = Array(vectors[index * size..<(index + 1) * size])
    // Twice: the second pass removes the rounding errors of the first.
    for _ in 0..<2 {
      for other in result {
        let share = zip(vector, other).reduce(0) { $0 + $1.0 * $1.1 }
        for place in 0..<size { vector[place] -= share * other[place] }
      }
      let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
      for place in 0..<size { vector[place] /= length }
    }
    result.append(vector)
  }
  return (0..<rows * columns).map {
    isTall ? result[$0 % columns][$0 / columns] : result[$0 / columns][$0 % columns]
  }
}

extension CellGraph.Parameter {
  /// The declared parameter, with its blocks' initializations and PyTorch's for the others.
  func declared(fanIn: Int) -> Tensor {
    Tensor(parameter: shape, BlockInitializer(blocks: blocks, fanIn: fanIn))
  }
}

/// Samples a parameter block by block.
private struct BlockInitializer: ParameterInitializer {
  let blocks: [CellGraph.Parameter.Block]
  /// The fan-in for blocks without an initialization of their own.
  let fanIn: Int

  func tensor(
    of shape: [Int], using generator: inout some RandomNumberGenerator
  ) -> Tensor {
    guard blocks.contains(where: { $0.initialization != nil }) else {
      return Tensor(fanInUniform: shape, fanIn: fanIn, using: &generator)
    }
    var known: [String: [Float]] = [:]
    for block in blocks {
      if case .opposite = block.initialization { continue }
      let blockShape = [block.range.count] + shape.dropFirst()
      known[block.name] =
        block.initialization?.values(blockShape, using: &generator)
        ?? Tensor(fanInUniform: blockShape, fanIn: fanIn, using: &generator).scalars
    }
    return Tensor(
      blocks.flatMap { block -> [Float] in
        guard case .opposite(let other) = block.initialization else {
          return known[block.name] ?? []
        }
        return (known[other] ?? []).map { -$0 }
      }, shape: shape)
  }
}
