import TensorCore

extension WrongCall {
  static let tensors = creation + shapes + operations + randomness

  private static var x: Tensor { Tensor(zeros: [2, 3]) }
  private static var y: Tensor { Tensor(zeros: [4, 5]) }

  private static let creation = [
    WrongCall("scalars of another number", "5", "[2, 3]", "6") {
      _ = Tensor([1, 2, 3, 4, 5], shape: [2, 3])
    },
    WrongCall("negative length", "[2, -3]") { _ = Tensor(zeros: [2, -3]) },
    WrongCall("more elements than can be counted", "[4611686018427387904, 4]") {
      _ = Tensor(zeros: [1 << 62, 4])
    },
    WrongCall("scalar of several elements", "[2, 3]") { _ = x.scalar },
    WrongCall("element by too few indices", "1", "[2, 3]") { _ = x[0] },
    WrongCall("element outside", "[0, 3]", "[2, 3]") { _ = x[0, 3] },
    WrongCall("write outside", "[2, 0]", "[2, 3]") {
      var x = Self.x
      x[2, 0] = 1
    },
    WrongCall("one-hot indices of another shape", "3", "[2, 2]") {
      _ = Tensor(oneHot: [0, 1, 2], shape: [2, 2], classes: 5)
    },
    WrongCall("one-hot class outside", "5", "4") { _ = Tensor(oneHot: [5], classes: 4) },
  ]

  private static let shapes = [
    WrongCall("reshape to another number", "[2, 3]", "[4, 2]") { _ = x.reshaped(to: [4, 2]) },
    WrongCall("reshape with an open axis", "[2, 3]", "[-1, 4]") { _ = x.reshaped(to: [-1, 4]) },
    WrongCall("squeeze a long axis", "[2, 3]", "axis 0") { _ = x.squeezingShape(at: 0) },
    WrongCall("expand beyond", "[2, 3]", "axis 4") { _ = x.expandingShape(at: 4) },
    WrongCall("broadcast to fewer", "[2, 3]", "[2, 1]") { _ = x.broadcast(to: [2, 1]) },
    WrongCall("sum along no axis", "[2, 3]", "axis 2") { _ = x.sum(along: 2) },
    WrongCall("sum along an axis twice", "[2, 3]", "[0, 0]") { _ = x.sum(along: 0, 0) },
    WrongCall("softmax along no axis", "[2, 3]", "axis -3") { _ = softmax(x, along: -3) },
    WrongCall("cumulative sum along no axis", "[2, 3]", "axis 5") {
      _ = x.cumulativeSum(along: 5)
    },
    WrongCall("transposition of too few axes", "[1]", "[2, 3]") { _ = x.transposed(1) },
    WrongCall("slice outside", "1..<9", "[2, 3]") { _ = x.slice(1..<9) },
    WrongCall("index outside", "5", "[2, 3]") { _ = x.at(5) },
    WrongCall("split into other lengths", "[1, 3]", "[2, 3]") { _ = x.split([1, 3]) },
    WrongCall("concatenation of nothing", "nothing to concatenate") { _ = concatenate([]) },
    WrongCall("concatenation of misfits", "[2, 3]", "[4, 5]") { _ = concatenate([x, y]) },
    WrongCall("stack of nothing", "nothing to stack") { _ = stack([]) },
    WrongCall("stack of misfits", "[2, 3]", "[4, 5]") { _ = stack([x, y]) },
  ]

  private static let operations = [
    WrongCall("sum of misfits", "[2, 3]", "[4, 5]") { _ = x + y },
    WrongCall("sum in place that grows", "[3]", "[2, 3]") {
      var a = Tensor(zeros: [3])
      a += x
    },
    WrongCall("product of misfits", "[2, 3]", "[4, 5]") { _ = matmul(x, y) },
    WrongCall("product with a vector", "[2, 3]", "[3]") { _ = matmul(x, Tensor(zeros: [3])) },
    WrongCall("product of batches that misfit", "[2, 2, 3]", "[3, 3, 4]") {
      _ = matmul(Tensor(zeros: [2, 2, 3]), Tensor(zeros: [3, 3, 4]))
    },
    WrongCall("affine map of a misfit", "[2, 3]", "[4, 5]") { _ = affine(x, weight: y) },
    WrongCall("affine map with a wrong bias", "[3]", "[4, 3]") {
      _ = affine(x, weight: Tensor(zeros: [4, 3]), bias: Tensor(zeros: [3]))
    },
    WrongCall("mask that misfits", "[4, 5]", "[2, 3]") { _ = select(where: y, x, else: x) },
    WrongCall("clamp between nothing", "2.0", "1.0") { _ = clamp(x, from: 2, to: 1) },
    WrongCall("largest of nothing", "[2, 0]") { _ = Tensor(zeros: [2, 0]).argmax() },
    WrongCall("maximum of nothing", "[2, 0]") { _ = Tensor(zeros: [2, 0]).max(along: 1) },
    WrongCall("row outside a table", "7", "[4, 5]") { _ = y.gatheringRows([0, 7]) },
    WrongCall("negative row", "-1", "[4, 5]") { _ = y.gatheringRows([-1]) },
    WrongCall("rows of a vector", "[3]") { _ = Tensor(zeros: [3]).gatheringRows([0]) },
    WrongCall("rows of another number", "2", "[3]") { _ = y.gatheringRows([0, 1], shape: [3]) },
    WrongCall("targets of another number", "3", "[2, 3]") { _ = crossEntropy(x, [0, 1, 2]) },
    WrongCall("target outside", "3", "[2, 3]") { _ = crossEntropy(x, [0, 3]) },
  ]

  private static let randomness = [
    WrongCall("program that stores what it has not", "not a program") {
      _ = ElementwiseProgram([.store(3, operand: 0)], constants: [], operandCount: 1)
    },
    WrongCall("use of a declared parameter", "parameter of 6 numbers", "initialized or loaded") {
      _ = Tensor(parameter: [2, 3], .normal) + 1
    },
    WrongCall("uniform between nothing", "2.0", "1.0") {
      var generator = Philox(seed: 1)
      _ = Tensor(uniform: [3], from: 2, to: 1, using: &generator)
    },
    WrongCall("uniform up to what is no number", "0.0", "nan") {
      var generator = Philox(seed: 1)
      _ = Tensor(uniform: [3], from: 0, to: .nan, using: &generator)
    },
    WrongCall("fan-in of 0", "0") {
      var generator = Philox(seed: 1)
      _ = Tensor(fanInUniform: [3], fanIn: 0, using: &generator)
    },
    WrongCall("Xavier for a vector", "[3]") {
      var generator = Philox(seed: 1)
      _ = Tensor(xavierUniform: [3], using: &generator)
    },
    WrongCall("orthogonal vector", "[3]") {
      var generator = Philox(seed: 1)
      _ = Tensor(orthogonal: [3], using: &generator)
    },
    WrongCall("no threads", "1 to 256", "0") { ThreadTeam.count = 0 },
    WrongCall("too many threads", "1 to 256", "300") { ThreadTeam.count = 300 },
  ]
}
