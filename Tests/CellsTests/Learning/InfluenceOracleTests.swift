import Cells
import TensorCore
import Testing

/// In double precision: what real-time recurrent learning gives is the derivative through the whole
/// sequence, for every cell of the registry.
@Suite struct InfluenceOracleTests {
  /// Double precision through some hundred operations.
  static let tolerance = 1e-10

  @Test(arguments: CellRegistry.standard.entries.map(\.name))
  func realTimeGradientIsTheDerivativeThroughTheSequence(_ name: String) throws {
    let sample = try DoubleSample(name)
    let (found, _) = sample.oracle().realTimeGradient(
      sample.inputs, from: sample.states, weights: sample.weights)
    let gradient = found.parameters + found.initialStates
    for seed in 0..<2 {
      var generator = Philox(seed: UInt64(seed), stream: 9)
      let direction = gradient.map { _ in Double.random(in: -1...1, using: &generator) }
      let expected = sample.derivative(along: direction)
      let parts = zip(gradient, direction).map { $0 * $1 }
      let scale = parts.reduce(1) { max($0, abs($1)) }
      let distance = abs(parts.reduce(0, +) - expected)
      #expect(distance <= Self.tolerance * scale, "\(name): off by \(distance), scale \(scale)")
    }
  }

  /// Both are anchored to something that knows no derivatives at all.
  @Test(arguments: CellRegistry.standard.entries.map(\.name))
  func derivativeIsTheLimitOfDifferences(_ name: String) throws {
    let sample = try DoubleSample(name)
    var generator = Philox(seed: 3, stream: 9)
    let size = (sample.parameters + sample.states).joined().count
    let direction = (0..<size).map { _ in Double.random(in: -1...1, using: &generator) }
    let step = 1e-6
    let difference =
      (sample.loss(along: direction, step) - sample.loss(along: direction, -step)) / (2 * step)
    let expected = sample.derivative(along: direction)
    // The loss has 16 digits, the difference of two so close ones about 9.
    #expect(
      abs(difference - expected) <= 1e-6 * max(1, abs(expected)), "\(difference), \(expected)")
  }

  @Test(arguments: ["rnn", "lstm", "gru"])
  func influenceContinuesWhereItStopped(_ name: String) throws {
    let sample = try DoubleSample(name)
    let oracle = sample.oracle()
    let (whole, last) = oracle.realTimeGradient(
      sample.inputs, from: sample.states, weights: sample.weights)
    let (first, between) = oracle.realTimeGradient(
      Array(sample.inputs[..<2]), from: sample.states, weights: Array(sample.weights[..<2]))
    let (second, end) = oracle.realTimeGradient(
      Array(sample.inputs[2...]), from: between, weights: Array(sample.weights[2...]),
      influence: first.influence)
    #expect(end == last)
    #expect(second.influence == whole.influence)
    let sums = zip(first.parameters, second.parameters).map { $0 + $1 }
    for (a, b) in zip(sums, whole.parameters) { #expect(abs(a - b) < 1e-13) }
  }
}

/// A cell of the registry with numbers for everything, one sample.
struct DoubleSample {
  let cell: CellGraph
  let parameters: [[Double]]
  let states: [[Double]]
  let inputs: [[[Double]]]
  let weights: [[Double]]

  init(_ name: String, steps: Int = 4) throws {
    let named = try CellRegistry.standard.cell(named: name)
    let size = try #require(named.suitableHiddenSize(from: 3, inputSize: 3))
    cell = CellGraph(named, inputSize: 3, hiddenSize: size)
    var generator = Philox(seed: 7, stream: 8)
    func numbers(_ count: Int, _ bound: Double) -> [Double] {
      (0..<count).map { _ in Double.random(in: -bound...bound, using: &generator) }
    }
    parameters = cell.parameters.map { numbers($0.shape.reduce(1, *), 0.6) }
    states = cell.states.map { numbers($0.width, 0.5) }
    inputs = (0..<steps).map { [cell] _ in [numbers(cell.inputSize, 1)] }
    weights = (0..<steps).map { [cell] _ in numbers(cell.outputSize, 1) }
  }

  func oracle() -> Oracle { Oracle(cell, parameters: parameters.map { $0.map { Dual($0) } }) }

  /// The sum of all outputs with their weights.
  private func weighted(_ outputs: [[Double]]) -> Double {
    var sum = 0.0
    for (row, weights) in zip(outputs, weights) {
      for (output, weight) in zip(row, weights) { sum += output * weight }
    }
    return sum
  }

  /// The loss at some distance along a direction of the parameters and initial states.
  func loss(along direction: [Double], _ distance: Double) -> Double {
    var rest = direction[...]
    func duals(_ values: [[Double]]) -> [[Dual]] {
      values.map { $0.map { Dual($0 + distance * rest.removeFirst()) } }
    }
    let oracle = Oracle(cell, parameters: duals(parameters))
    let outputs = oracle.run(
      inputs.map { $0.map { $0.map { Dual($0) } } }, from: duals(states)
    ).outputs
    return weighted(outputs.map { $0.map(\.value) })
  }

  /// The loss's derivative along a direction of the parameters and initial states.
  func derivative(along direction: [Double]) -> Double {
    var rest = direction[...]
    func duals(_ values: [[Double]]) -> [[Dual]] {
      values.map { $0.map { Dual($0, derivative: rest.removeFirst()) } }
    }
    let oracle = Oracle(cell, parameters: duals(parameters))
    let outputs = oracle.run(
      inputs.map { $0.map { $0.map { Dual($0) } } }, from: duals(states)
    ).outputs
    return weighted(outputs.map { $0.map(\.derivative) })
  }
}
