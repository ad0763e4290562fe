import TensorCore

/// The errors of gradient engines that process a sequence step by step.
///
/// Several small layers with random weights process random sequences in windows of one step; the sum of the windows'
/// gradients is compared with the gradient of backpropagation through the whole sequence.
package struct EngineComparison: Sendable {
  /// An engine's mean over the layers.
  package struct Result: Sendable {
    package let engine: GradientEngine
    /// The cosine of the angle between the two gradients.
    package let cosine: Double
    /// The distance of the two, as a share of the exact one's length.
    package let distance: Double
  }

  package let results: [Result]

  /// Compares engines for a cell.
  ///
  /// - Parameters:
  ///   - cell: the cell; its options must suit the sizes.
  ///   - hiddenSize: the units of the layer, H.
  ///   - steps: the steps of the sequence, T.
  ///   - engines: the engines to be compared; each must suit the layer.
  ///   - layers: the number of random layers.
  package init(
    _ cell: some RecurrentCell, hiddenSize: Int, steps: Int, engines: [GradientEngine],
    layers: Int = 10
  ) throws(UnsuitableEngine) {
    var sums = engines.map { _ in (cosine: 0.0, distance: 0.0) }
    for seed in 0..<layers {
      let subject = Subject(cell, hiddenSize: hiddenSize, steps: steps, seed: UInt64(seed))
      let exact = subject.gradient()
      for (index, engine) in engines.enumerated() {
        let found = try subject.gradient(engine.seeded(UInt64(seed)))
        let (a, b) = (dot(exact, exact).squareRoot(), dot(found, found).squareRoot())
        let difference = zip(found, exact).map { $0 - $1 }
        sums[index].cosine += dot(exact, found) / max(a * b, 1e-30)
        sums[index].distance += dot(difference, difference).squareRoot() / max(a, 1e-30)
      }
    }
    results = zip(engines, sums).map {
      Result(
        engine: $0, cosine: $1.cosine / Double(layers), distance: $1.distance / Double(layers))
    }
  }

  private struct Subject: Module {
    var layer: Recurrent
    let input: Tensor
    let weights: Tensor

    init(_ cell: some RecurrentCell, hiddenSize: Int, steps: Int, seed: UInt64) {
      var generator = Philox(seed: seed, stream: 13)
      layer = Recurrent(cell, inputSize: hiddenSize, hiddenSize: hiddenSize, using: &generator)
      input = Tensor(normal: [steps, 1, hiddenSize], using: &generator)
      weights = Tensor(normal: [steps, 1, layer.outputSize], using: &generator)
    }

    mutating func visitParameters(_ visitor: inout ParameterVisitor) {
      layer.visitParameters(&visitor)
    }

    /// Through the whole sequence.
    func gradient() -> [Double] {
      numbers(
        valueAndGradient(of: self) { subject in
          (subject.layer(input).output * weights).sum()
        }.gradients)
    }

    /// Step by step.
    func gradient(_ engine: GradientEngine) throws(UnsuitableEngine) -> [Double] {
      let memory = try RecurrentMemory(of: layer, engine: engine, batch: 1)
      var sum: [Double] = []
      for step in 0..<input.shape[0] {
        let part = numbers(
          valueAndGradient(of: self) { subject in
            let output = subject.layer(input.slice(step..<step + 1), with: memory)
            return (output * weights.slice(step..<step + 1)).sum()
          }.gradients)
        sum = sum.isEmpty ? part : zip(sum, part).map { $0 + $1 }
      }
      return sum
    }

    private func numbers(_ gradients: Gradients) -> [Double] {
      parameters.flatMap { name, value in
        gradients[name]?.doubles ?? [Double](repeating: 0, count: value.count)
      }
    }
  }
}

private func dot(_ a: [Double], _ b: [Double]) -> Double {
  zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
}

extension GradientEngine {
  /// The same engine with another seed, if it has one.
  fileprivate func seeded(_ seed: UInt64) -> GradientEngine {
    if case .uoro = self { .uoro(seed: seed) } else { self }
  }
}
