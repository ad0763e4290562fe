import Cells
import TensorCore
import Testing

/// Traces in the parameters' own shape: exact for elementwise recurrences, SnAp-1 for the others.
@Suite struct UnitInfluenceTests {
  /// Float32 through six steps, sums in another order.
  static let tolerance: Float = 1e-4

  static let elementwise = CellRegistry.standard.entries.filter {
    let (inputSize, hiddenSize) = suitableSizes($0.cell)
    return CellGraph($0.cell, inputSize: inputSize, hiddenSize: hiddenSize)
      .hasElementwiseRecurrence
  }.map(\.name)

  @Test func elementwiseRecurrencesAreRecognised() {
    for name in ["indrnn", "mingru", "minlstm", "sru", "brc", "elstm", "qrnn"] {
      #expect(Self.elementwise.contains(name), "\(name)")
    }
    for name in ["rnn", "lstm", "gru", "mgu", "nbrc"] {
      #expect(!Self.elementwise.contains(name), "\(name)")
    }
  }

  @Test(arguments: elementwise)
  func snap1IsExactWhereTheRecurrenceIsElementwise(_ name: String) throws {
    let cell = try CellRegistry.standard.cell(named: name)
    let (inputSize, hiddenSize) = suitableSizes(cell)
    let stream = Stream(cell, inputSize: inputSize, hiddenSize: hiddenSize)
    let found = stream.inWindows([1, 2, 3], with: stream.memory(.snap1))
    expectSame(found, stream.throughTime(), within: Self.tolerance, name)
  }

  /// The estimate as it is defined, in double precision, for cells whose parameters act on one unit a step.
  @Test(arguments: ["rnn", "lstm", "gru", "ugrnn"])
  func snap1KeepsEachParametersOwnUnit(_ name: String) throws {
    let stream = Stream(try CellRegistry.standard.cell(named: name), batch: 1)
    let found = stream.inWindows([2, 4], with: stream.memory(.snap1))
    let cell = stream.layer.cell
    func doubles(_ tensor: Tensor) -> [Double] { tensor.scalars.map(Double.init) }
    func rows(_ tensor: Tensor, _ width: Int) -> [[Double]] {
      (0..<stream.steps).map { Array(doubles(tensor)[$0 * width..<($0 + 1) * width]) }
    }
    let parameters = stream.parameters.prefix(cell.parameters.count).map { doubles($0.value) }
    let oracle = Oracle(cell, parameters: parameters.map { $0.map { Dual($0) } })
    let (expected, _) = oracle.realTimeGradient(
      rows(stream.input, 3).map { [$0] },
      from: cell.states.map { doubles(stream.initial[$0.name]) },
      weights: rows(stream.weights, cell.outputSize), keepsToUnits: true)
    var rest = (expected.parameters + expected.initialStates)[...]
    for (name, value) in stream.parameters {
      let part = rest.prefix(value.count).map { Float($0) }
      rest = rest.dropFirst(value.count)
      expectClose(found[name]?.scalars ?? [], part, within: Self.tolerance, floor: 1e-2, name)
    }
  }

  @Test(arguments: 0..<100) func snap1IsDefinedForEveryCell(_ seed: UInt64) {
    let stream = Stream(RandomCell(seed: seed), steps: 3, seed: seed)
    let found = stream.inWindows([1, 2], with: stream.memory(.snap1))
    #expect(found.values.allSatisfy { $0.scalars.allSatisfy(\.isFinite) }, "seed \(seed)")
  }

  /// A trace for each sample, and two rows to work in: never S times P.
  @Test func tracesAreAsLargeAsTheParameters() throws {
    let stream = Stream(try CellRegistry.standard.cell(named: "mingru"), hiddenSize: 16)
    let memory = try RecurrentMemory(of: stream.layer, engine: .rtrl, batch: 2)
    let parameters = stream.layer.parameterCount
    #expect(memory.size == (2 + 2) * parameters)
    #expect(memory.size * 4 == GradientEngine.rtrl.byteCount(for: stream.layer, batch: 2))
  }

  /// The documented limit: of two layers the upper one's gradient is exact, the lower one's is not.
  @Test func onlyTheTopLayerOfAStackIsExact() throws {
    let stream = Stream(
      try CellRegistry.standard.cell(named: "mingru"), hiddenSize: 8, layers: 2)
    let expected = stream.throughTime()
    func errors(_ windows: [Int]) -> (lower: Double, upper: Double) {
      let found = stream.inWindows(windows, with: stream.memory(.rtrl))
      func error(_ suffix: String) -> Double {
        var (sum, scale) = (0.0, 0.0)
        for (name, _) in stream.layer.parameters where name.hasSuffix(suffix) {
          for (a, b) in zip(found[name]?.scalars ?? [], expected[name]?.scalars ?? []) {
            sum += Double((a - b) * (a - b))
            scale += Double(b * b)
          }
        }
        return (sum / scale).squareRoot()
      }
      return (error("l0"), error("l1"))
    }
    let steps = errors([1, 1, 1, 1, 1, 1])
    #expect(steps.upper < 1e-5)
    // The figure in the documentation.
    #expect(abs(steps.lower - 0.39) < 0.01, "relative error \(steps.lower)")
    // What a window sees is exact in every layer.
    let (halves, whole) = (errors([3, 3]), errors([6]))
    #expect(halves.lower < steps.lower)
    #expect(whole.lower < 1e-5)
  }

  /// Threads share the rows of this weight matrix, which are those of two gates.
  @Test func threadsMakeNoDifference() async {
    await #expect(processExitsWith: .success) {
      let cell = try CellRegistry.standard.cell(named: "mingru")
      Stream(cell, steps: 3, inputSize: 300, hiddenSize: 512).expectSameBitsOnThreads()
    }
  }
}
