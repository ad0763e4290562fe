import Datasets
import Models

/// Converts samples of other data to a model's interface: IDs by names, numbers by columns.
///
/// A test set has its own IDs of words and classes and its own scales. Names that the model does not know become its
/// `<unk>`, or ignored targets.
struct SampleConversion: SampleSource {
  private let base: any SampleSource
  private let input: SideConversion
  private let target: SideConversion

  /// A conversion of a task's samples for a model.
  ///
  /// - Throws: `InvalidSetting` if the kinds or shapes differ.
  init(
    _ base: any SampleSource, of samples: TaskSamples, to interface: SequenceInterface
  ) throws(InvalidSetting) {
    guard samples.shape == interface.shape, samples.input.word == interface.input.word,
      samples.target.word == interface.target.word
    else {
      throw InvalidSetting(
        "data",
        expected: "\(interface.input.word) to \(interface.target.word), as the model has them",
        found: "\(samples.input.word) to \(samples.target.word)")
    }
    self.base = base
    input = try SideConversion(samples.input, interface.input, name: "input")
    target = try SideConversion(samples.target, interface.target, name: "target")
  }

  var count: Int? { base.count }

  func samples(from place: inout SamplePlace, limit: Int) throws -> [Sample] {
    try base.samples(from: &place, limit: limit).map {
      Sample(input.value($0.input), target.value($0.target))
    }
  }
}

/// The conversion of inputs or of targets.
private struct SideConversion: Sendable {
  private enum Kind {
    case same
    case ids([Int32])
    case text(any Tokenizer, any Tokenizer)
    case numbers(from: [Column], to: [Column])
  }

  private let kind: Kind

  init(_ old: ValueKind, _ new: ValueKind, name: String) throws(InvalidSetting) {
    switch (old, new) {
    case (.text(let old), .text(let new)):
      kind = old.vocabulary == new.vocabulary ? .same : .text(old, new)
    case (.symbols(let old), .symbols(let new)), (.label(let old), .label(let new)):
      kind =
        old == new
        ? .same : .ids(old.names.map { new.id(of: $0) ?? SampleValue.ignored })
    default:
      guard old.size == new.size else {
        throw InvalidSetting(
          "\(name)'s columns", expected: "\(new.size), as the model has them", found: old.size)
      }
      kind = old.columns == new.columns ? .same : .numbers(from: old.columns, to: new.columns)
    }
  }

  func value(_ value: SampleValue) -> SampleValue {
    switch (kind, value) {
    case (.ids(let ids), .tokens(let tokens)):
      return .tokens(tokens.map { $0 < 0 ? $0 : ids[Int($0)] })
    case (.ids(let ids), .label(let id)): return .label(id < 0 ? id : ids[Int(id)])
    case (.text(let old, let new), .tokens(let tokens)):
      return .tokens(new.encode(old.decode(tokens)))
    case (.numbers(let old, let new), .vector(let values)):
      return .vector(Self.scaled(values, old, new))
    case (.numbers(let old, let new), .features(let steps)):
      return .features(
        FeatureSequence(Self.scaled(steps.values, old, new), width: steps.width))
    default: return value
    }
  }

  private static func scaled(_ values: [Float], _ old: [Column], _ new: [Column]) -> [Float] {
    values.enumerated().map { index, value in
      let column = index % old.count
      return new[column].scaled(old[column].number(of: value))
    }
  }
}
