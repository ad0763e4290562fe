import Testing

@testable import Cells
@testable import TensorCore

/// Steps that go through their matrices together leave in memory what they leave one after the other.
@Suite struct MatricesTogetherTests {
  private static let batch = 3

  /// Memory for every buffer of a schedule, the same for equal seeds.
  private struct Memory {
    var areas: AreaTable
    var storages: [Storage] = []

    init(_ schedule: Schedule, _ parameters: [CellGraph.Parameter], seed: UInt64) {
      var generator = Philox(seed: seed)
      areas = AreaTable(count: schedule.buffers.count)
      for (number, buffer) in schedule.buffers.enumerated() {
        var rows = MatricesTogetherTests.batch
        var (isMatrix, isState) = (false, false)
        switch buffer.kind {
        case .parameter(let index):
          rows = max(1, parameters[index].shape.reduce(1, *) / max(1, buffer.width))
          isMatrix = true
        case .prepared(let own), .value(let own): (rows, isMatrix) = (own, true)
        case .table(let index):
          rows = max(1, schedule.tables[index].count / max(1, buffer.width))
          isMatrix = true
        case .gathered: (rows, isMatrix) = (64, true)
        case .state: (rows, isState) = (2 * MatricesTogetherTests.batch, true)
        case .sequence, .output, .everyStep, .oneStep: break
        }
        let storage = Storage(count: rows * buffer.width)
        for index in 0..<storage.count {
          storage[index] = Float.random(in: 0.1..<1, using: &generator)
        }
        var area = Area(Floats(storage), rowStride: buffer.width)
        area.isMatrix = isMatrix
        if isState {
          (area.timeStride, area.stepMask, area.nextShift) = (
            MatricesTogetherTests.batch * buffer.width, 1, 1
          )
        }
        areas.set(number, area)
        storages.append(storage)
      }
    }

    var bits: [[UInt32]] {
      storages.map { storage in (0..<storage.count).map { storage[$0].bitPattern } }
    }
  }

  private func check(
    _ steps: [Step], _ schedule: Schedule, _ parameters: [CellGraph.Parameter], _ name: String
  ) -> Int {
    let block = StepBlock(step: 0, rows: Self.batch)
    let weights = PackedWeights([])
    let alone = Memory(schedule, parameters, seed: 5)
    StepSequence(steps).run(alone.areas, weights, block)
    let other = Memory(schedule, parameters, seed: 5)
    let ordered = steps.withMatricesTogether { $0 }
    StepSequence(ordered) { $0 }.run(other.areas, weights, block)
    #expect(ordered.count == steps.count, "\(name)")
    #expect(alone.bits == other.bits, "\(name)")
    return ordered.indices.map { ordered.together(from: $0) { $0 } }.max() ?? 1
  }

  @Test(arguments: RecomputationTests.cells.indices)
  func memoryIsTheSameToTheBit(_ index: Int) throws {
    let cell = RecomputationTests.cells[index]
    let graph = CellGraph(cell, inputSize: 8, hiddenSize: 48)
    let plan = Plan(graph, learns: true)
    for schedule in [plan.forward, try #require(plan.backward?.schedule)] {
      let loops = schedule.earlier.map(\.loop) + [schedule.loop]
      var most = 1
      for loop in loops {
        let hasProducts = loop.contains { if case .product = $0 { true } else { false } }
        if hasProducts { continue }
        most = max(most, check(loop, schedule, graph.parameters, "\(cell)"))
      }
      // An update and a read, forwards; a cotangent and what is read from it, backwards.
      if cell is GLA || cell is GatedDeltaNet { #expect(most > 1, "\(cell)") }
    }
  }

  /// What a sum gives is read by nothing that goes through the matrices with it.
  @Test func aReadOfThePreviousMatrixEndsAGroup() {
    let tile = Step.Tile(tiles: 1, rows: 32, columns: 32)
    let whole = { Place(area: $0, columns: 1024) }
    let part = { Place(area: $0, columns: 32) }
    var writer = ProgramWriter()
    let sum = writer.apply(.multiply, [writer.load(0), writer.load(1)])
    writer.store(sum, to: 2)
    func update(_ from: Int, _ row: Int, _ to: Int) -> Step {
      var program = Step.Program(
        writer.program(operands: 3), [whole(from), part(row), whole(to)], width: 1024,
        matrixRows: 0)
      program.tile = tile
      program.strides = [
        .init(tile: 1024, row: 32, column: 1), .init(tile: 32, row: 1, column: 0),
        .init(tile: 1024, row: 32, column: 1),
      ]
      return .program(program)
    }
    let read = Step.weightedRows(whole(2), part(1), tile, into: part(3))
    #expect([update(0, 1, 2), read].together(from: 0) { $0 } == 2)
    #expect([update(0, 1, 2), read, update(2, 3, 4)].together(from: 0) { $0 } == 2)
    #expect([update(0, 1, 2), read, update(2, 1, 4)].together(from: 0) { $0 } == 3)
    // A part of a matrix that another step writes.
    let shifted = Step.weightedRows(
      Place(area: 2, offset: 32, columns: 1024), part(1), tile, into: part(3))
    #expect([update(0, 1, 2), shifted].together(from: 0) { $0 } == 1)
  }
}
