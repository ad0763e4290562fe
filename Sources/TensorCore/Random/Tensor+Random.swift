import Requirements

extension Tensor {
  /// A tensor of independent numbers, sampled uniformly from `lower` up to but not including `upper`.
  ///
  /// Two elements take one 64-bit number of the generator, 24 bits each.
  public init(
    uniform shape: [Int], from lower: Float = 0, to upper: Float = 1,
    using generator: inout some RandomNumberGenerator
  ) {
    require(
      lower <= upper && (upper - lower).isFinite,
      "expected finite bounds in order, found \(lower) to \(upper)")
    let largest = Swift.max(lower, upper.nextDown)
    let step = (upper - lower) * 0x1p-24
    let count = elementCount(of: shape)
    var bits: UInt64 = 0
    let storage = Storage(count: count) { index in
      bits = index.isMultiple(of: 2) ? generator.next() : bits << 32
      return Swift.min(lower + Float(bits >> 40) * step, largest)
    }
    self.init(storage: storage, shape: shape)
  }

  /// A tensor of independent normally distributed numbers; the default initialisation of PyTorch's
  /// `Embedding`.
  ///
  /// Each element takes one 64-bit number of the generator. Equal generators give equal elements on
  /// every platform.
  public init(
    normal shape: [Int], mean: Float = 0, standardDeviation: Float = 1,
    using generator: inout some RandomNumberGenerator
  ) {
    let count = elementCount(of: shape)
    let (mean, deviation) = (Double(mean), Double(standardDeviation))
    let storage = Storage(count: count) { _ in
      let share = (Double(generator.next() >> 12) + 0.5) * 0x1p-52
      return Float(mean + deviation * normalQuantile(share))
    }
    self.init(storage: storage, shape: shape)
  }

  /// A tensor sampled uniformly from ±1/√fanIn: PyTorch's default initialisation of its linear
  /// layers (weight and bias; fanIn is the number of inputs) and of its recurrent layers (all
  /// parameters; fanIn is H).
  public init(
    fanInUniform shape: [Int], fanIn: Int, using generator: inout some RandomNumberGenerator
  ) {
    require(fanIn > 0, "a fan-in of \(fanIn) has no initialisation")
    let bound = 1 / Float(fanIn).squareRoot()
    self.init(uniform: shape, from: -bound, to: bound, using: &generator)
  }

  /// A matrix [outputs, inputs] sampled uniformly from ±gain √(6 / (inputs + outputs)).
  ///
  /// X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural
  /// networks", 2010.
  public init(
    xavierUniform shape: [Int], gain: Float = 1, using generator: inout some RandomNumberGenerator
  ) {
    require(shape.count == 2, "Xavier's initialisation is for matrices, not for the shape \(shape)")
    let bound = gain * (6 / Float(Swift.max(1, shape[0] + shape[1]))).squareRoot()
    self.init(uniform: shape, from: -bound, to: bound, using: &generator)
  }

  /// A random matrix whose rows are orthogonal to each other, of norm `gain`; its columns if it has
  /// more rows than columns.
  ///
  /// A. Saxe, J. McClelland and S. Ganguli, "Exact solutions to the nonlinear dynamics of learning in
  /// deep linear neural networks", 2014.
  /// - Complexity: O(n² m) for n vectors of m elements, in double precision.
  public init(
    orthogonal shape: [Int], gain: Float = 1, using generator: inout some RandomNumberGenerator
  ) {
    require(shape.count == 2, "only a matrix is orthogonal, not a tensor of shape \(shape)")
    let (count, length) = (shape.min() ?? 0, shape.max() ?? 0)
    var vectors = Tensor(normal: [count, length], using: &generator).scalars.map(Double.init)
    orthonormalize(&vectors, count: count, length: length)
    let rows = Tensor(vectors.map { gain * Float($0) }, shape: [count, length])
    self = shape[0] <= shape[1] ? rows : rows.transposed()
  }
}

/// Makes the rows of a matrix [count, length] orthonormal, one after the other (Gram-Schmidt, twice
/// each: once leaves rounding errors that the second pass removes).
private func orthonormalize(_ vectors: inout [Double], count: Int, length: Int) {
  for index in 0..<count {
    let row = index * length
    for earlier in (0..<2 * index).lazy.map({ $0 % index }) {
      let other = earlier * length
      var product = 0.0
      for i in 0..<length { product += vectors[row + i] * vectors[other + i] }
      for i in 0..<length { vectors[row + i] -= product * vectors[other + i] }
    }
    var squares = 0.0
    for i in 0..<length { squares += vectors[row + i] * vectors[row + i] }
    let scale = 1 / squares.squareRoot()
    for i in 0..<length { vectors[row + i] *= scale }
  }
}
