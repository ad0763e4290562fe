import TensorCore
import Testing

/// Runs `body` in a process of its own, which must end with a message that holds all the texts.
private func expectFailure(
  _ result: ExitTest.Result?, naming texts: String...,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  for text in texts {
    #expect(
      message.contains(text), "the message lacks \(text)", sourceLocation: sourceLocation)
  }
}

@Test func misfittingSumNamesBothShapes() async {
  expectFailure(
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor(zeros: [2, 3]) + Tensor(zeros: [4, 5])
    }, naming: "[2, 3]", "[4, 5]")
}

@Test func misfittingProductNamesBothShapes() async {
  expectFailure(
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = matmul(Tensor(zeros: [2, 3]), Tensor(zeros: [4, 5]))
    }, naming: "[2, 3]", "[4, 5]")
  expectFailure(
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = affine(Tensor(zeros: [2, 3]), weight: Tensor(zeros: [4, 5]))
    }, naming: "[2, 3]", "[4, 5]")
}

@Test func misfittingConcatenationNamesBothShapes() async {
  expectFailure(
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = concatenate([Tensor(zeros: [2, 3]), Tensor(zeros: [4, 5])])
    }, naming: "[2, 3]", "[4, 5]")
}

@Test func misfittingReshapeNamesBothShapes() async {
  expectFailure(
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor(zeros: [2, 3]).reshaped(to: [4])
    }, naming: "[2, 3]", "[4]")
}

@Test func misfittingScalarsNameTheirNumber() async {
  expectFailure(
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([1, 2, 3], shape: [2, 2])
    }, naming: "3 scalars", "[2, 2]")
}

@Test func indexOutsideOfATableIsNamed() async {
  expectFailure(
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor(zeros: [4, 2]).gatheringRows([1, 4])
    }, naming: "4 is no row", "[4, 2]")
}

@Test func targetOutsideOfTheClassesIsNamed() async {
  expectFailure(
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(Tensor(zeros: [2, 3]), [0, 3])
    }, naming: "target 3", "[2, 3]")
}

@Test func lossMustBeAScalar() async {
  expectFailure(
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = valueAndGradient(of: [Tensor(zeros: [2, 3])]) { $0[0] * 2 }
    }, naming: "one element", "[2, 3]")
}

@Test func tensorsOfTwoTapesMustNotMeet() async {
  expectFailure(
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = valueAndGradient(of: [Tensor(1)]) { outer in
        valueAndGradient(of: [Tensor(2)]) { inner in inner[0] * outer[0] }.value
      }
    }, naming: "two valueAndGradient calls")
}

@Test func trackedTensorsCannotBeWrittenTo() async {
  expectFailure(
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = valueAndGradient(of: [Tensor([1, 2])]) { inputs in
        var x = inputs[0]
        x[0] = 3
        return x.sum()
      }
    }, naming: "detached()")
}

@Test func malformedProgramIsRefused() async {
  expectFailure(
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ElementwiseProgram([.store(3, operand: 0)], constants: [], operandCount: 1)
    }, naming: "not a program")
}

@Test func aDeclaredParameterHasNoNumbersToUse() async {
  expectFailure(
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor(parameter: [2, 3], .normal) + 1
    }, naming: "parameter of 6 numbers", "initialized or loaded")
}
