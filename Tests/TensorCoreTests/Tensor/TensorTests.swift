import TensorCore
import Testing

@Test func tensorIsFilledAsItSays() {
  #expect(Tensor(zeros: [2, 2]).scalars == [0, 0, 0, 0])
  #expect(Tensor(ones: [3]).scalars == [1, 1, 1])
  #expect(Tensor(full: [2], of: -7).scalars == [-7, -7])
  #expect(Tensor(5).scalar == 5 && Tensor(5).rank == 0 && Tensor(5).count == 1)
  #expect(Tensor([1, 2, 3]).shape == [3])
  #expect(Tensor(zeros: [0, 4]).scalars.isEmpty)
}

@Test func elementsStandInRowMajorOrder() {
  var x = Tensor([0, 1, 2, 3, 4, 5], shape: [2, 3])
  #expect(x[1, 0] == 3 && x[0, 2] == 2)
  x[1, 1] = 10
  #expect(x.scalars == [0, 1, 2, 3, 10, 5])
}

@Test func writingToACopyLeavesTheOriginal() {
  let original = Tensor([1, 2, 3])
  var copy = original
  #expect(copy.storage === original.storage)
  copy[0] = 9
  #expect(original.scalars == [1, 2, 3])
  #expect(copy.scalars == [9, 2, 3])
  let storage = ObjectIdentifier(copy.storage)
  copy[1] = 8
  #expect(ObjectIdentifier(copy.storage) == storage)
}

@Test func equalityIsThatOfFloats() {
  #expect(Tensor([0, 1]) == Tensor([-0.0, 1]))
  #expect(Tensor([1, 2]) != Tensor([1, 2], shape: [2, 1]))
  #expect(Tensor([.nan]) != Tensor([.nan]))
  #expect(Tensor([1, 2]) != Tensor([1, 3]))
}

@Test func approximateEqualityIsRelativeToEachElement() {
  let x = Tensor([1, 1e-6, .infinity])
  #expect(x.isApproximatelyEqual(to: Tensor([1.0001, 1.0001e-6, .infinity])))
  #expect(!x.isApproximatelyEqual(to: Tensor([1, 2e-6, .infinity])))
  #expect(x.isApproximatelyEqual(to: Tensor([1, 2e-6, .infinity]), absoluteTolerance: 1e-5))
  #expect(!x.isApproximatelyEqual(to: Tensor([1, 1e-6, 1]), absoluteTolerance: 1e-5))
  #expect(!x.isApproximatelyEqual(to: x.reshaped(to: [3, 1])))
  #expect(!Tensor([.nan]).isApproximatelyEqual(to: Tensor([.nan]), absoluteTolerance: 1))
}
