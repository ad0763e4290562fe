import Datasets
import FileCore
import Models
import Requirements
import TensorCore

extension SequenceEvaluator {
  /// The sums of all metrics so far.
  struct Tally: Codable, Sendable {
    private(set) var weight = 0
    @ExactNumber private var lossSum = 0.0
    private var confusion: ConfusionMatrix?
    private var right = 0
    private var answered = 0
    private var errors = RegressionErrors()
    private var curves: [Evaluation.Curve] = []
    private var answers = ShownAnswers()
    private var comparisons: [Evaluation.Comparison] = []
    private var exact: Exact?
    private var forecasts: ForecastTally?
    /// The names of all targets: the model's, then unknown ones.
    private let names: [String]
    /// How often each unknown name was a target.
    private var unknown: [Int]

    /// The number of written answers that are right, and of all; the same of symbols.
    private struct Exact: Codable {
      var hits = 0
      var all = 0
      /// The symbols to insert, leave out or replace, and those of the right answers.
      var edits = 0
      var symbols = 0

      func adding(_ other: Exact) -> Exact {
        Exact(
          hits: hits + other.hits, all: all + other.all, edits: edits + other.edits,
          symbols: symbols + other.symbols)
      }
    }

    init(_ interface: SequenceInterface, _ unknownNames: [String], mostClasses: Int) {
      let target = interface.target
      names = target.names + unknownNames
      unknown = Array(repeating: 0, count: unknownNames.count)
      if target.isDiscrete, !interface.choosesLength, names.count <= mostClasses {
        confusion = ConfusionMatrix(classes: names)
      }
    }

    /// - Throws: `InvalidSetting` if all targets are unknown.
    func checkNames(_ target: ValueKind) throws(InvalidSetting) {
      guard weight == 0, let first = unknown.firstIndex(where: { $0 > 0 }) else { return }
      throw InvalidSetting(
        "data",
        expected: "a label that the model knows, such as \(target.names.listed(atMost: 8))",
        found: "\(names[target.size + first])")
    }

    /// Adds the mean loss of `count` targets.
    mutating func add(loss: Tensor, _ count: Int) {
      lossSum += Double(loss.scalar) * Double(count)
      weight += count
    }

    /// Adds a reader's outputs.
    mutating func add(
      _ outputs: Tensor, _ batch: SampleBatch, _ interface: SequenceInterface,
      by model: SequenceReader
    ) {
      switch batch.target {
      case .tokens(let padded):
        let chosen = model.choices(outputs, lengths: padded.lengths)
        add(tags: chosen, padded, batch, interface)
      case .labels(let ids): add(classes: outputs, ids, batch, interface)
      case .features(let padded):
        add(forecasts: outputs, padded.values, interface.target, model)
        let numbers = model.points(outputs).scalars
        add(numbers: numbers, padded.values, interface.target)
        if curves.isEmpty { addCurves(numbers, padded, batch.input, interface) }
      case .vectors(let values, let width):
        add(forecasts: outputs, values, interface.target, model)
        let numbers = model.points(outputs).scalars
        add(numbers: numbers, values, interface.target)
        add(vectors: numbers, values, width: width, interface.target)
      }
    }

    private mutating func add(
      forecasts outputs: Tensor, _ targets: [Float], _ kind: ValueKind, _ model: SequenceReader
    ) {
      guard case .numbers(let head) = model.reading else { return }
      let columns = kind.columns
      var tally = forecasts ?? ForecastTally()
      for (index, forecast) in head.forecasts(outputs).enumerated() where !targets[index].isNaN {
        tally.add(forecast, columns[index % columns.count].number(of: targets[index]))
      }
      forecasts = tally
    }

    private mutating func add(
      classes outputs: Tensor, _ targets: [Int32], _ batch: SampleBatch,
      _ interface: SequenceInterface
    ) {
      let chosen = outputs.argmax()
      count(chosen, targets)
      let (width, scalars) = (outputs.shape[1], outputs.scalars)
      for (row, target) in targets.enumerated() where target >= 0 {
        let logits = scalars[row * width..<(row + 1) * width]
        let fault = chosen[row] == target ? 0 : Self.largestProbability(logits)
        guard answers.keeps(fault: fault) else { continue }
        answers.add(
          Evaluation.Answer(
            input: input(row, batch, interface), answer: names[Int(chosen[row])],
            right: names[Int(target)], fault: fault))
      }
    }

    /// The softmax of the largest logit.
    private static func largestProbability(_ logits: ArraySlice<Float>) -> Double {
      let largest = logits.max() ?? 0
      return 1 / logits.reduce(0.0) { $0 + exponential(Double($1 - largest)) }
    }

    private mutating func add(
      tags chosen: [Int32], _ targets: PaddedTokens, _ batch: SampleBatch,
      _ interface: SequenceInterface
    ) {
      count(chosen, targets.ids)
      for row in 0..<batch.count {
        let places = (0..<targets.lengths[row]).map { $0 * batch.count + row }
        let wrong = places.count { targets.ids[$0] >= 0 && targets.ids[$0] != chosen[$0] }
        guard answers.keeps(fault: Double(wrong)) else { continue }
        // What is not asked for has no right answer.
        let right = places.map { targets.ids[$0] >= 0 ? names[Int(targets.ids[$0])] : "·" }
        answers.add(
          Evaluation.Answer(
            input: input(row, batch, interface),
            answer: places.map { names[Int(chosen[$0])] }.joined(separator: " "),
            right: right.joined(separator: " "), fault: Double(wrong)))
      }
    }

    private mutating func add(
      vectors numbers: [Float], _ targets: [Float], width: Int, _ kind: ValueKind
    ) {
      for start in stride(from: 0, to: targets.count, by: width) {
        let range = start..<start + width
        let sum = zip(numbers[range], targets[range]).reduce(0.0) { sum, pair in
          pair.1.isNaN ? sum : sum + Double((pair.0 - pair.1).magnitude)
        }
        let fault = sum.isFinite ? sum : .greatestFiniteMagnitude
        guard answers.keeps(fault: fault) else { continue }
        answers.add(
          Evaluation.Answer(
            input: "", answer: kind.text(of: .vector(Array(numbers[range]))),
            right: kind.text(of: .vector(Array(targets[range]))), fault: fault))
      }
    }

    private func input(
      _ row: Int, _ batch: SampleBatch, _ interface: SequenceInterface
    ) -> String {
      String(interface.input.text(of: batch.input.value(of: row)).prefix(120))
    }

    private mutating func count(_ chosen: [Int32], _ targets: [Int32]) {
      confusion?.add(targets: targets, answers: chosen)
      for (answer, target) in zip(chosen, targets) where target >= 0 {
        answered += 1
        right += answer == target ? 1 : 0
        let excess = Int(target) - (names.count - unknown.count)
        if excess >= 0 { unknown[excess] += 1 }
      }
    }

    private mutating func add(numbers: [Float], _ targets: [Float], _ kind: ValueKind) {
      let columns = kind.columns
      if comparisons.isEmpty {
        comparisons = columns.prefix(Self.mostComparisons).map { .init($0.name) }
      }
      for (index, target) in targets.enumerated() where !target.isNaN {
        let place = index % columns.count
        let (right, answer) = (
          columns[place].number(of: target), columns[place].number(of: numbers[index])
        )
        errors.add(targets: CollectionOfOne(right), answers: CollectionOfOne(answer))
        if place < comparisons.count { comparisons[place].add(target: right, answer: answer) }
      }
    }

    /// The most columns whose numbers are kept beside the true ones.
    private static let mostComparisons = 6

    /// Adds curves of the first column of the first sample: target, prediction, and the last value that was read where that
    /// column is read too.
    private mutating func addCurves(
      _ outputs: [Float], _ padded: PaddedFeatures, _ input: BatchValue,
      _ interface: SequenceInterface
    ) {
      guard let column = interface.target.columns.first, let length = padded.lengths.first else {
        return
      }
      let steps = (0..<length).filter { !padded.values[$0 * padded.batchSize * padded.width].isNaN }
      let places = steps.map { $0 * padded.batchSize * padded.width }
      curves = [
        .init(column.name, places.map { column.number(of: padded.values[$0]) }),
        .init("model", places.map { column.number(of: outputs[$0]) }),
      ]
      let known = interface.input.columns.firstIndex { $0.name == column.name }
      if let known, case .features(let read) = input {
        let last = steps.map { read.values[$0 * read.batchSize * read.width + known] }
        curves.append(
          .init("last value", last.map { interface.input.columns[known].number(of: $0) }))
      }
      // What has diverged cannot be drawn.
      if !curves.allSatisfy({ $0.values.allSatisfy(\.isFinite) }) { curves = [] }
    }

    /// Adds the written answers to a batch.
    mutating func add(
      _ written: [[Int32]], _ batch: SampleBatch, _ interface: SequenceInterface
    ) {
      var exact = exact ?? Exact()
      for (row, tokens) in written.enumerated() {
        guard case .tokens(let right) = batch.target.value(of: row) else { continue }
        exact.all += 1
        exact.hits += tokens == right ? 1 : 0
        exact.edits += tokens.editDistance(to: right)
        exact.symbols += right.count
        let fault = tokens == right ? 0.0 : 1
        guard answers.keeps(fault: fault) else { continue }
        answers.add(
          Evaluation.Answer(
            input: input(row, batch, interface), answer: interface.target.text(of: tokens),
            right: interface.target.text(of: right), fault: fault))
      }
      self.exact = exact
    }

    /// Adds the sums over further batches.
    mutating func add(_ other: Tally) {
      weight += other.weight
      lossSum += other.lossSum
      right += other.right
      answered += other.answered
      errors.add(other.errors)
      for (index, count) in other.unknown.enumerated() { unknown[index] += count }
      if let counts = other.confusion { confusion?.add(counts) }
      if let more = other.exact { exact = exact?.adding(more) ?? more }
      if let more = other.forecasts { forecasts = forecasts?.adding(more) ?? more }
      if curves.isEmpty { curves = other.curves }
      answers.add(other.answers)
      if comparisons.isEmpty {
        comparisons = other.comparisons
      } else {
        for (index, more) in other.comparisons.enumerated() { comparisons[index].add(more) }
      }
    }

    /// The metrics for the kind of answers.
    func evaluation(_ interface: SequenceInterface) -> Evaluation {
      let loss = lossSum / Double(max(1, weight))
      var result = Evaluation(
        loss: loss, confusion: confusion, curves: curves, samples: answers.first.map(\.line))
      (result.answers, result.comparisons) = (answers.all, comparisons)
      if answered > 0 {
        result.metrics.append(.init("accuracy", Double(right) / Double(answered)))
      }
      result.unknownTargets = zip(names.suffix(unknown.count), unknown).filter { $0.1 > 0 }
        .map { .init(name: $0, count: $1) }
      if let confusion { result.metrics.append(.init("macro F1", confusion.macroF1)) }
      if let exact {
        result.metrics += [
          .init("exact match", Double(exact.hits) / Double(max(1, exact.all))),
          .init("symbol error rate", Double(exact.edits) / Double(max(1, exact.symbols))),
        ]
      }
      if interface.choosesLength {
        result.metrics.append(.init("perplexity", perplexity(nats: loss)))
      }
      if errors.count > 0 {
        result.metrics += [.init("MAE", errors.meanAbsolute), .init("RMSE", errors.rootMeanSquare)]
      }
      result.metrics += forecasts?.metrics ?? []
      return result
    }
  }
}
