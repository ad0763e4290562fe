import Cells
import TensorCore
import Testing

/// A stack of wrapped layers of a cell from the registry, with a sequence.
struct WrapperCase: CustomStringConvertible {
  var description = ""
  private var subject: LayerUnderTest
  private var lengths: [Int]?
  private var resets: [[Int]]?
  private var masks: RandomMasks?
  private let steps = 5
  private let batch = 2

  /// A random case, with options that suit the cell; nil if the sampled options don't.
  init?(
    _ entry: CellRegistry.Entry, _ options: Recurrent.Options, layers: Int,
    direction: Recurrent.Direction, hasMarks: Bool, isLearning: Bool, using generator: inout Philox
  ) {
    let inputSize = 4
    guard
      let size = (3...9).first(where: { size in
        (try? options.validate(
          for: entry.cell, inputSize: inputSize, hiddenSize: size, layers: layers,
          direction: direction)) != nil
      })
    else { return nil }
    var layer = Recurrent(
      entry.cell, inputSize: inputSize, hiddenSize: size, layers: layers, direction: direction,
      dropout: options.inputDropout, options: options, using: &generator)
    layer.updateParameters { _, parameter in
      parameter =
        parameter + Tensor(uniform: parameter.shape, from: -0.2, to: 0.2, using: &generator)
    }
    var input = Tensor(normal: [steps, batch, inputSize], using: &generator)
    if hasMarks { (lengths, resets) = ([steps, 3], [[2], [1]]) }
    if isLearning { masks = RandomMasks(for: layer, steps: steps, batch: batch, using: &generator) }
    // States as they come, not any numbers: a clock counts whole steps, a normalizer is positive. They come from the
    // plan that is tested: to compile another one takes most of the test's time.
    let state = valueAndGradient(of: layer) { [lengths, resets, masks, input, batch] layer in
      let start = layer.zeroState(batch: batch)
      let (output, state) = layer(
        input, from: start, lengths: lengths, resets: resets, masks: masks)
      return (output.sum(), state)
    }.auxiliary
    input = Tensor(normal: input.shape, using: &generator)
    subject = LayerUnderTest(layer: layer, input: input, state: state)
    description = "\(entry.name), \(layers) x \(size), \(direction), \(options)"
  }

  /// Compares the plan with the oracle: outputs, states, and the derivative along a random direction.
  func check(within tolerance: Double, using generator: inout Philox) {
    let layer = subject.layer
    let shapes =
      [[steps, batch, layer.outputSize]]
      + subject.state.names.map { subject.state[$0].shape }
    let cotangents = shapes.map { Tensor(normal: $0, using: &generator) }
    let (_, outputs, gradients) = valueAndGradient(of: subject) { subject in
      let (output, final) = subject.layer(
        subject.input, from: subject.state, lengths: lengths, resets: resets, masks: masks)
      let outputs = [output] + final.names.map { final[$0] }
      return (weightedSum(outputs, cotangents), outputs)
    }
    var values: [String: [Dual]] = [:]
    var (found, scale) = (0.0, 1.0)
    for (name, value) in subject.parameters {
      let direction = Tensor(normal: value.shape, using: &generator).scalars
      values[name] = zip(value.scalars, direction).map { Dual(Double($0), derivative: Double($1)) }
      for (g, d) in zip(gradients[name]?.scalars ?? [], direction) {
        found += Double(g) * Double(d)
        scale = max(scale, abs(Double(g) * Double(d)))
      }
    }
    let oracle = StackOracle(
      layer: layer, lengths: lengths, resets: resets, masks: masks, steps: steps, batch: batch)
    let expected = oracle.run(values)
    var derivative = 0.0
    for (index, (tensor, results)) in zip(outputs, expected).enumerated() {
      expectClose(
        tensor.scalars, results.map { Float($0.value) }, within: Float(tolerance), floor: 1,
        "\(self), result \(index)")
      for (weight, result) in zip(cotangents[index].scalars, results) {
        derivative += Double(weight) * result.derivative
      }
    }
    #expect(
      abs(found - derivative) <= tolerance * scale,
      "\(self): derivative \(found), expected \(derivative), largest part \(scale)")
  }
}
