import Checkpoint
import TensorCore
import Testing

private struct Dense: Module {
  var weight: Tensor
  var bias: Tensor
  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("weight", &weight)
    visitor.visit("bias", &bias)
  }
}

private struct Model: Module {
  var first = Dense(weight: Tensor(normals(6, seed: 1), shape: [2, 3]), bias: Tensor([1, 2]))
  var last = Dense(weight: Tensor(normals(4, seed: 2), shape: [2, 2]), bias: Tensor([3, 4]))
  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("first", &first)
    visitor.visit("last", &last)
  }

  var zeroed: Model {
    var model = self
    model.updateParameters { _, parameter in parameter = Tensor(zeros: parameter.shape) }
    return model
  }
  var numbers: [[Float]] { parameters.map(\.value.scalars) }
}

struct ModuleTests {
  private func reader(_ edit: (inout Checkpoint) -> Void = { _ in }) throws -> CheckpointReader {
    var checkpoint = Checkpoint()
    checkpoint.set(parametersOf: Model())
    checkpoint.set(StoredArray(UInt64(3)), .trainer, "step")
    edit(&checkpoint)
    return try CheckpointReader(bytes: checkpoint.encoded())
  }

  @Test func parametersComeBackUnderTheirNames() throws {
    var model = Model().zeroed
    try reader().load(&model)
    #expect(model.numbers == Model().numbers)
    #expect(try reader().tensor(.model, "first.weight").shape == [2, 3])
  }

  @Test func parametersCrossOverToSafetensors() throws {
    var (file, model) = (Safetensors(metadata: ["format": "pt"]), Model().zeroed)
    file.set(parametersOf: Model())
    try Safetensors(bytes: file.encoded()).load(&model)
    #expect(model.numbers == Model().numbers)
  }

  @Test func halfPrecisionWeightsAreConverted() throws {
    var model = Model()
    try reader {
      let pattern: [UInt8] = [0x80, 0x3F, 0, 0xC0]
      $0.set(
        StoredArray(elementType: .bfloat16, shape: [2], bytes: pattern), .model, "last.bias")
    }.load(&model)
    #expect(model.last.bias.scalars == [1, -2])
  }

  @Test func aCheckpointOfAnotherModelChangesNothing() throws {
    let (extra, bias) = (Checkpoint.Key(.model, "more"), Checkpoint.Key(.model, "last.bias"))
    let cases: [(CheckpointError.Problem, CheckpointReader)] = [
      (.missingTensor(bias), try reader { $0.remove(.model, "last.bias") }),
      (.unexpectedTensor(extra), try reader { $0.set(Tensor([1]), .model, "more") }),
      (
        .tensorShape(bias, expected: [2], found: [3]),
        try reader { $0.set(Tensor([1, 2, 3]), .model, "last.bias") }
      ),
      (
        .nonFiniteWeights(bias, index: 1),
        try reader { $0.set(Tensor([1, .nan]), .model, "last.bias") }
      ),
      (
        .entryKind(bias, expected: "a tensor", found: "bytes"),
        try reader { $0.set(bytes: [1, 2], .model, "last.bias") }
      ),
    ]
    for (problem, reader) in cases {
      var model = Model().zeroed
      let error = #expect(throws: CheckpointError.self) {
        try reader.load(&model, nonFinite: .refused)
      }
      #expect(error?.problem == problem)
      #expect(model.numbers == Model().zeroed.numbers)
    }
  }

  @Test func nonFiniteWeightsMayBeResumed() throws {
    var model = Model()
    try reader { $0.set(Tensor([1, .infinity]), .model, "last.bias") }.load(&model)
    #expect(model.last.bias.scalars == [1, .infinity])
  }

  @Test func scalarsAreReadAsWhatTheyAre() throws {
    let best = Double(bitPattern: 0x7FF8_0000_0000_0123)
    let reader = try reader { $0.set(StoredArray(best), .trainer, "best") }
    #expect(try reader.value(UInt64.self, .trainer, "step") == 3)
    let pattern = try reader.value(Double.self, .trainer, "best").bitPattern
    #expect(pattern == best.bitPattern)
    let wrongType = #expect(throws: CheckpointError.self) {
      try reader.value(Int64.self, .trainer, "step")
    }
    #expect(
      wrongType?.description == "bytes in memory: trainer/step: expected int64, found uint64")
    let missing = #expect(throws: CheckpointError.self) {
      try reader.value(Double.self, .trainer, "lr")
    }
    #expect(missing?.problem == .missingEntry(.init(.trainer, "lr")))
  }
}
