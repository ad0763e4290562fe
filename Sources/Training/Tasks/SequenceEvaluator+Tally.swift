import Datasets
import Models
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
    private var samples: [String] = []
    private var exact: Exact?
    /// The names of all targets: the model's, then unknown ones.
    private let names: [String]
    /// How often each unknown name was a target.
    private var unknown: [Int]

    /// The number of written answers that are right, and of all.
    private struct Exact: Codable {
      var hits = 0
      var all = 0
    }

    init(_ interface: SequenceInterface, _ unknownNames: [String], mostClasses: Int) {
      let target = interface.target
      names = target.names + unknownNames
      unknown = Array(repeating: 0, count: unknownNames.count)
      if target.isDiscrete, !interface.writes, names.count <= mostClasses {
        confusion = ConfusionMatrix(classes: names)
      }
    }

    /// - Throws: `InvalidSetting` if all targets are unknown.
    func checkNames(_ target: ValueKind) throws(InvalidSetting) {
      guard weight == 0, let first = unknown.firstIndex(where: { $0 > 0 }) else { return }
      throw InvalidSetting(
        "data",
        expected: "a label that the model knows, such as \(Vocabulary(target.names).listed)",
        found: "\(names[target.size + first])")
    }

    /// Adds the mean loss of `count` targets.
    mutating func add(loss: Tensor, _ count: Int) {
      lossSum += Double(loss.scalar) * Double(count)
      weight += count
    }

    /// Adds a reader's outputs.
    mutating func add(_ outputs: Tensor, _ batch: SampleBatch, _ interface: SequenceInterface) {
      switch batch.target {
      case .tokens(let padded): add(outputs.argmax(), padded.ids, batch, interface)
      case .labels(let ids): add(outputs.argmax(), ids, batch, interface)
      case .features(let padded):
        add(numbers: outputs.scalars, padded.values, interface.target)
        if curves.isEmpty { addCurves(outputs.scalars, padded, interface.target) }
      case .vectors(let values, let width):
        add(numbers: outputs.scalars, values, interface.target)
        guard samples.isEmpty else { return }
        for row in 0..<min(8, values.count / width) {
          let range = row * width..<(row + 1) * width
          let answer = interface.target.text(of: .vector(Array(outputs.scalars[range])))
          samples.append(
            "\(answer), right is \(interface.target.text(of: .vector(Array(values[range]))))")
        }
      }
    }

    private mutating func add(
      _ answers: [Int32], _ targets: [Int32], _ batch: SampleBatch, _ interface: SequenceInterface
    ) {
      confusion?.add(targets: targets, answers: answers)
      for (answer, target) in zip(answers, targets) where target >= 0 {
        answered += 1
        right += answer == target ? 1 : 0
        let excess = Int(target) - (names.count - unknown.count)
        if excess >= 0 { unknown[excess] += 1 }
      }
      guard samples.isEmpty else { return }
      for row in 0..<min(8, batch.count) {
        let input = interface.input.text(of: batch.input.value(of: row))
        let answer =
          batch.target.lengths.map { lengths in
            (0..<lengths[row]).map { answers[$0 * batch.count + row] }
          } ?? [answers[row]]
        let text = answer.map { interface.target.names[Int($0)] }.joined(separator: " ")
        samples.append("\(input.prefix(120)) → \(text)")
      }
    }

    private mutating func add(numbers: [Float], _ targets: [Float], _ kind: ValueKind) {
      let columns = kind.columns
      for (index, target) in targets.enumerated() where !target.isNaN {
        let column = columns[index % columns.count]
        errors.add(
          targets: CollectionOfOne(column.number(of: target)),
          answers: CollectionOfOne(column.number(of: numbers[index])))
      }
    }

    /// Adds curves of the first column of the first sample: target and prediction.
    private mutating func addCurves(_ outputs: [Float], _ padded: PaddedFeatures, _ kind: ValueKind)
    {
      guard let column = kind.columns.first, let length = padded.lengths.first else { return }
      let places = (0..<length).map { $0 * padded.batchSize * padded.width }
        .filter { !padded.values[$0].isNaN }
      curves = [
        .init(column.name, places.map { column.number(of: padded.values[$0]) }),
        .init("model", places.map { column.number(of: outputs[$0]) }),
      ]
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
        guard samples.count < 8 else { continue }
        let input = interface.input.text(of: batch.input.value(of: row))
        let mark = tokens == right ? "" : " (right is \(interface.target.text(of: right)))"
        samples.append("\(input) → \(interface.target.text(of: tokens))\(mark)")
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
      if let more = other.exact {
        exact = Exact(hits: (exact?.hits ?? 0) + more.hits, all: (exact?.all ?? 0) + more.all)
      }
      if curves.isEmpty { curves = other.curves }
      if samples.isEmpty { samples = other.samples }
    }

    /// The metrics for the kind of answers.
    func evaluation(_ interface: SequenceInterface) -> Evaluation {
      let loss = lossSum / Double(max(1, weight))
      var result = Evaluation(loss: loss, confusion: confusion, curves: curves, samples: samples)
      if answered > 0 {
        result.metrics.append(.init("accuracy", Double(right) / Double(answered)))
      }
      result.unknownTargets = zip(names.suffix(unknown.count), unknown).filter { $0.1 > 0 }
        .map { .init(name: $0, count: $1) }
      if let confusion { result.metrics.append(.init("macro F1", confusion.macroF1)) }
      if let exact {
        result.metrics.append(.init("exact match", Double(exact.hits) / Double(max(1, exact.all))))
      }
      if interface.writes { result.metrics.append(.init("perplexity", perplexity(nats: loss))) }
      if errors.count > 0 {
        result.metrics += [.init("MAE", errors.meanAbsolute), .init("RMSE", errors.rootMeanSquare)]
      }
      return result
    }
  }
}
