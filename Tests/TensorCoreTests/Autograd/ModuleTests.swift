import TensorCore
import Testing

private struct Scale: Module {
  var weight: Tensor
  var bias: Tensor?

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("weight", &weight)
    visitor.visit("bias", &bias)
  }
}

private struct Model: Module {
  var embed = Scale(weight: Tensor(zeros: [2, 3]), bias: nil)
  var layers = [
    Scale(weight: Tensor(1), bias: Tensor(2)), Scale(weight: Tensor(3), bias: Tensor(4)),
  ]

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("embed", &embed)
    visitor.visit("layers", &layers)
    visitor.visit("", &layers[0].weight)
  }
}

private struct Tied: Module {
  var table = Tensor([1, 2])

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("embed.weight", &table)
    visitor.visit("fc.weight", &table)
  }
}

private struct Plain: Module {
  var outer = Scale(weight: Tensor([1, 2]), bias: Tensor(3))
  var inner = Scale(weight: Tensor([5, 6]), bias: nil)

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("", &outer)
    visitor.visit("inner", &inner)
  }
}

@Test func namesAreJoinedByDots() {
  #expect(
    Plain().parameters.map(\.name) == ["weight", "bias", "inner.weight"])
  #expect(
    Model().parameters.map(\.name).dropLast() == [
      "embed.weight", "layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias",
    ])
}

@Test func tiedParametersCountOnce() {
  #expect(Plain().parameterCount == 5)
  #expect(Tied().parameterCount == 2)
  #expect(Tied().parameters.map(\.name) == ["embed.weight", "fc.weight"])
}

@Test func tiedParametersShareOneGradient() {
  var model = Tied()
  let (_, gradients) = valueAndGradient(of: model) { ($0.table * $0.table).sum() }
  #expect(gradients.names == ["embed.weight"])
  #expect(gradients["fc.weight"]?.scalars == [2, 4])
  #expect(gradients.norm == Double(20).squareRoot())
  var visits = 0
  model.updateParameters(with: gradients) { _, parameter, gradient in
    visits += 1
    parameter -= gradient
  }
  #expect(visits == 1)
  #expect(model.table.scalars == [-1, -2])
}

@Test func parametersAreUpdatedInPlace() {
  var model = Plain()
  let before = ObjectIdentifier(model.outer.weight.storage)
  let (_, gradients) = valueAndGradient(of: model) { ($0.outer.weight * 3).sum() }
  model.updateParameters(with: gradients) { _, parameter, gradient in
    parameter.withUnsafeMutablePointer { p in
      gradient.withUnsafePointer { p[0] -= $0[0] }
    }
  }
  #expect(model.outer.weight.scalars == [-2, 2])
  #expect(ObjectIdentifier(model.outer.weight.storage) == before)
}

@Test func loadedParametersAreTheModelsOwn() throws {
  var model = Plain()
  var values = Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0.value * 10) })
  try model.load(values)
  #expect(model.inner.weight.scalars == [50, 60])
  values["inner.weight"] = Tensor([1, 2, 3])
  #expect(throws: ParameterMismatch.shape(name: "inner.weight", expected: [2], found: [3])) {
    try model.load(values)
  }
  values["inner.weight"] = nil
  #expect(throws: ParameterMismatch.missing(name: "inner.weight")) { try model.load(values) }
  values["inner.weight"] = Tensor([1, 2])
  values["more"] = Tensor(1)
  #expect(throws: ParameterMismatch.unexpected(name: "more")) { try model.load(values) }
  #expect(model.inner.weight.scalars == [50, 60])
}

@Test func aPrefixChoosesAPartOfTheTensors() throws {
  var layer = Plain().inner
  let values = ["rnn.weight": Tensor([7, 8]), "fc.weight": Tensor([9])]
  try layer.load(values, prefix: "rnn.")
  #expect(layer.weight.scalars == [7, 8])
  #expect(throws: ParameterMismatch.missing(name: "other.weight")) {
    try layer.load(values, prefix: "other.")
  }
}

@Test func loadingWhatIsAvailableReportsTheRest() throws {
  var model = Plain()
  let names = model.parameters.map(\.name)
  let report = try model.loadAvailable(
    [
      "net.inner.weight": Tensor([7, 8]), "net.more": Tensor(1), "other": Tensor(2),
    ], prefix: "net.")
  #expect(model.inner.weight.scalars == [7, 8])
  #expect(report.missing == names.filter { $0 != "inner.weight" }.map { "net." + $0 })
  #expect(report.unused == ["net.more"])
  let mismatch = ParameterMismatch.shape(name: "inner.weight", expected: [2], found: [1])
  #expect(throws: mismatch) {
    try model.loadAvailable(["inner.weight": Tensor([1]), "outer.weight": Tensor([5, 5])])
  }
  #expect(model.outer.weight.scalars == [1, 2])
}

@Test func modelInsideTheClosureIsACopy() {
  let model = Plain()
  _ = valueAndGradient(of: model) { $0.outer.weight.sum() }
  #expect(model.outer.weight.scalars == [1, 2])
}
