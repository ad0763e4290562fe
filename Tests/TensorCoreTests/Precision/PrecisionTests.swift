import TensorCore
import Testing

/// Products of tensors in the lower precisions, on a model of the matrix unit.
@Suite struct PrecisionTests {
  /// The norm of the difference, for each unit of the norm.
  private static func distance(_ a: Tensor, _ b: Tensor) -> Double {
    var (error, size) = (0.0, 0.0)
    for (x, y) in zip(a.scalars, b.scalars) {
      error += Double(x - y) * Double(x - y)
      size += Double(y) * Double(y)
    }
    return (error / size).squareRoot()
  }

  /// An affine map and a product of batches, with their gradients.
  private static func results(_ precision: Precision) -> [Tensor] {
    var generator = Philox(seed: 1)
    let x = Tensor(normal: [40, 70], using: &generator)
    let weight = Tensor(normal: [50, 70], using: &generator)
    let bias = Tensor(normal: [50], using: &generator)
    let other = Tensor(normal: [2, 50, 30], using: &generator)
    return withPrecision(precision) {
      let (loss, gradients) = valueAndGradient(of: [x, weight, bias, other]) { v in
        let y = affine(v[0], weight: v[1], bias: v[2])
        let z = matmul(y, v[3])
        return (z * z).sum() * 1e-4
      }
      return [loss, affine(x, weight: weight, bias: bias)] + gradients
    }
  }

  @Test(arguments: [(Precision.high, 2e-5), (.medium, 1e-2)])
  func productsAndGradientsAreAsNearAsTheNameSays(precision: Precision, bound: Double) async {
    await #expect(processExitsWith: .success) {
      [precision = precision as Precision, bound = bound as Double] in
      MatrixUnit.emulate()
      for (index, (found, expected)) in zip(
        PrecisionTests.results(precision), PrecisionTests.results(.highest)
      ).enumerated() {
        let distance = PrecisionTests.distance(found, expected)
        #expect(distance < bound, "result \(index)")
        // Errors cancel each other out in the loss, the sum of all.
        #expect(index == 0 || distance > bound * 1e-4, "result \(index) is float32's")
      }
    }
  }

  @Test func precisionHoldsInsideAndEndsOutside() {
    #expect(Precision.current == .highest)
    withPrecision(.medium) {
      #expect(Precision.current == .medium)
      withPrecision(.highest) { #expect(Precision.current == .highest) }
      #expect(Precision.current == .medium)
    }
    #expect(Precision.current == .highest)
  }

  @Test func tasksInheritThePrecision() async {
    let task = withPrecision(.high) { Task { Precision.current } }
    #expect(await task.value == .high)
  }

  @Test func lineSaysWhereItIsComputed() async {
    await #expect(processExitsWith: .success) {
      MatrixUnit.emulate()
      #expect(Precision.highest.line == "highest")
      #expect(Precision.high.line == "high, on emulated")
      #expect(Precision.medium.inUse == .medium)
    }
  }

  /// Packing a weight would take longer than multiplying so few rows by it.
  @Test func fewRowsStayInFloat32() async {
    await #expect(processExitsWith: .success) {
      MatrixUnit.emulate()
      var generator = Philox(seed: 3)
      let (x, weight) = (
        Tensor(normal: [4, 70], using: &generator), Tensor(normal: [50, 70], using: &generator)
      )
      let plain = affine(x, weight: weight)
      #expect(withPrecision(.medium) { affine(x, weight: weight) } == plain)
    }
  }
}
