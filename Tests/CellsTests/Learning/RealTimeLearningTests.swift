import Cells
import TensorCore
import Testing

/// Real-time recurrent learning in float32 gives what backpropagation through the whole sequence gives.
@Suite struct RealTimeLearningTests {
  /// Float32 through six steps, sums in another order.
  static let tolerance: Float = 1e-4

  @Test(arguments: CellRegistry.standard.entries.map(\.name))
  func realTimeGradientEqualsBackpropagation(_ name: String) throws {
    let cell = try CellRegistry.standard.cell(named: name)
    let (inputSize, hiddenSize) = suitableSizes(cell)
    let stream = Stream(cell, inputSize: inputSize, hiddenSize: hiddenSize)
    let expected = stream.throughTime()
    for windows in [[6], [1, 1, 1, 1, 1, 1], [2, 4]] {
      let found = stream.inWindows(windows, with: stream.memory(.rtrl))
      expectSame(found, expected, within: Self.tolerance, "\(name) in \(windows)")
    }
  }

  @Test(arguments: 0..<100)
  func everyWellFormedCellLearnsInRealTime(_ seed: UInt64) {
    let stream = Stream(RandomCell(seed: seed), steps: 3, seed: seed)
    let found = stream.inWindows([1, 2], with: stream.memory(.rtrl))
    expectSame(found, stream.throughTime(), within: 4e-4, "seed \(seed)")
  }

  /// Steps leave memory for the next ones, which holds nothing of the weights that they had: the bits are those of a
  /// layer with the same weights that has taken no step.
  @Test(arguments: CellRegistry.standard.entries.map(\.name), [1, 2])
  func weightsMayChangeBetweenSteps(_ name: String, batch: Int) throws {
    let cell = try CellRegistry.standard.cell(named: name)
    let (inputSize, hiddenSize) = suitableSizes(cell)
    var stream = Stream(
      cell, steps: 3, batch: batch, inputSize: inputSize, hiddenSize: hiddenSize)
    let memory = stream.memory(.rtrl)
    for step in 0..<stream.steps {
      var fresh = Stream(
        cell, steps: 3, batch: batch, inputSize: inputSize, hiddenSize: hiddenSize)
      var weights = stream.parameters[...]
      fresh.updateParameters { _, parameter in
        if let next = weights.popFirst() { parameter = next.value }
      }
      let other = fresh.memory(.rtrl)
      try other.restore(memory.snapshot)
      let expected = fresh.part(step..<step + 1).inWindows([1], with: other)
      let found = stream.part(step..<step + 1).inWindows([1], with: memory)
      for (key, gradient) in expected {
        #expect(found[key]?.scalars == gradient.scalars, "\(key) in step \(step)")
      }
      stream.updateParameters { _, parameter in parameter = 0.9 * parameter }
    }
  }

  @Test func layoutMakesNoDifference() {
    let stream = Stream(LSTM(), layout: .batchFirst)
    let found = stream.inWindows([3, 3], with: stream.memory(.rtrl))
    expectSame(found, stream.throughTime(), within: Self.tolerance)
  }

  /// Steps past a sample's end leave its influence as it is.
  @Test func lengthsEndASample() {
    let stream = Stream(GRU(), batch: 3)
    let lengths = [6, 2, 4]
    let found = stream.inWindows([6], with: stream.memory(.rtrl), lengths: lengths)
    expectSame(found, stream.throughTime(lengths: lengths), within: Self.tolerance)
  }

  /// A sample that is reset learns nothing from the steps before, while the other sample continues.
  @Test func resetClearsOneSample() {
    let stream = Stream(LSTM())
    let memory = stream.memory(.rtrl)
    var found = stream.part(0..<2).inWindows([2], with: memory)
    memory.reset(samples: [1])
    found.merge(stream.part(2..<6).inWindows([1, 3], with: memory)) { $0 + $1 }

    stream.expectSecondSampleIsReset(at: 2, found, within: Self.tolerance)
  }

  /// A window without a loss is part of the past like any other.
  @Test func windowsWithoutLossAdvanceTheMemory() {
    let stream = Stream(LSTM())
    let memory = stream.memory(.rtrl)
    _ = stream.layer(stream.input.slice(0..<3), with: memory, startingFrom: stream.initial)
    let found = stream.part(3..<6).inWindows([3], with: memory)
    let expected = valueAndGradient(of: stream) { stream in
      let output = stream.layer(stream.input, from: stream.initial).output
      return (output * stream.weights).slice(3..<6).sum()
    }.gradients
    expectSame(found, expected, within: Self.tolerance)
  }

  @Test func memoryDoesNotGrowWithTheSequence() {
    let stream = Stream(RNN(), steps: 40)
    let memory = stream.memory(.rtrl)
    // 4 state units and the loss's row; 4 (3 + 4 + 2) parameters and 4 initial units; 3 matrices, each with a quarter
    // more and a number of 16 floats for deferred steps.
    let size = 3 * (5 * (36 + 4) * 5 / 4 + 16)
    #expect(memory.size == size)
    #expect(
      memory.size * 4
        == GradientEngine.rtrl.byteCount(
          for: stream.layer, batch: 2, learnsInitialState: true))
    for step in 0..<40 { _ = stream.part(step..<step + 1).inWindows([1], with: memory) }
    #expect(memory.size == size)
  }

  /// 1,024 state units and the loss, for each of two samples and the next one.
  @Test func tooLargeInfluenceMatricesAreRefused() throws {
    var generator = Philox(seed: 1)
    let layer = Recurrent(LSTM(), inputSize: 512, hiddenSize: 512, using: &generator)
    let parameters = 4 * 512 * (512 + 512 + 2)
    let matrix = 1025 * parameters
    let bytes = 4 * 3 * (matrix + matrix / 4 + 16)
    #expect(GradientEngine.rtrl.byteCount(for: layer, batch: 2) == bytes)
    #expect(throws: UnsuitableEngine.tooLarge(bytes: bytes, limit: 1 << 30)) {
      try RecurrentMemory(of: layer, engine: .rtrl, batch: 2)
    }
    #expect(throws: UnsuitableEngine.tooLarge(bytes: .max, limit: 1 << 30)) {
      try RecurrentMemory(of: layer, engine: .rtrl, batch: 1 << 40)
    }
    _ = try RecurrentMemory(of: layer, engine: .snap1, batch: 2)
  }

  @Test func onlyForwardLayersAreAccepted() {
    var generator = Philox(seed: 1)
    let layer = Recurrent(
      GRU(), inputSize: 2, hiddenSize: 2, direction: .reverse, using: &generator)
    #expect(throws: UnsuitableEngine.notForward) {
      try RecurrentMemory(of: layer, engine: .bptt, batch: 1)
    }
  }

  /// As the learning rate falls, learning after every step comes to what the batch gradient does, linearly.
  @Test func onlineUpdatesApproachTheBatchGradient() {
    let stream = Stream(GRU(), steps: 12, batch: 1)
    let gradient = stream.throughTime()
    func distance(_ rate: Float) -> Double {
      var learner = stream
      let memory = stream.memory(.rtrl)
      for step in 0..<stream.steps {
        let change = learner.part(step..<step + 1).inWindows([1], with: memory)
        learner.updateParameters { name, parameter in
          if let change = change[name] { parameter = parameter - rate * change }
        }
      }
      var sum = 0.0
      for ((name, old), (_, new)) in zip(stream.parameters, learner.parameters) {
        guard let expected = gradient[name] else { continue }
        for value in ((old - new) * (1 / rate) - expected).scalars {
          sum += Double(value) * Double(value)
        }
      }
      return sum.squareRoot()
    }
    let (coarse, fine) = (distance(4e-2), distance(2e-2))
    #expect(coarse > 0)
    #expect(abs(coarse / fine - 2) < 0.2, "\(coarse), then \(fine)")
  }
}

extension Stream {
  /// Expects the gradients of two samples of which the second is two sequences.
  func expectSecondSampleIsReset(
    at step: Int, _ found: [String: Tensor], within tolerance: Float
  ) {
    var expected: [String: Tensor] = [:]
    for (row, range) in [(0, 0..<steps), (1, 0..<step), (1, step..<steps)] {
      let alone = self.row(row).part(range).throughTime()
      for name in alone.names where !name.hasPrefix("initial") {
        guard let gradient = alone[name] else { continue }
        expected[name] = expected[name].map { $0 + gradient } ?? gradient
      }
    }
    for (name, gradient) in expected {
      expectClose(
        found[name]?.scalars ?? [], gradient.scalars, within: tolerance, floor: 1e-2, name)
    }
  }

  /// Some steps of it.
  func part(_ range: Range<Int>) -> Stream {
    Stream(
      layer: layer, initial: initial, input: input.slice(range), weights: weights.slice(range))
  }

  /// One sample of it.
  func row(_ row: Int) -> Stream {
    var alone = initial
    for name in alone.names { alone[name] = initial[name].slice(row..<row + 1, along: 1) }
    return Stream(
      layer: layer, initial: alone, input: input.slice(row..<row + 1, along: 1),
      weights: weights.slice(row..<row + 1, along: 1))
  }

  private init(layer: Recurrent, initial: RecurrentState, input: Tensor, weights: Tensor) {
    self.layer = layer
    self.initial = initial
    self.input = input
    self.weights = weights
  }
}
