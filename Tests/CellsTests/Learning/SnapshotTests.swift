import Cells
import TensorCore
import Testing

/// A memory that was saved and restored continues with the same bits.
@Suite struct SnapshotTests {
  static let engines: [GradientEngine] = [
    .bptt, .checkpointed(every: 2), .tbptt(every: 2, through: 4), .rtrl, .snap1, .uoro(seed: 5),
  ]

  @Test(arguments: engines, ["lstm", "mingru"])
  func memoryContinuesFromASnapshot(_ engine: GradientEngine, _ name: String) throws {
    let stream = Stream(try CellRegistry.standard.cell(named: name), steps: 10, layers: 2)
    let first = stream.memory(engine)
    _ = stream.part(0..<4).inWindows([2, 2], with: first)
    first.reset(samples: [1])
    _ = stream.part(4..<6).inWindows([2], with: first)
    let second = stream.memory(engine)
    try second.restore(first.snapshot)
    let expected = stream.part(6..<10).inWindows([2, 2], with: first)
    let found = stream.part(6..<10).inWindows([2, 2], with: second)
    for (name, gradient) in expected {
      #expect(found[name]?.scalars == gradient.scalars, "\(name)")
    }
    #expect(second.state.tensorsByName == first.state.tensorsByName)
  }

  @Test func otherMemoriesAreRefused() throws {
    let stream = Stream(LSTM())
    let snapshot = stream.memory(.rtrl).snapshot
    let wider = Stream(LSTM(), hiddenSize: 5).memory(.rtrl)
    #expect(throws: RecurrentMemory.SnapshotMismatch.self) { try wider.restore(snapshot) }
    #expect(throws: RecurrentMemory.SnapshotMismatch.self) {
      try Stream(LSTM(), batch: 3).memory(.rtrl).restore(snapshot)
    }
    #expect(throws: RecurrentMemory.SnapshotMismatch.self) {
      try stream.memory(.uoro(seed: 1)).restore(snapshot)
    }
    var broken = snapshot
    broken.tensors["influence/0/1"] = nil
    let error = #expect(throws: RecurrentMemory.SnapshotMismatch.self) {
      try stream.memory(.rtrl).restore(broken)
    }
    #expect("\(error.map { "\($0)" } ?? "")" == "influence/0/1: expected an array, found none")
  }
}

extension RecurrentState {
  fileprivate var tensorsByName: [String: [Float]] {
    Dictionary(uniqueKeysWithValues: names.map { ($0, self[$0].scalars) })
  }
}
