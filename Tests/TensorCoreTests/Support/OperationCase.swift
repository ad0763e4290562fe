import TensorCore
import Testing

/// An operation with its inputs' shapes and the same operation in double precision.
struct OperationCase: Sendable, CustomTestStringConvertible {
  let name: String
  let shapes: [[Int]]
  /// The range that the inputs' elements are sampled from.
  let domain: ClosedRange<Float>
  let operation: @Sendable ([Tensor]) -> Tensor
  let reference: @Sendable ([Reference]) -> Reference

  var testDescription: String { name }

  init(
    _ name: String, _ shapes: [[Int]], domain: ClosedRange<Float> = -2...2,
    _ operation: @escaping @Sendable ([Tensor]) -> Tensor,
    _ reference: @escaping @Sendable ([Reference]) -> Reference
  ) {
    self.name = name
    self.shapes = shapes
    self.domain = domain
    self.operation = operation
    self.reference = reference
  }

  /// Inputs that are the same in every run.
  func inputs() -> [Tensor] {
    var generator = Philox(seed: 11, stream: UInt64(shapes.count))
    return shapes.map {
      Tensor(uniform: $0, from: domain.lowerBound, to: domain.upperBound, using: &generator)
    }
  }
}

/// Some float32 roundings of a sum of a dozen terms.
private let valueTolerance = 4e-6
/// The same for the way there and back; finite differences add some 1e-8.
private let gradientTolerance = 2e-5

/// Expects that an operation's value is that of the reference.
func expectValue(of example: OperationCase) {
  let inputs = example.inputs()
  let expected = example.reference(inputs.map(Reference.init))
  expectClose(example.operation(inputs), expected, valueTolerance, example.name)
}

/// Expects that an operation's gradients are the finite differences of the reference, for a loss that
/// weighs every element of the result differently.
func expectGradients(of example: OperationCase) {
  let inputs = example.inputs()
  let references = inputs.map(Reference.init)
  var generator = Philox(seed: 12)
  let weights = Tensor(
    uniform: example.reference(references).shape, from: -1, to: 1, using: &generator)
  func loss(_ references: [Reference]) -> Double {
    zip(example.reference(references).values, weights.scalars).reduce(0) {
      $0 + $1.0 * Double($1.1)
    }
  }
  let (_, gradients) = valueAndGradient(of: inputs) { (example.operation($0) * weights).sum() }
  for (position, input) in inputs.enumerated() {
    let distance = 1e-5
    var shifted = references
    var offset = 0
    let expected = Reference(input.shape) { _ in
      defer { offset += 1 }
      shifted[position].shift(offset, by: distance)
      let above = loss(shifted)
      shifted[position].shift(offset, by: -2 * distance)
      let below = loss(shifted)
      shifted[position] = references[position]
      return (above - below) / (2 * distance)
    }
    expectClose(
      gradients[position], expected, gradientTolerance,
      "\(example.name), gradient of input \(position)")
  }
}

/// Expects that no element is further from the reference than `tolerance` times the largest magnitude
/// (at least 1).
func expectClose(
  _ found: Tensor, _ expected: Reference, _ tolerance: Double, _ name: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(
    found.shape == expected.shape, "\(name): the shape", sourceLocation: sourceLocation)
  let scale = expected.values.map(\.magnitude).max() ?? 0
  for (offset, pair) in zip(found.scalars, expected.values).enumerated() {
    let isClose = (Double(pair.0) - pair.1).magnitude <= tolerance * max(1, scale)
    guard !isClose else { continue }
    Issue.record(
      "\(name) at \(offset): found \(pair.0), expected \(pair.1)", sourceLocation: sourceLocation)
    return
  }
}
