import Testing

@testable import TensorCore

/// Rows of several steps, in as few blocks as have one stride at every place.
@Suite struct StepBlocksTests {
  private static let (steps, batch, width) = (5, 3, 2)

  /// A signal, time first; a state whose value before the first step is in other memory; a signal, batch first; a matrix.
  private let areas: AreaTable

  init() {
    let (steps, batch, width) = (Self.steps, Self.batch, Self.width)
    func memory(_ count: Int) -> Floats { Floats(Storage(repeating: 0, count: count)) }
    areas = AreaTable(count: 4)
    let signal = Area(
      memory(steps * batch * width), timeStride: batch * width, rowStride: width)
    areas.set(0, signal)
    var state = signal
    state.memory = state.memory + -state.timeStride
    (state.nextShift, state.otherStep, state.otherRowStride) = (1, 0, width)
    state.otherMemory = memory(batch * width)
    areas.set(1, state)
    areas.set(
      2, Area(memory(steps * batch * width), timeStride: width, rowStride: steps * width))
    var matrix = Area(memory(width * width), rowStride: width)
    matrix.isMatrix = true
    areas.set(3, matrix)
  }

  private let signal = Place(area: 0, columns: 2)
  private let before = Place(area: 1, slot: .previous, columns: 2)
  private let after = Place(area: 1, slot: .next, columns: 2)
  private let batchFirst = Place(area: 2, columns: 2)
  private let matrix = Place(area: 3, rows: 2, columns: 2)

  /// The blocks as texts: first step, first row and number of rows, marked if they are steps of one sample.
  private func blocks(
    _ steps: Range<Int>, _ samples: Range<Int>, _ places: Place...
  ) -> [String] {
    areas.blocks(steps, samples: samples, for: places).map {
      "\($0.step) \($0.row)+\($0.rows)\($0.alongTime ? " in time" : "")"
    }
  }

  @Test func rowsWithOneStrideAreOneBlock() {
    #expect(blocks(0..<5, 0..<3, signal, matrix) == ["0 0+15"])
    #expect(blocks(2..<4, 0..<3, signal, after) == ["2 0+6"])
    #expect(blocks(1..<5, 0..<3, signal, before) == ["1 0+12"])
  }

  @Test func aStepInOtherMemoryIsAlone() {
    #expect(blocks(0..<5, 0..<3, signal, before) == ["0 0+3", "1 0+12"])
    // The other memory has the value before the first step, which is the one after the step before it.
    #expect(blocks(-1..<2, 0..<3, after) == ["-1 0+3", "0 0+6"])
    #expect(blocks(-1..<2, 0..<3, before, after) == ["-1 0+3", "0 0+3", "1 0+3"])
  }

  @Test func stepsOfOtherLayoutsAreAlone() {
    #expect(blocks(1..<4, 0..<3, signal, batchFirst) == ["1 0+3", "2 0+3", "3 0+3"])
  }

  @Test func aSamplesStepsAreOneBlock() {
    #expect(blocks(0..<5, 1..<2, signal, batchFirst) == ["0 1+5 in time"])
    #expect(blocks(0..<5, 1..<2, before) == ["0 1+1", "1 1+4 in time"])
  }

  @Test func noStepsAreNoRows() {
    #expect(areas.blocks(2..<2, samples: 0..<3, for: [signal]).allSatisfy { $0.rows == 0 })
  }
}
