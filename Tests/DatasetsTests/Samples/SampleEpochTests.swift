import Datasets
import Foundation
import Synchronization
import Testing

@Suite struct SampleEpochTests {
  /// Samples of different lengths whose class is their index.
  static func numbered(_ count: Int) -> [Sample] {
    (0..<count).map { index in
      Sample(.tokens([Int32](repeating: 1, count: 1 + index * 7 % 13)), .label(Int32(index)))
    }
  }

  static func task(_ count: Int, streamed: Bool = false) -> TaskSamples {
    let samples = ArraySamples(numbered(count))
    return TaskSamples(
      input: .symbols(Vocabulary(["a", "b"])),
      target: .label(Vocabulary((0..<count).map(String.init))),
      training: streamed ? Streamed(base: samples) as any SampleSource : samples)
  }

  /// The batches from a cursor to the end of the epoch, each with its cursor.
  static func batches(
    _ task: TaskSamples, _ collator: any Collator, seed: UInt64,
    from cursor: BatchCursor = BatchCursor()
  ) throws -> [(cursor: BatchCursor, batch: SampleBatch)] {
    var epoch = try SampleEpoch(task, task.training, collator: collator, seed: seed, from: cursor)
    var batches: [(cursor: BatchCursor, batch: SampleBatch)] = []
    while true {
      let place = epoch.cursor
      guard let batch = try epoch.next() else { return batches }
      batches.append((place, batch))
    }
  }

  static func labels(_ batch: SampleBatch) -> [Int32] {
    if case .labels(let labels) = batch.target { labels } else { [] }
  }

  @Test(arguments: [false, true], [1, 4])
  func everyEpochHasEachSampleOnceInANewOrder(streamed: Bool, buckets: Int) throws {
    let task = Self.task(103, streamed: streamed)
    let collator = PaddingCollator(batchSize: 10, bucketPool: buckets)
    #expect(collator.batchCount(of: 103) == 11)
    var epochs: [[Int32]] = []
    for epoch in 0..<3 {
      let batches = try Self.batches(task, collator, seed: 5, from: BatchCursor(epoch: epoch))
      #expect(batches.count == 11)
      let labels = batches.flatMap { Self.labels($0.batch) }
      #expect(labels.sorted() == Array(0..<103))
      epochs.append(labels)
    }
    #expect(Set(epochs).count == 3)
  }

  @Test(arguments: [false, true], [1, 3])
  func aSavedPlaceGoesOnAsIfItHadNeverStopped(streamed: Bool, buckets: Int) throws {
    let task = Self.task(2_500, streamed: streamed)
    let collator = PaddingCollator(batchSize: 100, bucketPool: buckets)
    for epoch in 0..<2 {
      let whole = try Self.batches(task, collator, seed: 8, from: BatchCursor(epoch: epoch))
      #expect(whole.count == 25)
      for (position, element) in whole.enumerated() {
        #expect(element.cursor.epoch == epoch && element.cursor.position == position)
        let saved = try JSONEncoder().encode(element.cursor)
        let cursor = try JSONDecoder().decode(BatchCursor.self, from: saved)
        // A file without pools has only the position.
        for cursor in [cursor, BatchCursor(epoch: epoch, position: position)] {
          var again = try SampleEpoch(
            task, task.training, collator: collator, seed: 8, from: cursor)
          #expect(again.cursor == element.cursor)
          #expect(try again.next() == element.batch)
        }
      }
    }
  }

  /// Resuming seeks directly: no sample before the cursor's pool is read.
  @Test func onlyTheSavedPoolIsRead() throws {
    let source = CountedSamples(Self.numbered(5_000))
    var task = Self.task(5_000)
    task.training = source
    let collator = PaddingCollator(batchSize: 8)
    let last = try #require(Self.batches(task, collator, seed: 3).last)
    source.reads.withLock { $0 = 0 }
    var again = try SampleEpoch(task, source, collator: collator, seed: 3, from: last.cursor)
    #expect(try again.next() == last.batch)
    #expect(source.reads.withLock { $0 } <= SampleEpoch.shufflePool)
  }

  @Test func bucketsPutEqualLengthsSideBySide() throws {
    func padding(_ buckets: Int) throws -> Int {
      let collator = PaddingCollator(batchSize: 16, bucketPool: buckets)
      return try Self.batches(Self.task(512), collator, seed: 1).reduce(0) { sum, element in
        guard case .tokens(let padded) = element.batch.input else {
          Issue.record("expected tokens")
          return sum
        }
        return sum + padded.ids.count - padded.lengths.reduce(0, +)
      }
    }
    #expect(try padding(16) * 5 < padding(1))
  }

  @Test func batchesAreTimeFirstAndPadded() {
    let tokens = SampleBatch(padding: [
      Sample(.tokens([5, 6, 7]), .tokens([1, 2, 3])), Sample(.tokens([8]), .tokens([4])),
    ])
    #expect(tokens.input == .tokens(PaddedTokens([[5, 6, 7], [8]], padding: 0)))
    guard case .tokens(let read) = tokens.input, case .tokens(let wanted) = tokens.target else {
      Issue.record("no tokens")
      return
    }
    #expect(read.ids == [5, 8, 6, 0, 7, 0] && read.lengths == [3, 1])
    #expect(wanted.ids == [1, 4, 2, -1, 3, -1])
    let features = SampleBatch(padding: [
      Sample(.features(FeatureSequence([1, 2], width: 2)), .label(0)),
      Sample(.features(FeatureSequence([3, 4, 5, 6], width: 2)), .label(1)),
    ])
    guard case .features(let padded) = features.input else {
      Issue.record("no features")
      return
    }
    #expect(padded.values == [1, 2, 3, 4, 0, 0, 5, 6] && padded.stepCount == 2)
    #expect(features.target == .labels([0, 1]))
  }

  @Test func windowsCutSamplesInStep() throws {
    let sample = Sample(.tokens([0, 1, 2, 3, 4]), .tokens([5, 6, 7, 8, 9]))
    let whole = Sample(.tokens([0, 1, 2, 3, 4]), .label(1))
    let collator = WindowCollator(length: 2, PaddingCollator(batchSize: 1))
    var generator = SplitMix64(seed: 1)
    let batches = collator.batches([sample], using: &generator)
    #expect(batches.map(\.input.lengths) == [[2], [2], [1]])
    guard case .tokens(let last) = batches[2].target else {
      Issue.record("no tokens")
      return
    }
    #expect(last.ids == [9])
    #expect(collator.batches([whole], using: &generator).map(\.input.lengths) == [[5]])
  }

  @Test func samplesThatAreNotWhatTheirDatasetSaysAreRefused() throws {
    let wrong: [(Sample, String)] = [
      (Sample(.tokens([9]), .label(0)), "sample 0: input: expected ids below 2, found 9"),
      (Sample(.tokens([-1]), .label(0)), "sample 0: input: expected ids below 2, found -1"),
      (Sample(.tokens([0]), .label(3)), "sample 0: target: expected ids below 3, found 3"),
      (Sample(.vector([0]), .label(0)), "sample 0: input: expected symbols, found vector"),
    ]
    for (sample, message) in wrong {
      let task = TaskSamples(
        input: .symbols(Vocabulary(["a", "b"])), target: .label(Vocabulary(["x", "y", "z"])),
        training: ArraySamples([sample]))
      var epoch = try SampleEpoch(
        task, task.training, collator: PaddingCollator(batchSize: 1), seed: 1)
      let error = #expect(throws: DatasetError.self) { try epoch.next() }
      #expect(error?.description == message)
    }
    let steps = TaskSamples(
      input: .features([Column("x")]), target: .features([Column("y")]),
      training: ArraySamples([]))
    let long = FeatureSequence([1, 2], width: 1)
    #expect(throws: DatasetError.self) {
      try steps.check(
        Sample(.features(long), .features(FeatureSequence([1], width: 1))), index: 0)
    }
    #expect(throws: DatasetError.self) {
      try steps.check(
        Sample(.features(FeatureSequence([1, .nan], width: 1)), .features(long)), index: 0)
    }
    var empty = try SampleEpoch(
      steps, steps.training, collator: PaddingCollator(batchSize: 1), seed: 1)
    #expect(try empty.next() == nil)
  }

  @Test(arguments: [
    #"{"epoch":-1,"position":0}"#,
    #"{"epoch":0,"position":-2}"#,
    #"{"epoch":0,"position":1,"pool":{"start":{"index":0,"offset":-9,"line":0},"batch":0}}"#,
    #"{"epoch":0,"position":1,"pool":{"start":{"index":10,"offset":0,"line":0},"batch":7}}"#,
    #"{"epoch":0,"position":1,"pool":{"start":{"index":900,"offset":0,"line":0},"batch":1}}"#,
  ])
  func placesFromElsewhereAreRefused(_ json: String) throws {
    let cursor = try JSONDecoder().decode(BatchCursor.self, from: Data(json.utf8))
    #expect(throws: DatasetError.self) {
      try Self.batches(Self.task(20), PaddingCollator(batchSize: 10), seed: 1, from: cursor)
    }
  }

  @Test func everyTenthSampleIsHeldOut() throws {
    let base = ArraySamples(Self.numbered(95))
    for limit in [1, 7, 100] {
      let parts = try [PartSamples.Part.rest, .heldOut].map { part -> [Int32] in
        let source = PartSamples(part, of: base, period: 10)
        var (place, labels) = (SamplePlace(), [Int32]())
        while true {
          let samples = try source.samples(from: &place, limit: limit)
          if samples.isEmpty { break }
          labels += samples.map { if case .label(let id) = $0.target { id } else { -1 } }
        }
        #expect(labels.count == source.count)
        return labels
      }
      #expect(parts[1] == [9, 19, 29, 39, 49, 59, 69, 79, 89])
      #expect((parts[0] + parts[1]).sorted() == Array(0..<95))
    }
  }

  @Test func kindsSurviveCoding() throws {
    let kinds: [ValueKind] = [
      .text(CharacterTokenizer("abc")), .symbols(Vocabulary(["é", "e\u{301}"])),
      .features([Column("x", offset: 1, scale: 2)]), .label(Vocabulary(["no", "yes"])),
      .vector([Column("y")]),
    ]
    let data = try JSONEncoder().encode(kinds)
    let decoded = try JSONDecoder().decode([ValueKind].self, from: data)
    #expect(decoded.map(\.names) == kinds.map(\.names) && decoded.map(\.word) == kinds.map(\.word))
    #expect(decoded.map(\.size) == [4, 2, 1, 2, 1])
    for wrong in [#"[{"kind":"label","names":["a","a"]}]"#, #"[{"kind":"other"}]"#] {
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode([ValueKind].self, from: Data(wrong.utf8))
      }
    }
  }

  @Test func columnsStandardizeNumbers() {
    let column = Column("x", standardizing: [1, 2, 3, 4, .nan])
    #expect(column.offset == 2.5 && abs(column.scale - 1.25.squareRoot()) < 1e-15)
    #expect(column.scaled(2.5) == 0 && abs(column.number(of: column.scaled(7)) - 7) < 1e-6)
    #expect(Column("c", standardizing: [5, 5]).scale == 1)
  }

  /// Scaling rounds to single precision; what is shown of a number is what was read.
  @Test(arguments: [1.0, 0.1, 1e9, 1e-9, 1e300])
  func scaledNumbersAreShownAsTheyWereRead(_ unit: Double) {
    let numbers = (-20...20).map { Double($0) * unit / 8 }
    // Without scaling, single precision ends at 3e38.
    let plain = unit < 1e30 ? [Column("x")] : []
    for column in plain + [Column("x", offset: 5 * unit, scale: 3 * unit)] {
      for number in numbers {
        let shown = column.shownNumber(of: column.scaled(number))
        #expect(abs(shown - number) <= 1e-14 * abs(number), "\(number): \(shown)")
      }
    }
    // A number that no short one is near has the digits that single precision determines.
    let third = Float(1) / 3
    #expect(Float(Column("x").shownNumber(of: third)) == third)
    #expect(Column("x").shownNumber(of: .nan).isNaN)
    #expect(Column("x").shownNumber(of: .infinity) == .infinity)
  }
}

/// The same samples, read one after another.
private struct Streamed: SampleSource {
  let base: ArraySamples
  var count: Int? { base.sampleCount }
  func samples(from place: inout SamplePlace, limit: Int) throws -> [Sample] {
    try base.samples(from: &place, limit: min(limit, 30))
  }
}

/// Samples of a stream that counts how many are read.
private final class CountedSamples: SampleSource {
  let base: ArraySamples
  let reads = Mutex(0)
  let count: Int? = nil

  init(_ samples: [Sample]) { base = ArraySamples(samples) }

  func samples(from place: inout SamplePlace, limit: Int) throws -> [Sample] {
    let samples = try base.samples(from: &place, limit: limit)
    reads.withLock { $0 += samples.count }
    return samples
  }
}
