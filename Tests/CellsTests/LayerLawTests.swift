import Cells
import TensorCore
import Testing

/// What holds for every layer, whatever its weights: each law for the four classic cells, in each direction,
/// with and without lengths.
@Suite struct LayerLawTests {
  /// A configuration, and a layer and input made from it.
  struct Setting: Sendable, CustomTestStringConvertible {
    var name: String
    var cell: any RecurrentCell
    var direction: Recurrent.Direction
    var lengths: [Int]?

    var testDescription: String { "\(name), \(direction), lengths \(lengths ?? [])" }

    func layer(layers: Int = 2, layout: Recurrent.Layout = .timeFirst) -> Recurrent {
      var generator = Philox(seed: 3)
      return Recurrent(
        cell, inputSize: 5, hiddenSize: 7, layers: layers, direction: direction, layout: layout,
        using: &generator)
    }
  }

  static let cells: [(String, any RecurrentCell)] = [
    ("RNN", RNN()), ("LSTM", LSTM()), ("GRU", GRU()), ("GRU before", GRU(reset: .beforeProduct)),
  ]
  static let oneWay: [Setting] = settings([.forward, .reverse])
  static let all: [Setting] = settings([
    .forward, .reverse, .bidirectional(merge: .concatenate), .bidirectional(merge: .mean),
  ])
  static let (steps, batch) = (6, 3)
  static let input: Tensor = {
    var generator = Philox(seed: 4)
    return Tensor(normal: [steps, batch, 5], using: &generator)
  }()

  private static func settings(_ directions: [Recurrent.Direction]) -> [Setting] {
    cells.flatMap { name, cell in
      directions.flatMap { direction in
        [nil, [4, 6, 5]].map {
          Setting(name: name, cell: cell, direction: direction, lengths: $0)
        }
      }
    }
  }

  private func state(of layer: Recurrent, batch: Int = LayerLawTests.batch) -> RecurrentState {
    var generator = Philox(seed: 5)
    var state = layer.zeroState(batch: batch)
    for name in state.names { state[name] = Tensor(normal: state[name].shape, using: &generator) }
    return state
  }

  @Test(arguments: all) func noStateIsZeroState(_ setting: Setting) {
    let layer = setting.layer()
    let (output, state) = layer(Self.input, lengths: setting.lengths)
    let (other, otherState) = layer(
      Self.input, from: layer.zeroState(batch: Self.batch), lengths: setting.lengths)
    #expect(output.scalars == other.scalars)
    for name in state.names { #expect(state[name].scalars == otherState[name].scalars) }
  }

  /// N steps are k steps and then N - k steps from the state in between; the reverse direction goes through
  /// the later part first.
  @Test(arguments: oneWay) func carriedStateContinuesTheSequence(_ setting: Setting) {
    let layer = setting.layer()
    let (whole, last) = layer(Self.input, from: state(of: layer), lengths: setting.lengths)
    for k in 1..<4 {
      let isReverse = setting.direction == .reverse
      // One layer's reverse pass can be split; a stack of them sees the later part first in each layer.
      var parts = [
        (Self.input.slice(0..<k), setting.lengths.map { $0.map { min($0, k) } }),
        (Self.input.slice(k..<Self.steps), setting.lengths.map { $0.map { $0 - k } }),
      ]
      if isReverse { parts.reverse() }
      let (first, between) = layer(parts[0].0, from: state(of: layer), lengths: parts[0].1)
      let (second, end) = layer(parts[1].0, from: between, lengths: parts[1].1)
      let joined = concatenate(isReverse ? [second, first] : [first, second])
      #expect(joined.scalars == whole.scalars, "split after \(k)")
      for name in last.names { #expect(end[name].scalars == last[name].scalars) }
    }
  }

  @Test(arguments: all) func batchOfOneIsARowOfABatch(_ setting: Setting) {
    let layer = setting.layer()
    let start = state(of: layer)
    let (output, final) = layer(Self.input, from: start, lengths: setting.lengths)
    for row in 0..<Self.batch {
      var alone = start
      for name in start.names { alone[name] = start[name].slice(row..<row + 1, along: 1) }
      let (single, singleFinal) = layer(
        Self.input.slice(row..<row + 1, along: 1), from: alone,
        lengths: setting.lengths.map { [$0[row]] })
      #expect(single.scalars == output.slice(row..<row + 1, along: 1).scalars)
      for name in final.names {
        #expect(
          singleFinal[name].scalars == final[name].slice(row..<row + 1, along: 1).scalars)
      }
    }
  }

  /// A layer that reads backwards does to a reversed sequence what a forward layer does to the sequence.
  @Test(arguments: cells.indices) func reversedTwiceIsIdentity(_ index: Int) {
    let forward = Setting(name: "", cell: Self.cells[index].1, direction: .forward).layer()
    let reverse = Setting(name: "", cell: Self.cells[index].1, direction: .reverse).layer()
    let (output, final) = forward(Self.input)
    let (mirrored, mirroredFinal) = reverse(reversedInTime(Self.input))
    #expect(reversedInTime(mirrored).scalars == output.scalars)
    for name in final.names { #expect(final[name].scalars == mirroredFinal[name].scalars) }
  }

  @Test(arguments: all) func layoutsDifferOnlyInTheOrderOfAxes(_ setting: Setting) {
    let timeFirst = setting.layer()
    let batchFirst = setting.layer(layout: .batchFirst)
    let swapped = Self.input.transposed(1, 0, 2)
    let (output, final) = timeFirst(Self.input, lengths: setting.lengths)
    let (other, otherFinal) = batchFirst(swapped, lengths: setting.lengths)
    #expect(other.transposed(1, 0, 2).scalars == output.scalars)
    for name in final.names { #expect(final[name].scalars == otherFinal[name].scalars) }
  }

  /// Whatever stands past a sample's end changes neither its outputs, nor its state, nor any gradient.
  @Test(arguments: all.filter { $0.lengths != nil })
  func paddingChangesNothing(_ setting: Setting) throws {
    let lengths = try #require(setting.lengths)
    var scalars = Self.input.scalars
    for step in 0..<Self.steps {
      for row in 0..<Self.batch where step >= lengths[row] {
        for unit in 0..<5 { scalars[(step * Self.batch + row) * 5 + unit] = 1e3 }
      }
    }
    let layer = setting.layer()
    func gradients(_ x: Tensor) -> (Tensor, Gradients) {
      let (_, output, gradients) = valueAndGradient(of: layer) { layer in
        let (output, state) = layer(x, lengths: lengths)
        return ((output * output).sum() + state.hidden.sum(), output)
      }
      return (output, gradients)
    }
    let (output, expected) = gradients(Self.input)
    let (other, found) = gradients(Tensor(scalars, shape: Self.input.shape))
    #expect(other.scalars == output.scalars)
    for name in expected.names { #expect(found[name]?.scalars == expected[name]?.scalars) }
  }

  @Test(arguments: oneWay) func agreesWithTheOracle(_ setting: Setting) throws {
    let layer = setting.layer(layers: 1)
    let subject = LayerUnderTest(layer: layer, input: Self.input, state: state(of: layer))
    try OracleComparison(subject, lengths: setting.lengths, seed: 6).check(within: 2e-5)
  }

  private func reversedInTime(_ x: Tensor) -> Tensor {
    concatenate((0..<x.shape[0]).reversed().map { x.slice($0..<$0 + 1) })
  }
}
