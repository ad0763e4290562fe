import TensorCore

private struct Scale: Module {
  var factor = Tensor([1, 2, 3])

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("factor", &factor)
  }
}

private struct Matrix: Module {
  var weight = Tensor(ones: [2, 2])

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("weight", &weight)
  }
}

extension WrongCall {
  static let modules = [
    WrongCall("training of int8 weights", "weight", "int8", "cannot be trained") {
      var matrix = Matrix()
      matrix.encodeWeights(as: .int8)
      _ = valueAndGradient(of: matrix) { $0.weight.sum() }
    },
    WrongCall("loss of several elements", "one element", "[3]") {
      _ = valueAndGradient(of: Scale()) { $0.factor * 2 }
    },
    WrongCall("loss of several elements beside inputs", "one element", "[3]") {
      _ = valueAndGradient(of: Scale(), at: [Tensor(1)]) { $0.factor * $1[0] }
    },
    WrongCall("two tapes in one operation", "two valueAndGradient calls") {
      _ = valueAndGradient(of: Scale()) { outer in
        valueAndGradient(of: Scale()) { ($0.factor * outer.factor).sum() }.value
      }
    },
    WrongCall("write to a tracked tensor", "detached()") {
      _ = valueAndGradient(of: Scale()) { scale in
        var factor = scale.factor
        factor[0] = 1
        return factor.sum()
      }
    },
    WrongCall("two gradients of one name", "factor") {
      _ = Gradients([("factor", Tensor(1)), ("factor", Tensor(2))])
    },
    WrongCall("gradient of another shape", "[3]", "[2]") {
      _ = Gradients([("factor", Tensor(zeros: [3]))]).mapValues { _ in Tensor(zeros: [2]) }
    },
    WrongCall("parameter of another shape", "factor", "[3]", "[]") {
      var scale = Scale()
      scale.updateParameters { _, parameter in parameter = Tensor(1) }
    },
    WrongCall("no gradient for a parameter", "factor") {
      var scale = Scale()
      scale.updateParameters(with: Gradients([])) { _, _, _ in }
    },
    WrongCall("gradient that misfits its parameter", "factor", "[3]", "[]") {
      var scale = Scale()
      scale.updateParameters(with: Gradients([("factor", Tensor(1))])) { _, _, _ in }
    },
    WrongCall("load without a parameter", "factor") {
      var scale = Scale()
      try scale.load([:])
    },
    WrongCall("load with too much", "other") {
      var scale = Scale()
      try scale.load(["factor": Tensor([1, 2, 3]), "other": Tensor(1)])
    },
    WrongCall("load of another shape", "fc.factor", "[3]", "[2]") {
      var scale = Scale()
      try scale.load(["fc.factor": Tensor([1, 2])], prefix: "fc.")
    },
    WrongCall("load of what is available, of another shape", "factor", "[3]", "[2]") {
      var scale = Scale()
      _ = try scale.loadAvailable(["factor": Tensor([1, 2])])
    },
  ]
}
