import Cells
import TensorCore
import Testing

/// Compares a layer of one direction with the oracle: outputs, final states, and the derivative along random
/// directions of everything that the layer is differentiated by.
struct OracleComparison {
  let subject: LayerUnderTest
  let lengths: [Int]?
  let seed: UInt64

  init(_ subject: LayerUnderTest, lengths: [Int]?, seed: UInt64) {
    self.subject = subject
    self.lengths = lengths
    self.seed = seed
  }

  private var layer: Recurrent { subject.layer }
  private var isTimeFirst: Bool { layer.layout == .timeFirst }
  private var batch: Int { subject.input.shape[isTimeFirst ? 1 : 0] }
  private var steps: Int { subject.input.shape[isTimeFirst ? 0 : 1] }

  func check(within tolerance: Double, sourceLocation: SourceLocation = #_sourceLocation) throws {
    var generator = Philox(seed: seed, stream: 2)
    var shapes: [[Int]] = [Array(subject.input.shape.dropLast()) + [layer.outputSize]]
    shapes += subject.state.names.map { subject.state[$0].shape }
    let cotangents = shapes.map { Tensor(normal: $0, using: &generator) }
    let (_, outputs, gradients) = valueAndGradient(of: subject) { subject in
      let (output, final) = subject.layer(subject.input, from: subject.state, lengths: lengths)
      let outputs = [output] + final.names.map { final[$0] }
      return (weightedSum(outputs, cotangents), outputs)
    }
    for _ in 0..<2 {
      var directions: [String: [Double]] = [:]
      for (name, value) in subject.parameters {
        directions[name] = Tensor(normal: value.shape, using: &generator).scalars.map(Double.init)
      }
      let expected = run(directions)
      var derivative = 0.0
      for (tensor, results) in zip(cotangents, expected) {
        for (a, b) in zip(tensor.scalars, results) { derivative += Double(a) * b.derivative }
      }
      var found = 0.0
      var scale = 1.0
      for name in gradients.names {
        for (g, d) in zip(gradients[name]?.scalars ?? [], directions[name] ?? []) {
          found += Double(g) * d
          scale = max(scale, abs(Double(g) * d))
        }
      }
      for (index, (tensor, results)) in zip(outputs, expected).enumerated() {
        expectClose(
          tensor.scalars, results.map { Float($0.value) }, within: Float(tolerance), floor: 1,
          "seed \(seed), result \(index)", sourceLocation: sourceLocation)
      }
      #expect(
        abs(found - derivative) <= tolerance * scale,
        "seed \(seed): derivative \(found), expected \(derivative), largest part \(scale)",
        sourceLocation: sourceLocation)
    }
  }

  /// The oracle's output and final states, in the layout of the layer's.
  private func run(_ directions: [String: [Double]]) -> [[Dual]] {
    func duals(_ name: String, _ value: Tensor) -> [Dual] {
      zip(value.scalars, directions[name] ?? []).map { Dual(Double($0), derivative: $1) }
    }
    let values = Dictionary(
      uniqueKeysWithValues: subject.parameters.map { ($0.name, duals($0.name, $0.value)) })
    let oracle = Oracle(
      layer.cell, parameters: layer.cell.parameters.map { values[$0.name + "_l0"] ?? [] })
    let input = values["input"] ?? []
    let (inputSize, outputSize) = (layer.inputSize, layer.outputSize)
    var output = [Dual](repeating: Dual(0), count: batch * steps * outputSize)
    var finals = subject.state.names.map { values[$0] ?? [] }
    for sample in 0..<batch {
      let length = lengths?[sample] ?? steps
      let times = layer.direction == .reverse ? Array((0..<length).reversed()) : Array(0..<length)
      func place(_ time: Int) -> Int {
        isTimeFirst ? time * batch + sample : sample * steps + time
      }
      let widths = layer.cell.states.map(\.width)
      let initial = zip(finals, widths).map { Array($0[sample * $1..<(sample + 1) * $1]) }
      let result = oracle.run(
        times.map { [Array(input[place($0) * inputSize..<(place($0) + 1) * inputSize])] },
        from: initial)
      for (time, row) in zip(times, result.outputs) {
        output.replaceSubrange(
          place(time) * outputSize..<(place(time) + 1) * outputSize, with: row)
      }
      for index in finals.indices {
        finals[index].replaceSubrange(
          sample * widths[index]..<(sample + 1) * widths[index], with: result.states[index])
      }
    }
    return [output] + finals
  }
}
