import TensorCore

/// Checks everything that is derived from a cell's equations against their definition.
///
/// The whole test of a custom cell:
///
/// ```swift
/// @Test func myCellIsSound() {
///   let report = checkGradients(of: MyCell())
///   #expect(report.passed, "\(report)")
/// }
/// ```
///
/// Over a few steps of a small layer it compares
/// - the compiled plan's outputs, final states and every gradient with the double-precision oracle's;
/// - the oracle's gradients with central differences of its outputs, and those of real-time recurrent learning
///   with those of backpropagation through time;
/// - the plan's gradients by real-time recurrent learning with those by backpropagation through time;
///
/// and it checks laws: every parameter has a gradient; and, to the bit, a call without a state starts from the zero
/// state, a sequence may be cut where its state is carried over, and padding changes no sample's output.
///
/// Where an equation has a kink, `relu` say, and an argument lies within a millionth of it, central differences
/// are not the derivative: use another seed.
///
/// - Parameters:
///   - cell: The cell. Its options must suit the sizes.
///   - inputSize: The number of units of the input, I.
///   - hiddenSize: The number of units of the cell, H; unless given, the smallest from 4 on that suits its options.
///   - seed: The seed of the parameters (their initial values plus noise), the input and the loss.
public func checkGradients(
  of cell: some RecurrentCell, inputSize: Int = 3, hiddenSize: Int? = nil, seed: UInt64 = 1
) -> GradientReport {
  let size = hiddenSize ?? cell.suitableHiddenSize(from: 4, inputSize: inputSize) ?? 4
  let subject = CheckedLayer(cell, inputSize: inputSize, hiddenSize: size, seed: seed)
  var report = GradientReport()
  subject.checkValuesAndGradients(&report)
  subject.checkLaws(&report)
  return report
}

/// A small layer with a sequence and a loss: the sum of the outputs times some weights.
struct CheckedLayer: Module {
  /// Float32 through some hundred operations.
  static let planTolerance = 2e-5
  /// Central differences of double precision with steps of 1e-6.
  static let differenceTolerance = 1e-6
  /// Double precision, sums in another order.
  static let oracleTolerance = 1e-10
  /// Float32, sums in another order.
  static let realTimeTolerance = 1e-4

  static let (steps, batch) = (4, 2)

  var layer: Recurrent
  /// `[T, B, I]`.
  var input: Tensor
  var initial: RecurrentState
  /// `[T, B, outputSize]`.
  let weights: Tensor

  init(_ cell: some RecurrentCell, inputSize: Int, hiddenSize: Int, seed: UInt64) {
    var generator = Philox(seed: seed, stream: 11)
    layer = Recurrent(
      cell, inputSize: inputSize, hiddenSize: hiddenSize, using: &generator)
    // Parameters that are all 0 or 1 would hide errors.
    layer.updateParameters { _, parameter in
      let noise = Tensor(
        uniform: parameter.shape, from: -0.2, to: 0.2, using: &generator)
      parameter = parameter + noise
    }
    input = Tensor(normal: [Self.steps, Self.batch, inputSize], using: &generator)
    weights = Tensor(
      normal: [Self.steps, Self.batch, layer.outputSize], using: &generator)
    // States that the cell itself computes, not random ones: a clock counts whole steps, a normalizer is positive.
    initial = layer(input).state
    input = Tensor(normal: input.shape, using: &generator)
  }

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("", &layer)
    for name in initial.names { visitor.visit("initial \(name)", &initial[name]) }
    visitor.visit("input", &input)
  }

  /// The plan's loss and gradients, with the output and final states.
  func throughTime() -> (results: [Tensor], gradients: Gradients) {
    let (_, results, gradients) = valueAndGradient(of: self) { subject in
      let (output, state) = subject.layer(subject.input, from: subject.initial)
      return ((output * weights).sum(), [output] + state.tensors)
    }
    return (results, gradients)
  }

  /// The plan's gradients, window by window.
  func inRealTime() -> [String: Tensor] {
    let memory = RecurrentMemory(
      of: layer, engine: .rtrl, batch: Self.batch, learnsInitialState: true, signs: nil)
    var sum: [String: Tensor] = [:]
    for range in [0..<1, 1..<Self.steps] {
      let gradients = valueAndGradient(of: self) { subject in
        let output = subject.layer(
          input.slice(range), with: memory, startingFrom: subject.initial)
        return (output * weights.slice(range)).sum()
      }.gradients
      for name in gradients.names {
        guard let gradient = gradients[name] else { continue }
        sum[name] = sum[name].map { $0 + gradient } ?? gradient
      }
    }
    return sum
  }
}

/// The largest difference, relative to the largest number that was expected.
func relativeError(_ found: [Double], _ expected: [Double], floor: Double = 1e-3) -> Double {
  guard found.count == expected.count else { return .infinity }
  let scale = expected.reduce(floor) { max($0, abs($1)) }
  return zip(found, expected).reduce(0) { worst, pair in
    let difference = abs(pair.0 - pair.1)
    return difference.isNaN ? .infinity : max(worst, difference / scale)
  }
}

extension Tensor {
  var doubles: [Double] { scalars.map(Double.init) }
}
