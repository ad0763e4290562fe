import Datasets
import Testing

/// Parts of batches are those of the whole batches, in the same order.
@Suite struct PartialSampleEpochTests {
  /// Samples that can only be read in order, as those of a file.
  struct Stream: SampleSource {
    let samples: [Sample]
    let made = Counter()

    var count: Int? { nil }

    func samples(from place: inout SamplePlace, limit: Int) -> [Sample] {
      let range = place.index..<min(samples.count, place.index + limit)
      place.index = range.upperBound
      return Array(samples[range])
    }

    func deferredSamples(from place: inout SamplePlace, limit: Int) -> [DeferredSample] {
      let made = made
      return samples(from: &place, limit: limit).map { sample in
        DeferredSample {
          made.value += 1
          return sample
        }
      }
    }
  }

  /// A test counts with it in its one thread.
  final class Counter: @unchecked Sendable { var value = 0 }

  private static let samples: [Sample] = (0..<2_500).map { (number: Int) -> Sample in
    let tokens = (0...number % 5).map { (step: Int) -> Int32 in Int32((step + number) % 7) }
    return Sample(.tokens(tokens), .label(Int32(number % 3)))
  }

  private static func task(_ source: any SampleSource) -> TaskSamples {
    TaskSamples(
      input: .symbols(Vocabulary((0..<7).map { "\($0)" })),
      target: .label(Vocabulary(["a", "b", "c"])),
      training: source)
  }

  private static func halves(_ size: Int) -> [Range<Int>] { [0..<size / 2, size / 2..<size] }

  @Test(arguments: [true, false])
  func partsAreRowsOfWholeBatches(_ isIndexed: Bool) throws {
    let source: any SampleSource =
      isIndexed ? ArraySamples(Self.samples) : Stream(samples: Self.samples)
    let task = Self.task(source)
    var whole = try SampleEpoch(task, source, collator: PaddingCollator(batchSize: 48), seed: 5)
    var full = try PartialSampleEpoch(
      task, source, batchSize: 48, seed: 5, rows: { [0..<$0] })
    var halves = try PartialSampleEpoch(
      task, source, batchSize: 48, seed: 5, rows: Self.halves)
    var count = 0
    while let batch = try whole.next() {
      let found = try #require(try full.next())
      #expect(found.parts == [batch] && found.count == batch.count)
      let parts = try #require(try halves.next())
      #expect(parts.parts.map { $0?.count ?? 0 } == Self.halves(batch.count).map(\.count))
      count += 1
    }
    #expect(try full.next() == nil && halves.next() == nil)
    #expect(count == 53)
  }

  /// From any position, with or without the place of its pool, an epoch goes on as it would have.
  @Test(arguments: [true, false])
  func everyPositionIsGoneOnFrom(_ isIndexed: Bool) throws {
    let source: any SampleSource =
      isIndexed ? ArraySamples(Self.samples) : Stream(samples: Self.samples)
    let task = Self.task(source)
    func epoch(_ cursor: BatchCursor) throws -> PartialSampleEpoch {
      try PartialSampleEpoch(
        task, source, batchSize: 48, seed: 5, rows: Self.halves, from: cursor)
    }
    var epochAhead = try epoch(BatchCursor(epoch: 2))
    for _ in 0..<53 {
      let cursor = epochAhead.cursor
      let expected = try epochAhead.next()
      var again = try epoch(cursor)
      #expect(try again.next() == expected)
      var counted = try epoch(BatchCursor(epoch: 2, position: cursor.position))
      #expect(try counted.next() == expected)
    }
  }

  /// Of a stream only the rows that are asked for are made.
  @Test func onlyOwnRowsAreMade() throws {
    let source = Stream(samples: Self.samples)
    var epoch = try PartialSampleEpoch(
      Self.task(source), source, batchSize: 50, seed: 1, rows: { [0..<$0 / 5] })
    while try epoch.next() != nil {}
    #expect(source.made.value == Self.samples.count / 5)
  }
}
