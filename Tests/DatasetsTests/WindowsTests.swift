import Datasets
import Foundation
import Testing

@Suite struct WindowsTests {
  /// All small window shapes for which a law is checked, each with a number of tokens.
  static let cases: [(windows: Windows, count: Int)] =
    [Windows.Sampling.sequential, .random].flatMap { sampling in
      [
        (1, 1, 0, 2), (2, 3, 0, 7), (3, 4, 2, 100), (4, 5, nil, 233), (5, 1, nil, 40),
        (1, 8, nil, 65),
      ]
      .map { batch, length, offset, count in
        (
          Windows(sampling, batchSize: batch, sequenceLength: length, offset: offset),
          count
        )
      }
    }

  @Test(arguments: cases)
  func targetsAreTheInputsOnePlaceLater(windows: Windows, count: Int) throws {
    let tokens = (0..<Int32(count)).map { $0 }
    for number in 0..<5 {
      for batch in try WindowEpoch(tokens, windows: windows, seed: 7, number: number) {
        #expect(batch.inputs.count == windows.batchSize * windows.sequenceLength)
        #expect(batch.targets == batch.inputs.map { $0 + 1 })
        for row in 0..<batch.batchSize {
          let start = row * batch.sequenceLength
          let window = batch.inputs[start..<start + batch.sequenceLength]
          #expect(Array(window) == (0..<Int32(window.count)).map { window[start] + $0 })
        }
      }
    }
  }

  @Test(arguments: cases)
  func everyTokenIsInputAtMostOnceInAnEpochAndFewAreLeftOut(windows: Windows, count: Int) throws {
    let tokens = (0..<Int32(count)).map { $0 }
    let (rows, length) = (windows.batchSize, windows.sequenceLength)
    for number in 0..<5 {
      let epoch = try WindowEpoch(tokens, windows: windows, seed: 7, number: number)
      let inputs = epoch.flatMap(\.inputs)
      #expect(Set(inputs).count == inputs.count)
      #expect(inputs.allSatisfy { Int($0) >= epoch.offset })
      let leftOut = count - 1 - epoch.offset - inputs.count
      let bound = windows.sampling == .sequential ? rows * (length + 1) : rows * length + length
      #expect((0..<bound).contains(leftOut))
    }
  }

  @Test func sequentialRowsGoOnWhereTheBatchBeforeEnded() throws {
    let windows = Windows(.sequential, batchSize: 3, sequenceLength: 4, offset: 1)
    let tokens = (0..<Int32(62)).map { $0 }
    let epoch = try WindowEpoch(tokens, windows: windows, seed: 0, number: 0)
    #expect(epoch.count == 5)
    #expect(epoch[0].inputs == [1, 2, 3, 4, 21, 22, 23, 24, 41, 42, 43, 44])
    #expect(epoch[1].inputs == epoch[0].inputs.map { $0 + 4 })
    #expect(epoch.map(\.continuesPrevious) == [false, true, true, true, true])
  }

  @Test func randomWindowsComeInANewOrderEveryEpochAndNeverCarryState() throws {
    let windows = Windows(.random, batchSize: 4, sequenceLength: 5, offset: 0)
    let tokens = (0..<Int32(401)).map { $0 }
    let epochs = try (0..<3).map {
      try WindowEpoch(tokens, windows: windows, seed: 5, number: $0).map(\.inputs)
    }
    #expect(epochs[0] != epochs[1] && epochs[1] != epochs[2])
    #expect(Set(epochs[0].joined()) == Set(0..<400))
    #expect(Set(epochs[1].joined()) == Set(0..<400))
    let flags = try WindowEpoch(tokens, windows: windows, seed: 5, number: 0).map(
      \.continuesPrevious)
    #expect(!flags.contains(true))
  }

  @Test func drawnOffsetsCoverOneWindow() throws {
    let windows = Windows(.sequential, batchSize: 2, sequenceLength: 6)
    let tokens = (0..<Int32(100)).map { $0 }
    let offsets = try (0..<200).map {
      try WindowEpoch(tokens, windows: windows, seed: 1, number: $0).offset
    }
    #expect(Set(offsets) == Set(0..<6))
  }

  @Test(arguments: cases)
  func oneTokenTooFewIsAnErrorWithBothNumbers(windows: Windows, count: Int) throws {
    let enough = windows.minimumTokenCount
    let tokens = [Int32](repeating: 0, count: enough)
    for number in 0..<20 {
      #expect(try WindowEpoch(tokens, windows: windows, seed: 3, number: number).count > 0)
    }
    #expect(throws: DatasetError.tooShort(tokens: enough - 1, needed: enough)) {
      try WindowEpoch(Array(tokens.dropLast()), windows: windows, seed: 0, number: 0)
    }
  }

  @Test func shrinkingGivesTheMostRowsThatFit() {
    let windows = Windows(batchSize: 32, sequenceLength: 35, offset: 0)
    #expect(windows.shrunk(toFit: 10_000) == windows)
    #expect(windows.shrunk(toFit: 1_000)?.batchSize == 28)
    #expect(windows.shrunk(toFit: 1_000)?.minimumTokenCount == 981)
    #expect(windows.shrunk(toFit: 36)?.batchSize == 1)
    #expect(windows.shrunk(toFit: 35) == nil)
    #expect(windows.shrunk(toFit: 0) == nil)
  }

  @Test func impossibleWindowsAreNotDecoded() throws {
    let good = Windows(.random, batchSize: 2, sequenceLength: 3, offset: nil)
    let json = try JSONEncoder().encode(good)
    #expect(try JSONDecoder().decode(Windows.self, from: json) == good)
    for bad in [(0, 3, 0), (2, -1, 0), (2, 3, -1), (Int.max, 2, 0)] {
      let text =
        #"{"sampling":"random","batchSize":\#(bad.0),"sequenceLength":\#(bad.1),"offset":\#(bad.2)}"#
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode(Windows.self, from: Data(text.utf8))
      }
    }
  }
}
