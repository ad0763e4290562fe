import Cells
import TensorCore
import Testing

/// Backpropagation engines: with checkpoints, and truncated.
@Suite struct TruncationTests {
  /// Float32 through six steps, sums in another order.
  static let tolerance: Float = 1e-5

  /// 32 samples are summed in blocks of 8 steps, of which the last has fewer.
  @Test(
    arguments: ["lstm", "gru", "antisymmetric", "rhn", "mingru"],
    [Recurrent.Layout.timeFirst, .batchFirst])
  func checkpointsChangeNoBitWithoutLengths(_ name: String, _ layout: Recurrent.Layout) throws {
    let cell = try CellRegistry.standard.cell(named: name)
    let stream = Stream(
      cell, steps: 38, batch: 32, inputSize: 5, hiddenSize: 5, layers: 2, layout: layout)
    let lengths = (0..<32).map { $0 + 7 }
    for lengths in [nil, lengths] {
      let expected = stream.throughTime(lengths: lengths)
      for count in [1, 8, 13, 24, 50] {
        let found = stream.inWindows(
          [38], with: stream.memory(.checkpointed(every: count)), lengths: lengths)
        for name in expected.names {
          let (found, expected) = (found[name]?.scalars ?? [], expected[name]?.scalars ?? [])
          // Sums over the steps that count have another order in segments.
          let isEqual =
            lengths == nil
            ? found == expected
            : found.count == expected.count
              && zip(found, expected).allSatisfy {
                abs($0 - $1) <= Self.tolerance * max(1, abs($1))
              }
          #expect(isEqual, "\(name), every \(count)")
        }
      }
    }
  }

  /// A sequence too large for the caches is computed step by step, where its short segments do part of
  /// the work for all steps at once.
  @Test(arguments: ["lstm", "gru", "rhn"])
  func largeSequencesGiveTheBitsOfTheirSegments(_ name: String) throws {
    let cell = try CellRegistry.standard.cell(named: name)
    let stream = Stream(cell, steps: 96, batch: 32, inputSize: 32, hiddenSize: 32, layers: 2)
    let expected = stream.throughTime()
    let found = stream.inWindows([96], with: stream.memory(.checkpointed(every: 8)))
    for name in expected.names {
      #expect(found[name]?.scalars == expected[name]?.scalars, "\(name)")
    }
  }

  /// With √T steps between checkpoints, about √T of the activations of all T steps are saved.
  @Test func checkpointsKeepAboutTheSquareRoot() {
    var kept: [Int] = []
    for (steps, interval) in [(256, 16), (1024, 32)] {
      let stream = Stream(LSTM(), steps: steps, batch: 16, hiddenSize: 16)
      var bytes: [Int] = []
      for engine in [GradientEngine.bptt, .checkpointed(every: interval)] {
        let memory = stream.memory(engine)
        _ = stream.inWindows([steps], with: memory)
        bytes.append(memory.mostBytesKept)
      }
      // The states between the segments are a third of what a step keeps, or less.
      #expect(Double(bytes[1]) < 1.5 * Double(bytes[0]) / Double(interval), "\(bytes)")
      kept.append(bytes[1])
    }
    // Four times the steps take about twice the memory.
    #expect(kept[1] < 5 * kept[0] / 2, "\(kept)")
  }

  /// A backward pass that reaches the start of the sequence is backpropagation through time.
  @Test(arguments: [1, 2, 3])
  func truncationBeyondTheStartIsBackpropagation(_ window: Int) {
    let stream = Stream(GRU(), layers: 2)
    let memory = stream.memory(.tbptt(every: window, through: 6))
    let windows = Array(repeating: window, count: 6 / window)
    expectSame(
      stream.inWindows(windows, with: memory), stream.throughTime(), within: Self.tolerance)
  }

  /// Each sample ends where its length says, and windows after its end leave it as it is.
  @Test(arguments: [1, 2, 3])
  func truncationRespectsLengths(_ window: Int) {
    let stream = Stream(LSTM(), batch: 3, layout: .batchFirst)
    let lengths = [6, 1, 4]
    let found = stream.inWindows(
      Array(repeating: window, count: 6 / window),
      with: stream.memory(.tbptt(every: window, through: 6)), lengths: lengths)
    expectSame(found, stream.throughTime(lengths: lengths), within: Self.tolerance)
  }

  /// One sample starts a new sequence while the backward pass of the other one continues.
  @Test func truncationResetsOneSample() {
    let stream = Stream(GRU())
    let memory = stream.memory(.tbptt(every: 1, through: 6))
    var found = stream.part(0..<2).inWindows([1, 1], with: memory)
    memory.reset(samples: [1])
    found.merge(stream.part(2..<6).inWindows([1, 1, 1, 1], with: memory)) { $0 + $1 }
    stream.expectSecondSampleIsReset(at: 2, found, within: Self.tolerance)
  }

  /// Only the earlier steps that the backward pass can reach are remembered.
  @Test func truncationForgets() {
    let stream = Stream(GRU(), steps: 30)
    let memory = stream.memory(.tbptt(every: 2, through: 6))
    _ = stream.inWindows(Array(repeating: 2, count: 15), with: memory)
    // Four steps of two samples of three units.
    #expect(memory.size == 4 * 2 * 3)
  }

  @Test func windowsThatDoNotFitAreRefused() {
    let layer = Stream(GRU()).layer
    for engine in [
      GradientEngine.tbptt(every: 4, through: 3), .tbptt(every: 0, through: 3),
      .checkpointed(every: 0),
    ] {
      #expect(throws: UnsuitableEngine.self) {
        try RecurrentMemory(of: layer, engine: engine, batch: 1)
      }
    }
  }

  /// The backward pass of each window's loss goes through the given number of steps, and no further.
  @Test func truncationEndsTheBackwardPass() {
    let stream = Stream(LSTM())
    let memory = stream.memory(.tbptt(every: 1, through: 3))
    let found = stream.inWindows([1, 1, 1, 1, 1, 1], with: memory)
    var expected: [String: Tensor] = [:]
    for step in 0..<6 {
      let start = max(0, step - 2)
      let gradients = valueAndGradient(of: stream) { stream in
        let before =
          start == 0
          ? stream.initial
          : stream.layer(stream.input.slice(0..<start), from: stream.initial).state.detached()
        let output = stream.layer(stream.input.slice(start..<step + 1), from: before).output
        return
          (output.slice(step - start..<step - start + 1)
          * stream.weights.slice(step..<step + 1)).sum()
      }.gradients
      for name in gradients.names {
        guard let gradient = gradients[name] else { continue }
        expected[name] = expected[name].map { $0 + gradient } ?? gradient
      }
    }
    for (name, gradient) in expected {
      expectClose(
        found[name]?.scalars ?? [], gradient.scalars, within: Self.tolerance, floor: 1e-2, name)
    }
  }

  /// Windows of plain backpropagation carry the state, and nothing else.
  @Test func windowsCarryTheState() {
    let stream = Stream(GRU())
    let memory = stream.memory(.bptt)
    _ = stream.layer(stream.input.slice(0..<4), with: memory, startingFrom: stream.initial)
    let (_, state) = stream.layer(stream.input.slice(0..<4), from: stream.initial)
    #expect(memory.state.hidden.scalars == state.hidden.scalars)
  }
}
