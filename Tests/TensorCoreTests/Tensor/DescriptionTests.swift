import TensorCore
import Testing

@Test func matrixIsPrintedInColumns() {
  #expect(
    "\(Tensor([1, 2.5, -3, 4], shape: [2, 2]))" == """
      [[ 1.0,  2.5],
       [-3.0,  4.0]]
      """)
}

@Test func scalarIsPrintedAsANumber() {
  #expect("\(Tensor(0.1))" == "0.1")
  #expect("\(Tensor(-2))" == "-2.0")
}

@Test func decimalsAreTheNeededOnesUpToFour() {
  #expect("\(Tensor([0.5, 1 / 3, 100]))" == "[  0.5000,   0.3333, 100.0000]")
  #expect("\(Tensor([0.25, 1]))" == "[0.25, 1.00]")
  #expect("\(Tensor([0, -0.00001, 1]))" == "[0.0000, 0.0000, 1.0000]")
}

@Test func numbersFarApartArePrintedScientifically() {
  #expect("\(Tensor([1e-20, 3.5e10]))" == "[1.0000e-20, 3.5000e+10]")
  #expect("\(Tensor([9.99999e8, 1]))" == "[1.0000e+09, 1.0000e+00]")
}

@Test func infinitiesAndNaNsAreNamed() {
  #expect("\(Tensor([.nan, .infinity, -.infinity, 1]))" == "[ nan,  inf, -inf,  1.0]")
}

@Test func higherRanksAreSeparatedByEmptyLines() {
  #expect(
    "\(Tensor([1, 2, 3, 4], shape: [2, 1, 2]))" == """
      [[[1.0, 2.0]],

       [[3.0, 4.0]]]
      """)
}

@Test func longAxesShowTheirEnds() {
  let x = Tensor((0..<2000).map(Float.init), shape: [1000, 2])
  #expect(
    "\(x)" == """
      [[   0.0,    1.0],
       [   2.0,    3.0],
       [   4.0,    5.0],
       ...,
       [1994.0, 1995.0],
       [1996.0, 1997.0],
       [1998.0, 1999.0]]
      """)
}

@Test func emptyTensorShowsItsShape() {
  #expect("\(Tensor(zeros: [0, 3]))" == "[] of shape [0, 3]")
}
