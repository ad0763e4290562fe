import Cells
import TensorCore
import Testing

/// A layer, a sequence and a loss, for comparing gradient engines.
struct Stream: Module {
  var layer: Recurrent
  var initial: RecurrentState
  let input: Tensor
  /// The loss is the sum of the outputs times these.
  let weights: Tensor

  init(
    _ cell: some RecurrentCell, steps: Int = 6, batch: Int = 2, inputSize: Int = 3,
    hiddenSize: Int = 4, layers: Int = 1, layout: Recurrent.Layout = .timeFirst, seed: UInt64 = 1
  ) {
    var generator = Philox(seed: seed, stream: 3)
    layer = Recurrent(
      cell, inputSize: inputSize, hiddenSize: hiddenSize, layers: layers, layout: layout,
      using: &generator)
    let leading = layout == .timeFirst ? [steps, batch] : [batch, steps]
    input = Tensor(normal: leading + [inputSize], using: &generator)
    weights = Tensor(normal: leading + [layer.outputSize], using: &generator)
    initial = layer.zeroState(batch: batch)
    for name in initial.names {
      initial[name] = 0.5 * Tensor(normal: initial[name].shape, using: &generator)
    }
  }

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("", &layer)
    for name in initial.names { visitor.visit("initial." + name, &initial[name]) }
  }

  var steps: Int { input.shape[timeAxis] }
  var batch: Int { input.shape[1 - timeAxis] }
  private var timeAxis: Int { layer.layout == .timeFirst ? 0 : 1 }

  /// Backpropagation through the whole sequence.
  func throughTime(lengths: [Int]? = nil) -> Gradients {
    valueAndGradient(of: self) { stream in
      (stream.layer(input, from: stream.initial, lengths: lengths).output * weights).sum()
    }.gradients
  }

  /// Expects that real-time learning step by step gives the same bits on any number of threads.
  func expectSameBitsOnThreads() {
    func bits() -> [String: [UInt32]] {
      inWindows(Array(repeating: 1, count: steps), with: memory(.rtrl))
        .mapValues { $0.scalars.map(\.bitPattern) }
    }
    ThreadTeam.count = 1
    let expected = bits()
    for threads in [2, 3] {
      ThreadTeam.count = threads
      #expect(bits() == expected, "\(threads) threads")
    }
  }

  /// The sum of the gradients of windows of the given lengths, one after the other.
  func inWindows(
    _ windows: [Int], with memory: RecurrentMemory, lengths: [Int]? = nil
  ) -> [String: Tensor] {
    var sum: [String: Tensor] = [:]
    var start = 0
    for count in windows {
      let range = start..<start + count
      let gradients = valueAndGradient(of: self) { stream in
        let output = stream.layer(
          input.slice(range, along: timeAxis), with: memory, startingFrom: stream.initial,
          lengths: lengths.map { $0.map { min(max($0 - range.lowerBound, 0), count) } })
        return (output * weights.slice(range, along: timeAxis)).sum()
      }.gradients
      for name in gradients.names {
        guard let gradient = gradients[name] else { continue }
        sum[name] = sum[name].map { $0 + gradient } ?? gradient
      }
      start += count
    }
    return sum
  }

  func memory(_ engine: GradientEngine) -> RecurrentMemory {
    // The engines of these tests suit every cell and size that they use.
    // swift-format-ignore: NeverUseForceTry
    try! RecurrentMemory(of: layer, engine: engine, batch: batch, learnsInitialState: true)
  }
}

/// A layer's sizes that suit a cell of the registry, as small as they can be.
func suitableSizes(_ cell: some RecurrentCell) -> (inputSize: Int, hiddenSize: Int) {
  (4, cell.suitableHiddenSize(from: 4, inputSize: 4) ?? 4)
}

/// Expects the same gradients of the same parameters.
func expectSame(
  _ found: [String: Tensor], _ expected: Gradients, within tolerance: Float, _ label: String = ""
) {
  for name in expected.names {
    expectClose(
      found[name]?.scalars ?? [], expected[name]?.scalars ?? [], within: tolerance, floor: 1e-2,
      "\(label) \(name)")
  }
}
