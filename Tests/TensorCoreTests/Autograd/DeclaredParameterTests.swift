import TensorCore
import Testing

/// Two declared parameters, the first of them tied, and one that has its numbers.
private struct Declared: Module {
  var table = Tensor(parameter: [3, 2], .normal)
  var scale = Tensor([7, 8])
  var weight = Tensor(parameter: [4], .uniform(fanIn: 9))

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("embed", &table)
    visitor.visit("scale", &scale)
    visitor.visit("weight", &weight)
    visitor.visit("tied", &table)
  }
}

/// A module states its parameters before it has their numbers.
@Suite struct DeclaredParameterTests {
  @Test func parametersAreSampledOnceInVisitingOrder() {
    var model = Declared()
    var generator = Philox(seed: 5)
    model.initialize(using: &generator)
    var same = Philox(seed: 5)
    #expect(model.table.scalars == Tensor(normal: [3, 2], using: &same).scalars)
    #expect(model.scale.scalars == [7, 8])
    #expect(
      model.weight.scalars == Tensor(fanInUniform: [4], fanIn: 9, using: &same).scalars)
    #expect(generator.next() == same.next())
    #expect(model.parameters.allSatisfy { !$0.value.isDeclared })
    let first = model.table.scalars
    model.initialize(using: &generator)
    #expect(model.table.scalars == first)
  }

  @Test func shapesTakeNoMemory() {
    let parameter = Tensor(parameter: [1 << 30, 1 << 30], .normal)
    #expect(parameter.count == 1 << 60 && parameter.isDeclared)
    #expect(parameter.description == "a declared parameter of shape [1073741824, 1073741824]")
  }

  @Test func loadingChecksShapesAndReplacesAll() throws {
    var model = Declared()
    var values = ["scale": Tensor([1, 2]), "weight": Tensor([1, 2, 3, 4])]
    values["embed"] = Tensor(zeros: [3, 2])
    values["tied"] = Tensor(zeros: [2, 3])
    #expect(throws: ParameterMismatch.shape(name: "tied", expected: [3, 2], found: [2, 3])) {
      try model.load(values)
    }
    #expect(model.weight.isDeclared)
    values["tied"] = Tensor(zeros: [3, 2])
    try model.load(values)
    #expect(model.weight.scalars == [1, 2, 3, 4])
  }
}
