import Requirements

/// A source of samples, read some at a time: memory, a generator, or a file of any size.
///
/// A source is a value without a position; each reader has its own ``SamplePlace``. So several readers can share it, a
/// reader can resume at a saved place directly, and only the requested samples are in memory. A source with random
/// access conforms to ``IndexedSamples`` instead, which implements this protocol.
public protocol SampleSource: Sendable {
  /// The number of samples; nil if it is unknown without reading all of them.
  var count: Int? { get }

  /// The next samples, at most `limit`, and none only at the end; advances the place.
  ///
  /// - Throws: ``DatasetError``, or an error of the source's own.
  func samples(from place: inout SamplePlace, limit: Int) throws -> [Sample]

  /// The next samples as in ``samples(from:limit:)``, each to be made when it is asked for: a process that needs only some
  /// of them does not decode the others.
  ///
  /// - Throws: errors of finding where samples begin and end.
  func deferredSamples(from place: inout SamplePlace, limit: Int) throws -> [DeferredSample]
}

/// A sample that is made when it is asked for.
public struct DeferredSample: Sendable {
  private let body: @Sendable () throws -> Sample

  /// A sample that a closure makes.
  public init(_ make: @escaping @Sendable () throws -> Sample) { body = make }

  /// The sample.
  ///
  /// - Throws: ``DatasetError``, or an error of the source's own.
  public func make() throws -> Sample { try body() }
}

extension SampleSource {
  /// Makes all samples at once.
  public func deferredSamples(
    from place: inout SamplePlace, limit: Int
  ) throws -> [DeferredSample] {
    try samples(from: &place, limit: limit).map { sample in DeferredSample { sample } }
  }
}

/// A place in a source; the first sample is at `SamplePlace()`.
public struct SamplePlace: Codable, Hashable, Sendable {
  /// The number of samples before it.
  public var index = 0
  /// The number of bytes before it, in a file.
  public var offset = 0
  /// The number of lines before it, in a file.
  public var line = 0

  /// The beginning.
  public init() {}
}

/// A source with random access, so that an epoch can be in any order.
public protocol IndexedSamples: SampleSource {
  /// The number of samples.
  var sampleCount: Int { get }

  /// The sample at `index`.
  ///
  /// - Precondition: `index` is in `0..<sampleCount`.
  func sample(at index: Int) throws -> Sample
}

extension IndexedSamples {
  /// ``sampleCount``.
  public var count: Int? { sampleCount }

  /// The samples from a place on, in order.
  public func samples(from place: inout SamplePlace, limit: Int) throws -> [Sample] {
    let end = min(sampleCount, place.index + limit)
    guard place.index >= 0, place.index < end else { return [] }
    let samples = try (place.index..<end).map(sample(at:))
    place.index = end
    return samples
  }
}

/// Samples in memory.
public struct ArraySamples: IndexedSamples {
  /// The samples.
  public let samples: [Sample]

  /// Samples in their order.
  public init(_ samples: [Sample]) { self.samples = samples }

  /// The number of samples.
  public var sampleCount: Int { samples.count }

  /// The sample at an index.
  public func sample(at index: Int) -> Sample {
    require(samples.indices ~= index, "expected a sample in 0..<\(samples.count), found \(index)")
    return samples[index]
  }
}

/// A part of another source: every `period`-th sample, or all others.
///
/// The part of a sample depends only on its index, so that both parts of a file of any size are read in constant
/// memory.
public struct PartSamples: SampleSource {
  /// The choice of part.
  public enum Part: Sendable {
    /// All but every `period`-th sample.
    case rest
    /// Every `period`-th sample.
    case heldOut
  }

  private let base: any SampleSource
  private let period: Int
  private let part: Part

  /// A part of a source.
  ///
  /// - Precondition: `period` is 2 or more.
  public init(_ part: Part, of base: any SampleSource, period: Int) {
    require(period > 1, "expected a period above 1, found \(period)")
    self.base = base
    self.period = period
    self.part = part
  }

  /// The number of samples; nil if that of the whole source is unknown.
  public var count: Int? {
    base.count.map { part == .heldOut ? $0 / period : $0 - $0 / period }
  }

  /// The next samples of this part. The place is that in the whole source.
  public func samples(from place: inout SamplePlace, limit: Int) throws -> [Sample] {
    try own(from: &place) { try base.samples(from: &$0, limit: limit) }
  }

  /// The next samples of this part, not yet made.
  public func deferredSamples(
    from place: inout SamplePlace, limit: Int
  ) throws -> [DeferredSample] {
    try own(from: &place) { try base.deferredSamples(from: &$0, limit: limit) }
  }

  /// This part of the next elements; none only at the end.
  private func own<Element>(
    from place: inout SamplePlace, _ next: (inout SamplePlace) throws -> [Element]
  ) rethrows -> [Element] {
    while true {
      let first = place.index
      let chunk = try next(&place)
      let kept = chunk.enumerated().filter {
        ((first + $0.offset) % period == period - 1) == (part == .heldOut)
      }
      if chunk.isEmpty || !kept.isEmpty { return kept.map(\.element) }
    }
  }
}
