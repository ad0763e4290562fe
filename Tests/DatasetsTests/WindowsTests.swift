import Datasets
import Foundation
import Testing

@Suite struct WindowsTests {
  /// All small shapes for which a law is checked, with a count of tokens that they can cut.
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

  @Test(arguments: cases)
  func aStreamGoesOnFromAnyCursorToTheBit(windows: Windows, count: Int) throws {
    let tokens = (0..<Int32(count)).map { $0 * 3 % 11 }
    var whole = try WindowStream(tokens, windows: windows, seed: 99)
    var seen: [(cursor: Data, batch: TokenBatch)] = []
    for _ in 0..<30 {
      let cursor = try JSONEncoder().encode(whole.cursor)
      seen.append((cursor, whole.nextBatch()))
    }
    for start in [0, 1, 7, 29] {
      let cursor = try JSONDecoder().decode(WindowCursor.self, from: seen[start].cursor)
      var resumed = try WindowStream(tokens, windows: windows, resuming: cursor)
      for step in seen[start...] { #expect(resumed.nextBatch() == step.batch) }
      #expect(resumed.cursor == whole.cursor)
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

  @Test func aGeneratorGivesTheSeed() throws {
    let windows = Windows(.random, batchSize: 2, sequenceLength: 3)
    let tokens = (0..<Int32(100)).map { $0 }
    var generator = SplitMix64(seed: 1)
    var again = SplitMix64(seed: 1)
    var first = try WindowStream(tokens, windows: windows, using: &generator)
    var second = try WindowStream(tokens, windows: windows, using: &again)
    var third = try WindowStream(tokens, windows: windows, using: &again)
    #expect(first.cursor == second.cursor)
    #expect(first.nextBatch() == second.nextBatch())
    #expect(first.nextBatch() != third.nextBatch())
  }

  @Test(arguments: cases)
  func oneTokenTooFewIsAnErrorWithBothNumbers(windows: Windows, count: Int) throws {
    let enough = windows.minimumTokenCount
    let tokens = [Int32](repeating: 0, count: enough)
    for number in 0..<20 {
      #expect(try WindowEpoch(tokens, windows: windows, seed: 3, number: number).count > 0)
    }
    #expect(throws: DatasetError.tooShort(tokens: enough - 1, needed: enough)) {
      try WindowStream(Array(tokens.dropLast()), windows: windows, seed: 0)
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

  @Test func positionsThatDoNotFitAreRefused() throws {
    let windows = Windows(batchSize: 2, sequenceLength: 3, offset: 0)
    let tokens = [Int32](repeating: 1, count: 20)
    func resume(epoch: Int, position: Int, tokenCount: Int) throws {
      let cursor = WindowCursor(seed: 1, epoch: epoch, position: position, tokenCount: tokenCount)
      _ = try WindowStream(tokens, windows: windows, resuming: cursor)
    }
    try resume(epoch: 4, position: 2, tokenCount: 20)
    #expect(
      throws: DatasetError.cursorMismatch(what: "tokens", expected: "21", found: "20")
    ) { try resume(epoch: 0, position: 0, tokenCount: 21) }
    #expect(
      throws: DatasetError.cursorMismatch(what: "batch", expected: "0 to 2", found: "3")
    ) { try resume(epoch: 0, position: 3, tokenCount: 20) }
    #expect(throws: DatasetError.self) { try resume(epoch: -1, position: 0, tokenCount: 20) }
    #expect(throws: DatasetError.self) { try resume(epoch: 0, position: -1, tokenCount: 20) }
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
