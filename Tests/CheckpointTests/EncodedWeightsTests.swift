import Checkpoint
import TensorCore
import Testing

private struct Layer: Module {
  var weight = Tensor(normals(12 * 40, seed: 3), shape: [12, 40])
  var bias = Tensor(normals(12, seed: 4), shape: [12])

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("weight", &weight)
    visitor.visit("bias", &bias)
  }
}

/// Weights in 8 and 16 bits in a file.
@Suite struct EncodedWeightsTests {
  private static let scales = Checkpoint.Key(.scales, "weight")

  private func reader(
    _ format: WeightFormat = .int8, _ edit: (inout Checkpoint) -> Void = { _ in }
  ) throws -> CheckpointReader {
    var (layer, checkpoint) = (Layer(), Checkpoint())
    layer.encodeWeights(as: format)
    checkpoint.set(parametersOf: layer)
    edit(&checkpoint)
    return try CheckpointReader(bytes: checkpoint.encoded())
  }

  @Test(arguments: WeightFormat.allCases)
  func weightsComeBackInTheirFormat(_ format: WeightFormat) throws {
    var (expected, layer) = (Layer(), Layer())
    expected.encodeWeights(as: format)
    layer.updateParameters { _, parameter in parameter = Tensor(zeros: parameter.shape) }
    let reader = try reader(format)
    try reader.load(&layer, nonFinite: .refused)
    #expect(layer.weightFormat == format && reader.weightFormat == format)
    #expect(layer.weight == expected.weight && layer.bias == Layer().bias)
    let entry = try #require(reader.entries.first { $0.key.name == "weight" })
    #expect(entry.byteCount == 12 * 40 * format.bytesPerWeight)
    try reader.verify()
  }

  /// A reader that does not know scales refuses the file instead of reading integers as weights.
  @Test func scalesMustBeUnderstood() throws {
    for entry in try reader().entries {
      #expect(entry.isRequired == (entry.key == Self.scales))
    }
    let integers = try reader { $0.remove(.scales, "weight") }
    #expect(integers.weightFormat == .float32)
    let numbers = try integers.tensor(.model, "weight").scalars
    #expect(numbers.allSatisfy { $0 == $0.rounded() } && numbers.map(\.magnitude).max() == 127)
  }

  @Test func aTensorSetAgainLeavesNoScales() throws {
    let reader = try reader { $0.set(parametersOf: Layer()) }
    #expect(reader.weightFormat == .float32 && !reader.contains(.scales, "weight"))
    #expect(try reader.tensor(.model, "weight") == Layer().weight)
  }

  @Test func wrongScalesAreRefused() throws {
    func wrong(_ expected: String, _ found: String) -> CheckpointError.Problem {
      .scales(Self.scales, expected: expected, found: found)
    }
    func set(_ scales: StoredArray) throws -> CheckpointReader {
      try reader { $0.set(scales, .scales, "weight") }
    }
    let many = [Float](repeating: 0.5, count: 12)
    let range = "finite scales of at least 0"
    let cases: [(CheckpointError.Problem, CheckpointReader)] = [
      (wrong("float32 [12]", "float32 [3]"), try set(StoredArray([1, 2, 3] as [Float]))),
      (wrong("float32 [12]", "float32 [12, 1]"), try set(StoredArray(many, shape: [12, 1]))),
      (wrong("float32 [12]", "float64 [12]"), try set(StoredArray(many.map { Double($0) }))),
      (wrong(range, "-1.0"), try set(StoredArray([-1] + many.dropFirst()))),
      (wrong(range, "inf"), try set(StoredArray([.infinity] + many.dropFirst()))),
      (wrong(range, "nan"), try set(StoredArray([.nan] + many.dropFirst()))),
      (
        wrong("a matrix of int8", "float32 [12, 40]"),
        try reader { $0.set(StoredArray(Layer().weight), .model, "weight") }
      ),
      (
        .scales(.init(.scales, "more"), expected: "a matrix of this name", found: "none"),
        try reader { $0.set(StoredArray(many), .scales, "more") }
      ),
      (
        .nonFiniteWeights(.init(.model, "weight"), index: 40),
        try set(StoredArray([1, .greatestFiniteMagnitude] + many.dropFirst(2)))
      ),
    ]
    for (problem, reader) in cases {
      var layer = Layer()
      let error = #expect(throws: CheckpointError.self) {
        try reader.load(&layer, nonFinite: .refused)
      }
      #expect(error?.problem == problem)
      #expect(layer.weight == Layer().weight)
    }
  }

  @Test func onlyFloat32CanBeTrained() throws {
    try reader(.float32).requireTrainable()
    for format in [WeightFormat.int8, .bfloat16] {
      let reader = try reader(format)
      let error = #expect(throws: CheckpointError.self) { try reader.requireTrainable() }
      #expect(error?.problem == .notTrainable(format))
    }
  }
}
