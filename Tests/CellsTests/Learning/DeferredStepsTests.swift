import TensorCore
import Testing

@testable import Cells

/// Windows of one step share the product with the influence matrix, and each has its exact gradient.
@Suite struct DeferredStepsTests {
  /// Float32 through 14 steps, sums in another order.
  static let tolerance: Float = 2e-4

  /// Large enough that several steps are deferred.
  private static func stream(_ name: String, batch: Int = 2, layers: Int = 1) throws -> Stream {
    Stream(
      try CellRegistry.standard.cell(named: name), steps: 14, batch: batch, inputSize: 6,
      hiddenSize: 16, layers: layers)
  }

  private static func steps(of cell: CellGraph, matrix: Int) -> DeferredSteps {
    DeferredSteps(
      DirectFactors(cell), of: cell, memorySize: DeferredSteps.memorySize(ofMatrix: matrix))
  }

  @Test(arguments: CellRegistry.standard.entries.map(\.name))
  func gradientsEqualBackpropagation(_ name: String) throws {
    let cell = try CellRegistry.standard.cell(named: name)
    let stream = Stream(
      cell, steps: 9, inputSize: 6,
      hiddenSize: cell.suitableHiddenSize(from: 12, inputSize: 6) ?? 12)
    let expected = stream.throughTime()
    for windows in [[1, 1, 1, 1, 1, 1, 1, 1, 1], [1, 1, 2, 1, 1, 1, 2]] {
      let found = stream.inWindows(windows, with: stream.memory(.rtrl))
      expectSame(found, expected, within: Self.tolerance, "\(name) in \(windows)")
    }
  }

  @Test(arguments: 0..<40)
  func gradientsOfEveryWellFormedCellEqualBackpropagation(_ seed: UInt64) {
    let stream = Stream(RandomCell(seed: seed), steps: 6, hiddenSize: 12, seed: seed)
    let found = stream.inWindows([1, 1, 1, 1, 1, 1], with: stream.memory(.rtrl))
    expectSame(found, stream.throughTime(), within: 4e-4, "seed \(seed)")
  }

  /// An LSTM of 32 units multiplies its influence matrix at every twelfth step.
  @Test func matrixIsAdvancedAfterSomeSteps() throws {
    let cell = CellGraph(LSTM(), inputSize: 32, hiddenSize: 32)
    #expect(Self.steps(of: cell, matrix: 65 * cell.parameterCount).capacity == 12)

    let stream = try Self.stream("lstm", batch: 1)
    let columns = stream.layer.cell.parameterCount + 32
    let capacity = Self.steps(of: stream.layer.cell, matrix: 33 * columns).capacity
    #expect(capacity > 3)
    let memory = stream.memory(.rtrl)
    for step in 0..<stream.steps {
      _ = stream.part(step..<step + 1).inWindows([1], with: memory)
      let deferred = try #require(memory.snapshot.tensors["deferred/0/0"]?.scalars)
      #expect(Int(deferred[0]) == (step + 1) % capacity, "step \(step)")
    }
  }

  /// Parameters whose rows have several factors, of their own or parts of those of a larger product.
  @Test(arguments: ["gru", "gru-before", "mgu", "clockwork", "rhn", "nas", "taugru"])
  func cellsWithSeveralFactorsAParameterAreDeferred(_ name: String) throws {
    let stream = try Self.stream(name, batch: 1)
    let memory = stream.memory(.rtrl)
    var most = 0
    for step in 0..<stream.steps {
      _ = stream.part(step..<step + 1).inWindows([1], with: memory)
      let deferred = try #require(memory.snapshot.tensors["deferred/0/0"]?.scalars)
      most = max(most, Int(deferred[0]))
    }
    #expect(most > 0)
  }

  /// Two parameters with the same gradient, and one whose gradient is computed from another one's.
  @Test(arguments: [1, 3]) func gradientsThatAreReadAgainAreWritten(_ gates: Int) {
    let stream = Stream(SharedGradients(gates: gates), steps: 6, hiddenSize: 12)
    let found = stream.inWindows([1, 1, 1, 1, 1, 1], with: stream.memory(.rtrl))
    expectSame(found, stream.throughTime(), within: Self.tolerance, "\(gates) gates")
  }

  /// The matrix is that of one window, which defers nothing.
  @Test(arguments: ["lstm", "gru"]) func matrixContainsDeferredSteps(_ name: String) throws {
    let stream = try Self.stream(name)
    for steps in [1, 3, 5] {
      let (found, expected) = (stream.memory(.rtrl), stream.memory(.rtrl))
      _ = stream.part(0..<steps).inWindows(Array(repeating: 1, count: steps), with: found)
      _ = stream.part(0..<steps).inWindows([steps], with: expected)
      for sample in 0..<2 {
        let matrix = try #require(found.influence(ofLayer: 0, sample: sample))
        #expect(matrix.shape[0] == stream.layer.cell.stateSize)
        expectClose(
          matrix.scalars, expected.influence(ofLayer: 0, sample: sample)?.scalars ?? [],
          within: Self.tolerance, floor: 1e-2, "\(name), \(steps) steps")
      }
    }
  }

  /// A snapshot holds the deferred steps, for a next window of any length.
  @Test(arguments: [[1, 1, 1, 1, 1], [3, 1, 1]])
  func snapshotsContinueWithTheSameBits(_ windows: [Int]) throws {
    let stream = try Self.stream("lstm", layers: 2)
    let first = stream.memory(.rtrl)
    _ = stream.part(0..<2).inWindows([1, 1], with: first)
    first.reset(samples: [1])
    _ = stream.part(2..<3).inWindows([1], with: first)
    let second = stream.memory(.rtrl)
    try second.restore(first.snapshot)
    let expected = stream.part(3..<8).inWindows(windows, with: first)
    let found = stream.part(3..<8).inWindows(windows, with: second)
    for (name, gradient) in expected {
      #expect(found[name]?.scalars == gradient.scalars, "\(name)")
    }
  }

  /// Files of earlier versions hold matrices to which nothing is to be added.
  @Test func snapshotsWithoutDeferredStepsAreRead() throws {
    let stream = try Self.stream("lstm", batch: 1)
    let memory = stream.memory(.rtrl)
    _ = stream.part(0..<4).inWindows([4], with: memory)
    var snapshot = memory.snapshot
    snapshot.tensors["deferred/0/0"] = nil
    let other = stream.memory(.rtrl)
    _ = stream.part(0..<3).inWindows([1, 1, 1], with: other)
    try other.restore(snapshot)
    let expected = stream.part(4..<6).inWindows([1, 1], with: memory)
    let found = stream.part(4..<6).inWindows([1, 1], with: other)
    for (name, gradient) in expected {
      #expect(found[name]?.scalars == gradient.scalars, "\(name)")
    }
  }

  /// A file may hold any number where the number of deferred steps should be.
  @Test(arguments: [-1, 1e30, Float.nan, Float.infinity])
  func numberOfStepsInASnapshotIsLimited(_ count: Float) throws {
    let stream = try Self.stream("lstm", batch: 1)
    let memory = stream.memory(.rtrl)
    var snapshot = memory.snapshot
    let deferred = try #require(snapshot.tensors["deferred/0/0"])
    snapshot.tensors["deferred/0/0"] = Tensor(
      [count] + deferred.scalars.dropFirst(), shape: deferred.shape)
    try memory.restore(snapshot)
    let gradients = stream.part(0..<2).inWindows([1, 1], with: memory)
    #expect(gradients.count == stream.parameters.count)
  }

  @Test func threadsMakeNoDifference() async {
    await #expect(processExitsWith: .success) {
      Stream(LSTM(), steps: 14, inputSize: 24, hiddenSize: 24).expectSameBitsOnThreads()
    }
  }
}

/// A cell with two matrices for each of its products.
private struct SharedGradients: RecurrentCell {
  var gates: Int

  func equations(_ cell: inout CellBuilder) {
    let (x, h) = (cell.input, cell.state("hidden"))
    var new = h
    for gate in 0..<gates {
      let fromX = cell.affine(x, "ih.\(gate)") + cell.affine(x, "jh.\(gate)")
      let fromH = cell.affine(h, "hh.\(gate)") + cell.affine(h, "gh.\(gate)")
      new = 0.5 * new + tanh(fromX + 0.5 * fromH) * sigmoid(new)
    }
    cell.update(h, to: new)
  }
}

/// The factors of gradients over one step.
@Suite struct DirectFactorsTests {
  /// The weights and the bias of the input, then those of the state.
  @Test func weightsAndBiasesOfGatesShareALeftFactor() {
    let factors = DirectFactors(CellGraph(LSTM(), inputSize: 3, hiddenSize: 5))
    #expect(factors.leftWidths == [20])
    #expect(factors.rightWidths == [3, 5])
    #expect(factors.pieces.map(\.left) == [0, 0, 0, 0])
    #expect(factors.pieces.map(\.right) == [0, nil, 1, nil])
    #expect(factors.pieces.map(\.columns) == [3, 1, 5, 1])
  }

  /// The recurrent weights of the new state have a left factor of their own, behind the reset gate.
  @Test func rowsOfAParameterHaveFactorsOfTheirOwn() {
    let factors = DirectFactors(CellGraph(GRU(), inputSize: 3, hiddenSize: 5))
    #expect(factors.leftWidths == [10, 5, 5])
    #expect(factors.rightWidths == [3, 5])
    #expect(factors.pieces.map(\.left) == [0, 1, 0, 1, 0, 2, 0, 2])
    #expect(factors.pieces.map(\.right) == [0, 0, nil, nil, 1, 1, nil, nil])
    #expect(
      factors.pieces.map(\.rows) == Array(repeating: [0..<10, 10..<15], count: 4).flatMap { $0 })
    #expect(factors.pieces.map(\.start) == [0, 30, 45, 55, 60, 110, 135, 145])
  }

  /// W - Wᵀ is computed of parameters, and its gradient of gathered values.
  @Test func otherGradientsAreFactorsOfTheirOwn() throws {
    let cell = CellGraph(
      try CellRegistry.standard.cell(named: "antisymmetric"), inputSize: 3, hiddenSize: 5)
    let factors = DirectFactors(cell)
    for (piece, parameter) in zip(factors.pieces, cell.parameters) {
      #expect(piece.rows.count * piece.columns == parameter.rows * parameter.columns)
    }
    #expect(factors.leftWidths.contains(25))
    #expect(factors.ofProducts.leftWidths.reduce(0, +) < factors.leftWidths.reduce(0, +))
  }
}
