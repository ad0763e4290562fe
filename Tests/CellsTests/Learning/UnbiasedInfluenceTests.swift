import Cells
import TensorCore
import Testing

/// The mean of an unbiased estimate is what it estimates.
@Suite struct UnbiasedInfluenceTests {
  /// Over all patterns of signs, not a sample of them: 2 units, at the start and in each of 3 steps.
  @Test func meanOverAllSignsIsTheExactGradient() {
    let stream = Stream(RNN(), steps: 3, batch: 1, inputSize: 2, hiddenSize: 2)
    var mean: [String: Tensor] = [:]
    for pattern in 0..<256 {
      let memory = RecurrentMemory(
        of: stream.layer, engine: .uoro(seed: 0), batch: 1, learnsInitialState: true
      ) { draw in pattern >> (draw % 8) & 1 == 0 ? 1 : -1 }
      for (name, value) in stream.inWindows([1, 1, 1], with: memory) {
        let part = value * (1 / 256)
        mean[name] = mean[name].map { $0 + part } ?? part
      }
    }
    // The mean of 256 estimates in float32.
    expectSame(mean, stream.throughTime(), within: 1e-4)
  }

  /// One estimate is not exact, but repeats with its seed.
  @Test func estimatesRepeatWithTheirSeed() {
    let stream = Stream(LSTM())
    func gradient(_ seed: UInt64) -> [Float] {
      stream.inWindows([1, 2, 3], with: stream.memory(.uoro(seed: seed)))["weight_hh_l0"]?.scalars
        ?? []
    }
    #expect(gradient(1) == gradient(1))
    #expect(gradient(1) != gradient(2))
  }
}
