import Requirements

/// Where samples come from, some at a time: memory, a generator, or a file of any size.
///
/// A source is a value without a position of its own; whoever reads holds the ``SamplePlace``.
/// So any number of readers share it, each goes on from a saved place at once, and no more is in
/// memory than was asked for. A source that can give any sample at any time conforms to
/// ``IndexedSamples`` instead, which states this function for it.
public protocol SampleSource: Sendable {
  /// The number of samples, where it is known without reading all of them.
  var count: Int? { get }

  /// The next samples, at most `limit` of them, and none only at the end; moves the place on.
  ///
  /// - Throws: ``DatasetError``, or an error of the source's own.
  func samples(from place: inout SamplePlace, limit: Int) throws -> [Sample]
}

/// A place in a source: the first sample stands at `SamplePlace()`.
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

/// A source that can give any of its samples at any time, so that an epoch's order can be any.
public protocol IndexedSamples: SampleSource {
  /// The number of samples.
  var sampleCount: Int { get }

  /// The sample number `index`.
  ///
  /// - Precondition: `index` is in `0..<sampleCount`.
  func sample(at index: Int) throws -> Sample
}

extension IndexedSamples {
  /// ``sampleCount``.
  public var count: Int? { sampleCount }

  /// The samples from a place on, one after another.
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

  /// One of them.
  public func sample(at index: Int) -> Sample {
    require(samples.indices ~= index, "expected a sample in 0..<\(samples.count), found \(index)")
    return samples[index]
  }
}

/// A part of another source: of every so many samples the last one, or all but the last one.
///
/// Which part a sample falls into depends on its index alone, so that both parts of a file of any
/// size are read in constant memory.
public struct PartSamples: SampleSource {
  /// Which part.
  public enum Part: Sendable {
    /// All but the last of every so many.
    case rest
    /// The last of every so many.
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

  /// The number of samples, where the whole source knows its own.
  public var count: Int? {
    base.count.map { part == .heldOut ? $0 / period : $0 - $0 / period }
  }

  /// The next samples of this part. The place is one in the whole source.
  public func samples(from place: inout SamplePlace, limit: Int) throws -> [Sample] {
    while true {
      let first = place.index
      let chunk = try base.samples(from: &place, limit: limit)
      let kept = chunk.enumerated().filter {
        ((first + $0.offset) % period == period - 1) == (part == .heldOut)
      }
      if chunk.isEmpty || !kept.isEmpty { return kept.map(\.element) }
    }
  }
}
