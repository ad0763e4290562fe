import Testing

@testable import TensorCore

/// Rows of a matrix that a signal numbers, and sums by row, against loops over their elements.
@Suite struct PickedRowsTests {
  private static let (steps, batch, rows, width) = (3, 5, 7, 37)

  private static func random(_ count: Int, seed: UInt64) -> Storage {
    var generator = Philox(seed: seed)
    let storage = Storage(count: count)
    for index in 0..<count { storage[index] = Float.random(in: -1...1, using: &generator) }
    return storage
  }

  /// Numbers of rows, a matrix, and signals of the matrix' width; the signals batch first or time first.
  private struct Memory {
    let areas = AreaTable(count: 3)
    let numbers = Storage(count: steps * batch)
    let matrix = PickedRowsTests.random(rows * width, seed: 1)
    let signal = PickedRowsTests.random(steps * batch * width, seed: 2)
    let isBatchFirst: Bool

    init(isBatchFirst: Bool) {
      self.isBatchFirst = isBatchFirst
      for index in 0..<numbers.count { numbers[index] = Float(index * 5 % rows) }
      areas.set(0, area(numbers, 1))
      var own = Area(Floats(matrix), rowStride: width)
      own.isMatrix = true
      areas.set(1, own)
      areas.set(2, area(signal, width))
    }

    private func area(_ storage: Storage, _ width: Int) -> Area {
      isBatchFirst
        ? Area(Floats(storage), timeStride: width, rowStride: steps * width)
        : Area(Floats(storage), timeStride: batch * width, rowStride: width)
    }

    /// The place of a sample's step in a signal of one unit.
    func row(_ step: Int, _ sample: Int) -> Int {
      isBatchFirst ? sample * steps + step : step * batch + sample
    }
  }

  @Test(arguments: [false, true], [false, true])
  func rowsArePicked(isBatchFirst: Bool, accumulates: Bool) {
    let memory = Memory(isBatchFirst: isBatchFirst)
    let before = memory.signal
    var expected = (0..<before.count).map { before[$0] }
    for step in 0..<Self.steps {
      for row in 1..<4 {
        let place = memory.row(step, row)
        // Some units of the signal, from the matrix' columns 2 on.
        for unit in 0..<20 {
          let picked = memory.matrix[Int(memory.numbers[place]) * Self.width + 2 + unit]
          let target = place * Self.width + 11 + unit
          expected[target] = (accumulates ? expected[target] : 0) + picked
        }
      }
    }
    let sequence = StepSequence([
      .pickedRows(
        Place(area: 0, columns: 1), of: Place(area: 1, offset: 2, rows: Self.rows, columns: 20),
        accumulates: accumulates, into: Place(area: 2, offset: 11, columns: 20))
    ])
    sequence.run(
      memory.areas, PackedWeights([]), StepBlock(step: 0, row: 1, rows: 3), times: Self.steps,
      stride: 1)
    #expect((0..<expected.count).map { memory.signal[$0] } == expected)
  }

  @Test(arguments: [false, true], [false, true])
  func signalsAreSummedByRow(isBatchFirst: Bool, accumulates: Bool) {
    let memory = Memory(isBatchFirst: isBatchFirst)
    let columns = 3..<30
    var expected = (0..<memory.matrix.count).map { memory.matrix[$0] }
    if !accumulates {
      for row in 0..<Self.rows {
        for column in columns { expected[row * Self.width + column] = 0 }
      }
    }
    for step in 0..<Self.steps {
      for sample in 0..<Self.batch {
        let place = memory.row(step, sample)
        for column in columns {
          expected[Int(memory.numbers[place]) * Self.width + column] +=
            memory.signal[place * Self.width + column]
        }
      }
    }
    memory.areas.sumByRow(
      Place(area: 0, columns: 1), Place(area: 2, columns: Self.width),
      over: .several((0..<Self.steps).map { StepBlock(step: $0, rows: Self.batch) }),
      columns: columns,
      accumulate: accumulates, into: Place(area: 1, rows: Self.rows, columns: Self.width))
    #expect((0..<expected.count).map { memory.matrix[$0] } == expected)
  }
}
