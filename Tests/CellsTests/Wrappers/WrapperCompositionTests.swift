import Cells
import TensorCore
import Testing

/// Whatever is put around whatever cell, the compiled plan computes what the equations say.
@Suite struct WrapperCompositionTests {
  /// Float32 through three layers, five steps and their derivatives.
  static let tolerance = 3e-4

  /// Stacks of every kind: wrappers, directions, merges, lengths and resets in any combination.
  @Test(arguments: 0..<6) func randomStacksAgreeWithTheOracle(_ block: Int) {
    var generator = Philox(seed: UInt64(block), stream: 21)
    let entries = CellRegistry.standard.entries
    var count = 0
    while count < (RandomCell.isDeep ? 25 : 8) {
      let entry = entries[Int.random(in: entries.indices, using: &generator)]
      let layers = Int.random(in: 1...3, using: &generator)
      let example = WrapperCase(
        entry, randomOptions(layers: layers, state: entry, using: &generator), layers: layers,
        direction: randomDirection(using: &generator), hasMarks: Bool.random(using: &generator),
        isLearning: Int.random(in: 0..<3, using: &generator) > 0, using: &generator)
      guard let example else { continue }
      example.check(within: Self.tolerance, using: &generator)
      count += 1
    }
  }

  /// Every cell takes every wrapper that it does not have itself, all of them at once; every second one with the masks
  /// of training.
  @Test(arguments: CellRegistry.standard.entries.indices)
  func everyCellTakesEveryWrapper(_ index: Int) throws {
    let entry = CellRegistry.standard.entries[index]
    var generator = Philox(seed: UInt64(index), stream: 22)
    let state = CellGraph(
      entry.cell, inputSize: 4,
      hiddenSize: try #require(
        entry.cell.suitableHiddenSize(from: 4, inputSize: 4))
    ).states[0].name
    var options = Recurrent.Options()
    options.connection = .highway
    options.learnsInitialState = true
    options.inputDropout = 0.3
    options.outputDropout = 0.3
    options.zoneout = [state: 0.3]
    let optional: [(inout Recurrent.Options) -> Void] = [
      { $0.normalizesProducts = true }, { $0.projectionSize = 3 }, { $0.recurrentDropout = 0.3 },
      { $0.weightDropout = 0.3 },
    ]
    for change in optional {
      var changed = options
      change(&changed)
      let suits = (3...9).contains {
        (try? changed.validate(for: entry.cell, inputSize: 4, hiddenSize: $0)) != nil
      }
      if suits { options = changed }
    }
    for isLearning in RandomCell.isDeep ? [false, true] : [index.isMultiple(of: 2)] {
      let example = try #require(
        WrapperCase(
          entry, options, layers: 1, direction: .forward, hasMarks: true, isLearning: isLearning,
          using: &generator))
      example.check(within: Self.tolerance, using: &generator)
    }
  }

  private func randomDirection(using generator: inout Philox) -> Recurrent.Direction {
    let merges: [Recurrent.Merge] = [.concatenate, .sum, .mean, .product]
    let all: [Recurrent.Direction] =
      [.forward, .forward, .reverse] + merges.map { .bidirectional(merge: $0) }
    return all[Int.random(in: all.indices, using: &generator)]
  }

  private func randomOptions(
    layers: Int, state entry: CellRegistry.Entry, using generator: inout Philox
  ) -> Recurrent.Options {
    var options = Recurrent.Options()
    func chance() -> Bool { Int.random(in: 0..<3, using: &generator) == 0 }
    func share() -> Float { chance() ? 0.4 : 0 }
    if chance() {
      options.layerSizes = (0..<layers).map { _ in Int.random(in: 3...6, using: &generator) }
    }
    let connections = Recurrent.Connection.allCases
    options.connection = connections[Int.random(in: connections.indices, using: &generator)]
    if options.connection == .plain, chance() { options.block = Recurrent.Block() }
    if chance() { options.projectionSize = Int.random(in: 2...5, using: &generator) }
    options.normalizesProducts = chance()
    options.learnsInitialState = chance()
    options.inputDropout = share()
    options.recurrentDropout = share()
    options.outputDropout = share()
    options.weightDropout = share()
    if chance(), let size = entry.cell.suitableHiddenSize(from: 4, inputSize: 4) {
      for state in CellGraph(entry.cell, inputSize: 4, hiddenSize: size).states where chance() {
        options.zoneout[state.name] = 0.4
      }
    }
    return options
  }
}
