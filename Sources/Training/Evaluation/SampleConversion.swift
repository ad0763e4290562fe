import Datasets
import FileCore
import Models

/// Converts samples of other data to a model's interface: IDs by names, numbers by columns.
///
/// A test set has its own IDs of words and classes and its own scales. Words that the model does not know become its
/// `<unk>`. Classes and tags that it does not know get the IDs after its own: no answer of the model is one of them.
struct SampleConversion: SampleSource {
  /// The kind of the targets: the model's, with the classes and tags that it does not know after its own.
  let targetKind: ValueKind

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
    // What the model writes has no place for other symbols.
    targetKind =
      interface.choosesLength ? interface.target : interface.target.extended(by: samples.target)
    input = try SideConversion(samples.input, interface.input, name: "input")
    target = try SideConversion(samples.target, targetKind, name: "target")
  }

  var count: Int? { base.count }

  func samples(from place: inout SamplePlace, limit: Int) throws -> [Sample] {
    try base.samples(from: &place, limit: limit).map {
      Sample(try input.value($0.input), try target.value($0.target))
    }
  }
}

/// The conversion of inputs or of targets.
private struct SideConversion: Sendable {
  private enum Kind {
    case same
    /// IDs of the model; nil for names that it does not know.
    case ids([Int32?], Vocabulary, Vocabulary)
    case text(any Tokenizer, any Tokenizer)
    case numbers(from: [Column], to: [Column])
  }

  private let kind: Kind
  /// The side's name in messages.
  private let side: String

  init(_ old: ValueKind, _ new: ValueKind, name side: String) throws(InvalidSetting) {
    self.side = side
    switch (old, new) {
    case (.text(let old), .text(let new)):
      let isSame = old.vocabulary.map(ExactString.init) == new.vocabulary.map(ExactString.init)
      kind = isSame ? .same : .text(old, new)
    case (.symbols(let old), .symbols(let new)), (.label(let old), .label(let new)):
      guard old != new else {
        kind = .same
        return
      }
      kind = .ids(old.names.map { new.id(of: $0) }, old, new)
    default:
      guard old.size == new.size else {
        throw InvalidSetting(
          "\(side)'s columns", expected: "\(new.size), as the model has them", found: old.size)
      }
      kind = old.columns == new.columns ? .same : .numbers(from: old.columns, to: new.columns)
    }
  }

  func value(_ value: SampleValue) throws(InvalidSetting) -> SampleValue {
    switch (kind, value) {
    case (.ids(let ids, let old, let new), .tokens(let tokens)):
      var known: [Int32] = []
      for token in tokens { known.append(try id(token, ids, old, new)) }
      return .tokens(known)
    case (.ids(let ids, let old, let new), .label(let label)):
      return .label(try id(label, ids, old, new))
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

  private func id(
    _ id: Int32, _ ids: [Int32?], _ old: Vocabulary, _ new: Vocabulary
  ) throws(InvalidSetting) -> Int32 {
    if id < 0 { return id }
    guard let known = ids[Int(id)] else {
      throw InvalidSetting(
        side, expected: "one of \(new.names.listed(atMost: 8)), as the model knows",
        found: old.name(of: id))
    }
    return known
  }

  private static func scaled(_ values: [Float], _ old: [Column], _ new: [Column]) -> [Float] {
    values.enumerated().map { index, value in
      let column = index % old.count
      return new[column].scaled(old[column].number(of: value))
    }
  }
}

extension ValueKind {
  /// The same with the classes or tags of another kind that it does not have after its own.
  fileprivate func extended(by other: ValueKind) -> ValueKind {
    switch (self, other) {
    case (.symbols(let own), .symbols(let others)): .symbols(own.extended(by: others))
    case (.label(let own), .label(let others)): .label(own.extended(by: others))
    default: self
    }
  }
}

extension Vocabulary {
  fileprivate func extended(by others: Vocabulary) -> Vocabulary {
    let known = Set(names.map { ExactString($0) })
    return Vocabulary(names + others.names.filter { !known.contains(ExactString($0)) })
  }
}
