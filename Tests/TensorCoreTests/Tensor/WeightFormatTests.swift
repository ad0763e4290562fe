import TensorCore
import Testing

private struct Layer: Module {
  var weight: Tensor
  var bias = Tensor([0.1, -0.2, 0.3])
  var table = Tensor([0.1, 0.2, 0.3], shape: [1, 3])

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("weight", &weight)
    visitor.visit("bias", &bias)
    visitor.visit("transitions", &table)
  }
}

@Suite struct WeightFormatTests {
  private static func numbers(_ shape: [Int]) -> Tensor {
    var generator = Philox(seed: 5)
    return Tensor(normal: shape, using: &generator)
  }

  private func encoded(_ weight: Tensor, _ format: WeightFormat) -> Layer {
    var layer = Layer(weight: weight)
    layer.encodeWeights(as: format)
    return layer
  }

  @Test func anInt8WeightIsOffByHalfAScaleAtMost() {
    let weight = Self.numbers([3, 41])
    let rounded = encoded(weight, .int8).weight
    for row in 0..<3 {
      let numbers = (0..<41).map { weight[row, $0] }
      let largest = numbers.map { abs($0) }.max() ?? 0
      for column in 0..<41 {
        let error = abs(rounded[row, column] - numbers[column])
        // The last bits of scale and product may be rounded too.
        #expect(error <= largest / 254 * 1.0001, "\(row), \(column): \(error) of \(largest)")
        if abs(numbers[column]) == largest { #expect(error <= largest * 0x1p-22) }
      }
    }
  }

  @Test func aBF16WeightIsTheNearestOne() {
    let weight = Self.numbers([2, 33])
    let rounded = encoded(weight, .bfloat16).weight
    for (exact, near) in zip(weight.scalars, rounded.scalars) {
      #expect(near.bitPattern & 0xFFFF == 0 && abs(near - exact) <= abs(exact) * 0x1p-8)
    }
  }

  @Test(arguments: [WeightFormat.int8, .bfloat16])
  func onlyMatricesOfWeightsAreRounded(_ format: WeightFormat) {
    let plain = Layer(weight: Self.numbers([3, 5]))
    let layer = encoded(plain.weight, format)
    #expect(layer.weightFormat == format && layer.weight.weightFormat == format)
    #expect(layer.bias == plain.bias && layer.table == plain.table)
    #expect(layer.table.weightFormat == .float32)
    #expect(layer.parameterCount == plain.parameterCount)
    var again = layer
    again.encodeWeights(as: format)
    #expect(again.weight.storage === layer.weight.storage)
    again.encodeWeights(as: .float32)
    #expect(again.weightFormat == .float32 && again.weight == layer.weight)
  }

  @Test func zerosStayZerosAndOneRowDoesNotTouchAnother() {
    let tiny = Float.leastNonzeroMagnitude
    let weight = Tensor([0, 0, 700 * tiny, -7 * tiny, 3e38, -1, 1, -2], shape: [4, 2])
    let rounded = encoded(weight, .int8).weight.scalars
    #expect(rounded[0...1] == [0, 0] && abs(rounded[6] - 1) <= 1.001 / 127 && rounded[7] == -2)
    #expect(abs(rounded[2] - 700 * tiny) <= 6 * tiny && rounded[5] == 0)
  }

  @Test func encodedWeightsAreCopiedWhenWrittenTo() {
    let layer = encoded(Self.numbers([3, 5]), .int8)
    var changed = layer.weight
    changed[1, 1] = 9
    #expect(changed.weightFormat == .float32 && changed[1, 1] == 9)
    #expect(layer.weight[1, 1] != 9 && layer.weight[0, 0] == changed[0, 0])
  }

  @Test func operationsTakeEncodedWeights() {
    let weight = Self.numbers([3, 8])
    let x = Self.numbers([2, 8])
    let layer = encoded(weight, .int8)
    var plain = layer
    plain.encodeWeights(as: .float32)
    #expect(layer.weight.gatheringRows([2, 0]) == plain.weight.gatheringRows([2, 0]))
    #expect((layer.weight * 2) == plain.weight * 2)
    #expect(
      affine(x, weight: layer.weight, bias: layer.bias)
        .isApproximatelyEqual(
          to: affine(x, weight: plain.weight, bias: plain.bias), absoluteTolerance: 1e-4))
  }
}
