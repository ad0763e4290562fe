import Testing

@testable import Training

@Suite struct AxisTests {
  /// However far apart, a logarithmic axis holds its numbers and has a few ticks, powers of ten.
  @Test(arguments: [
    [1, 100], [0.02, 5], [1e-9, 1e9], [3e12, 4e15], [1e13, 1e13], [1e-300, 1e300],
    [.leastNonzeroMagnitude, 1],
    [2e305, 1e308],
  ])
  func aLogarithmicAxisHasTicks(_ values: [Double]) {
    let axis = Axis(values, isLogarithmic: true)
    #expect((2...14).contains(axis.ticks.count), "\(values): \(axis.ticks)")
    #expect(axis.ticks.allSatisfy { axis.low <= $0 && $0 <= axis.high && $0.isFinite })
    #expect(zip(axis.ticks, axis.ticks.dropFirst()).allSatisfy { $0 < $1 })
    for value in values {
      #expect((0...1).contains(axis.share(of: value)), "\(value) at \(axis.share(of: value))")
    }
    #expect(axis.share(of: axis.low) == 0 && axis.share(of: axis.high) == 1)
  }

  @Test func ticksArePowersOfTen() {
    #expect(Axis([0.02, 5], isLogarithmic: true).ticks == [0.01, 0.1, 1, 10])
    #expect(Axis([3e12, 4e15], isLogarithmic: true).ticks == [1e12, 1e13, 1e14, 1e15, 1e16])
  }
}
