import Testing

import TensorCore

extension TeamTests {
  /// What is split over threads gives the bits that one thread gives.
  @Suite struct SharedWork {
    /// Runs `body` on one thread and on several, and compares all numbers.
    private static func expectSameBits(_ name: String, _ body: () -> [Tensor]) {
      ThreadTeam.count = 1
      let expected = body()
      for threads in [2, 3, 5] {
        ThreadTeam.count = threads
        for (index, (a, b)) in zip(expected, body()).enumerated() {
          let same = zip(a.scalars, b.scalars).allSatisfy { $0.bitPattern == $1.bitPattern }
          #expect(a.shape == b.shape && same, "\(name), result \(index) on \(threads) threads")
        }
      }
    }

    @Test func affineMapsAndTheirGradients() async {
      await #expect(processExitsWith: .success) {
        var generator = Philox(seed: 1)
        for (rows, inputs, outputs) in [(257, 67, 33), (31, 200, 129), (1120, 10, 28)] {
          let x = Tensor(normal: [rows, inputs], using: &generator)
          let weight = Tensor(normal: [outputs, inputs], using: &generator)
          let bias = Tensor(normal: [outputs], using: &generator)
          let targets = (0..<rows).map { Int32($0 % outputs) }
          TeamTests.SharedWork.expectSameBits("\(rows) x \(inputs) -> \(outputs)") {
            let (loss, gradients) = valueAndGradient(of: [x, weight, bias]) {
              crossEntropy(affine($0[0], weight: $0[1], bias: $0[2]), targets)
            }
            return [loss] + gradients
          }
        }
      }
    }

    @Test func affineMapsWithPackedWeights() {
      var generator = Philox(seed: 5)
      for (rows, inputs, outputs) in [(1, 128, 65), (4, 10, 3), (3, 300, 1001), (2, 64, 96)] {
        let x = Tensor(normal: [rows, inputs], using: &generator)
        var weight = Tensor(normal: [outputs, inputs], using: &generator)
        let bias = Tensor(normal: [outputs], using: &generator)
        let packed = PackedOnce()
        for _ in 0..<2 {
          TeamTests.SharedWork.expectSameBits("\(rows) x \(inputs) -> \(outputs)") {
            [affine(x, weight: weight, bias: bias)]
              + (0..<3).map { _ in affine(x, weight: weight, bias: bias, packed: packed) }
          }
          let plain = affine(x, weight: weight, bias: bias)
          #expect(affine(x, weight: weight, bias: bias, packed: packed).scalars == plain.scalars)
          // Another matrix in the same memory.
          weight.withUnsafeMutablePointer { $0[0] += 1 }
        }
      }
    }

    @Test(arguments: [Precision.high, .medium])
    func affineMapsOnTheMatrixUnit(precision: Precision) async {
      await #expect(processExitsWith: .success) { [precision = precision as Precision] in
        MatrixUnit.emulate()
        var generator = Philox(seed: 3)
        let x = Tensor(normal: [257, 67], using: &generator)
        let weight = Tensor(normal: [33, 67], using: &generator)
        let targets = (0..<257).map { Int32($0 % 33) }
        TeamTests.SharedWork.expectSameBits("\(precision)") {
          withPrecision(precision) {
            let (loss, gradients) = valueAndGradient(of: [x, weight]) {
              crossEntropy(affine($0[0], weight: $0[1]), targets)
            }
            return [loss] + gradients
          }
        }
      }
    }

    @Test func optimizers() async {
      await #expect(processExitsWith: .success) {
        var generator = Philox(seed: 2)
        let shape = [500_003]
        let (gradient, start) = (
          Tensor(normal: shape, using: &generator), Tensor(normal: shape, using: &generator)
        )
        TeamTests.SharedWork.expectSameBits("Adam") {
          var (parameter, moments) = (start, [Tensor(zeros: shape), Tensor(ones: shape)])
          adamStep(AdamSettings(), gradient: gradient, parameter: &parameter, moments: &moments)
          return [parameter] + moments
        }
        TeamTests.SharedWork.expectSameBits("SGD") {
          var (parameter, velocity) = (start, Tensor(ones: shape))
          sgdStep(
            learningRate: 0.1, momentum: 0.9, weightDecay: 0.01, nesterov: true, gradient: gradient,
            parameter: &parameter, velocity: &velocity)
          return [parameter, velocity]
        }
      }
    }

    @Test func rangesCoverEverythingOnce() async {
      await #expect(processExitsWith: .success) {
        ThreadTeam.count = 4
        for (count, unit) in [(0, 1), (1, 16), (17, 16), (100, 7), (64, 16)] {
          let seen = Guarded([Int](repeating: 0, count: count))
          ThreadTeam.split(count, unit: unit, work: 1 << 30) { range in
            seen.withLock { seen in for index in range { seen[index] += 1 } }
          }
          #expect(seen.withLock { $0.allSatisfy { $0 == 1 } }, "\(count) in units of \(unit)")
        }
      }
    }
  }
}
