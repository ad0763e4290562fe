import TensorCore
import Testing

private struct Line: Module {
  var slope = Tensor([2, 3])
  var offset = Tensor(1)
  var unused = Tensor(zeros: [2, 2])

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("slope", &slope)
    visitor.visit("offset", &offset)
    visitor.visit("unused", &unused)
  }

  func callAsFunction(_ x: Tensor) -> Tensor { slope * x + offset }
}

@Test func everyParameterHasAGradient() {
  let (value, gradients) = valueAndGradient(of: Line()) { $0(Tensor([5, 7])).sum() }
  #expect(value.scalar == 33)
  #expect(gradients.names == ["slope", "offset", "unused"])
  #expect(gradients["slope"]?.scalars == [5, 7])
  #expect(gradients["offset"]?.scalar == 2)
  #expect(gradients["unused"] == Tensor(zeros: [2, 2]))
  #expect(gradients["other"] == nil)
}

@Test func inputsHaveGradientsBesideTheParameters() {
  let (x, unused) = (Tensor([5, 7]), Tensor(zeros: [3]))
  let (value, gradients, inputGradients) = valueAndGradient(of: Line(), at: [x, unused]) {
    $0($1[0]).sum()
  }
  #expect(value.scalar == 33)
  #expect(gradients["slope"]?.scalars == [5, 7])
  #expect(inputGradients == [Tensor([2, 3]), unused])
}

@Test func normIsThatOfAllGradientsTogether() {
  let gradients = Gradients([("a", Tensor([3, 0])), ("b", Tensor([4]))])
  #expect(gradients.norm == 5)
  #expect(gradients.mapValues { $0 * 2 }.norm == 10)
}

@Test func lossOfConstantsHasZeroGradients() {
  let (value, gradients) = valueAndGradient(of: Line()) { _ in Tensor(4) }
  #expect(value.scalar == 4)
  #expect(gradients.values.allSatisfy { $0.scalars.allSatisfy { $0 == 0 } })
}

@Test func parameterUsedTwiceAddsUpItsGradients() {
  let (_, gradients) = valueAndGradient(of: [Tensor(3)]) { x in
    x[0] * x[0] * x[0] + x[0]
  }
  #expect(gradients[0].scalar == 28)
}

@Test func tensorsAreTrackedInsideTheClosureOnly() {
  let model = Line()
  var escaped = Tensor(0)
  let (value, result, gradients) = valueAndGradient(of: model) { model in
    #expect(model.slope.isTracked)
    let y = model(Tensor([1, 1]))
    #expect(y.isTracked)
    #expect(!y.detached().isTracked)
    #expect(!(Tensor(1) + Tensor(2)).isTracked)
    escaped = y
    return (y.sum(), y)
  }
  #expect(!model.slope.isTracked && !value.isTracked && !result.isTracked && !escaped.isTracked)
  #expect(gradients.values.allSatisfy { !$0.isTracked })
  // What escaped is a constant to later calls.
  let (_, later) = valueAndGradient(of: [Tensor(2)]) { ($0[0] * escaped).sum() }
  #expect(later[0].scalar == 7)
}

@Test func gradientsStopAtDetachedTensors() {
  let (_, gradients) = valueAndGradient(of: [Tensor(3)]) { $0[0] * $0[0].detached() }
  #expect(gradients[0].scalar == 3)
}

@Test func nestedCallsDoNotDisturbEachOther() {
  let (_, outer) = valueAndGradient(of: [Tensor(3)]) { x in
    let y = x[0] * x[0]
    let (_, inner) = valueAndGradient(of: [Tensor(5)]) { z in z[0] * z[0] }
    #expect(inner[0].scalar == 10)
    let ofDetached = valueAndGradient(of: [x[0].detached()]) { z in z[0] * z[0] * z[0] }
    #expect(ofDetached.gradients[0].scalar == 27)
    return y * inner[0]
  }
  #expect(outer[0].scalar == 60)
}

@Test func nestedCallWithTrackedInputsTreatsThemAsItsOwn() {
  let (_, outer) = valueAndGradient(of: [Tensor(3)]) { x in
    let (value, inner) = valueAndGradient(of: x) { z in z[0] * z[0] }
    #expect(value.scalar == 9 && inner[0].scalar == 6)
    return x[0] * inner[0]
  }
  #expect(outer[0].scalar == 6)
}

@Test func errorInTheClosureIsPassedOn() {
  struct Failure: Error {}
  var escaped = Tensor(0)
  #expect(throws: Failure.self) {
    _ = try valueAndGradient(of: [Tensor(1)]) { x in
      escaped = x[0] * 2
      throw Failure()
    }
  }
  #expect(!escaped.isTracked)
}

@Test func customOperationGetsACotangentForEachOutput() {
  func sumAndDifference(_ a: Tensor, _ b: Tensor) -> [Tensor] {
    let (a0, b0) = (a.detached(), b.detached())
    return Tensor.record([a0 + b0, a0 - b0], dependingOn: [a, b]) { cotangents in
      let (sum, difference) = (cotangents[0] ?? Tensor(0), cotangents[1] ?? Tensor(0))
      return [sum + difference, sum - difference]
    }
  }
  let inputs = [Tensor(2), Tensor(5)]
  let (_, both) = valueAndGradient(of: inputs) { x in
    let results = sumAndDifference(x[0], x[1])
    return results[0] * 3 + results[1] * 10
  }
  #expect(both.map(\.scalar) == [13, -7])
  let (_, one) = valueAndGradient(of: inputs) { sumAndDifference($0[0], $0[1])[1] }
  #expect(one.map(\.scalar) == [1, -1])
  #expect(sumAndDifference(inputs[0], inputs[1]).allSatisfy { !$0.isTracked })
}

@Test func backwardPassFreesWhatItNoLongerNeeds() {
  final class Witness: Sendable {}
  weak var witness: Witness?
  _ = valueAndGradient(of: [Tensor(1)]) { x in
    let kept = Witness()
    witness = kept
    return Tensor.record([Tensor(2)], dependingOn: x) { cotangents in
      withExtendedLifetime(kept) { cotangents }
    }[0]
  }
  #expect(witness == nil)
}

@Test func threadsMayRecordOnOneTape() async {
  let count = 64
  let tape = valueAndGradient(of: [Tensor(ones: [8])]) { x in
    let input = x[0]
    let parts = Guarded([Tensor](repeating: Tensor(0), count: count))
    ThreadTeam.run(parts: count) { part in
      let product = input * Float(part)
      parts.withLock { $0[part] = product }
    }
    return parts.withLock { $0 }.reduce(Tensor(0)) { $0 + $1 }.sum()
  }
  #expect(tape.gradients[0] == Tensor(full: [8], of: Float(count * (count - 1) / 2)))
}
