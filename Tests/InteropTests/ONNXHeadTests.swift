import Cells
import Checkpoint
import Datasets
import FileCore
import Interop
import Models
import TensorCore
import Testing

/// Exported models of every head give what the head stands for.
@Suite struct ONNXHeadTests {
  /// A graph and the same model compute in another order.
  private static let tolerance: Float = 1e-5

  private static let columns = [Column("a", offset: 4, scale: 2), Column("b")]
  private static let numbers = ValueKind.features(columns)
  private static let tags = ValueKind.symbols(Vocabulary(["x", "y", "z"]))

  /// A model, its outputs for two samples, and those of its graph.
  private func outputs(
    _ head: OutputHead, of target: ValueKind, _ alignment: Alignment = .inStep
  ) throws -> (reader: SequenceReader, own: Tensor, graph: ExactDictionary<StoredArray>) {
    var model = ModelConfiguration(cell: try CellRegistry.standard.cell(named: "gru"))
    model.hiddenSize = 3
    model.head = head
    let interface = SequenceInterface(input: Self.numbers, target: target, alignment: alignment)
    try model.validate(for: interface)
    var generator = Philox(seed: 4)
    let network = SequenceNetwork(model, interface, using: &generator)
    guard case .reader(let reader) = network else {
      throw OtherReading(expected: "a sequence in step is read")
    }
    let x = Tensor(normal: [5, 2, 2], using: &generator)
    let samples = (0..<2).map { row -> Sample in
      let steps = (0..<5).flatMap { x.at($0).at(row).scalars }
      return Sample(.features(FeatureSequence(steps, width: 2)), .tokens([]))
    }
    let own = reader(SampleBatch(padding: samples).input)
    var session = GraphSession(try GraphModel(SavedSequenceModel(network, interface).onnx()))
    let input = ["input": StoredArray(x.transposed(1, 0, 2))] as ExactDictionary<StoredArray>
    return (reader, own.transposed(1, 0, 2), try session.run(input))
  }

  private func expect(_ found: StoredArray?, equals expected: Tensor) throws {
    let found = try #require(found).tensor
    #expect(found.shape == expected.shape)
    for (a, b) in zip(found.scalars, expected.scalars) {
      #expect(abs(a - b) <= Self.tolerance * max(1, abs(b)))
    }
  }

  @Test func transcribersGiveLogitsWithTheBlankLast() throws {
    let (_, own, graph) = try outputs(.plain, of: Self.tags, .ordered)
    #expect(own.shape == [2, 5, 4])
    try expect(graph["output"], equals: own)
  }

  @Test func fieldsGiveTheScoresOfTagsAndPairs() throws {
    let (reader, own, graph) = try outputs(.chain, of: Self.tags)
    try expect(graph["output"], equals: own)
    guard case .chain(let field) = reader.reading else {
      throw OtherReading(expected: "a field is a chain")
    }
    try expect(graph["transitions"], equals: field.transitions)
    try expect(graph["start_transitions"], equals: field.start)
    try expect(graph["end_transitions"], equals: field.end)
  }

  @Test func quantilesAreThoseOfEachNumber() throws {
    let (_, own, graph) = try outputs(.quantiles([0.1, 0.5, 0.9]), of: Self.numbers)
    #expect(own.shape == [2, 5, 6])
    try expect(graph["output"], equals: own)
  }

  @Test(arguments: Likelihood.allCases)
  func distributionsAreTheirParameters(_ likelihood: Likelihood) throws {
    let (reader, own, graph) = try outputs(.likelihood(likelihood), of: Self.numbers)
    guard case .numbers(let head) = reader.reading else {
      throw OtherReading(expected: "a likelihood is of numbers")
    }
    var expected: [Float] = []
    for (index, forecast) in head.forecasts(own).enumerated() {
      guard case .distribution(let distribution) = forecast else { continue }
      let column = Self.columns[index % 2]
      func scaled(_ place: Double) -> Float { column.scaled(place) }
      func width(_ width: Double) -> Float { Float(width / column.scale) }
      switch distribution {
      case .gaussian(let mean, let deviation): expected += [scaled(mean), width(deviation)]
      case .student(let location, let scale, let freedom):
        expected += [scaled(location), width(scale), Float(freedom)]
      case .negativeBinomial(let mean, let dispersion):
        expected += [Float(mean), Float(dispersion)]
      }
    }
    try expect(graph["output"], equals: Tensor(expected, shape: own.shape))
  }
}

/// A network that reads its inputs in another way than the test is about.
private struct OtherReading: Error {
  let expected: String
}
