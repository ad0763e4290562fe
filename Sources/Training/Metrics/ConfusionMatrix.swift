import Models
import Requirements

/// A confusion matrix, from which the metrics of a classifier or tagger are computed.
///
/// With TP, FP and FN the true positives, false positives and false negatives of a class:
///
///     accuracy   the share of correct answers
///     precision  TP / (TP + FP)        recall  TP / (TP + FN)
///     F1         2 TP / (2 TP + FP + FN)
///     macro F1   the mean of the F1 of the classes that occur
///
/// Division by zero gives 0, and a class that is neither in the data nor among the answers is left out of the mean: both as
/// in scikit-learn.
public struct ConfusionMatrix: Sendable, Hashable, Codable {
  /// The classes' names.
  public let classes: [String]
  /// The number of answers `j` for class `i`, at `i * classes.count + j`.
  public private(set) var counts: [Int]

  /// An empty matrix.
  public init(classes: [String]) {
    self.classes = classes
    counts = Array(repeating: 0, count: classes.count * classes.count)
  }

  /// Adds answers; negative targets are ignored.
  ///
  /// - Precondition: both have the same length and contain class IDs.
  public mutating func add(targets: [Int32], answers: [Int32]) {
    require(
      targets.count == answers.count,
      "expected an answer for each of \(targets.count) targets, found \(answers.count)")
    let known = classes.indices
    for (target, answer) in zip(targets, answers) where target >= 0 {
      require(
        known ~= Int(target) && known ~= Int(answer),
        "expected classes in 0..<\(classes.count), found the target \(target), the answer \(answer)"
      )
      counts[Int(target) * classes.count + Int(answer)] += 1
    }
  }

  /// Adds the counts of another matrix of the same classes.
  mutating func add(_ other: ConfusionMatrix) {
    require(
      classes == other.classes, "expected the classes \(classes), found \(other.classes)")
    for (index, count) in other.counts.enumerated() { counts[index] += count }
  }

  /// The number of answers `answer` for the class `target`.
  public subscript(target: Int, answer: Int) -> Int {
    require(
      classes.indices ~= target && classes.indices ~= answer,
      "expected classes in 0..<\(classes.count), found \(target) and \(answer)")
    return counts[target * classes.count + answer]
  }

  /// The number of answers.
  public var total: Int { counts.reduce(0, +) }

  /// The share of correct answers; 0 if there are no answers.
  public var accuracy: Double {
    ratio(classes.indices.reduce(0) { $0 + self[$1, $1] }, total)
  }

  /// The mean F1 of the classes that occur in the data or among the answers; 0 if there are no answers.
  public var macroF1: Double {
    let occurring = rows.filter { $0.support > 0 || $0.answers > 0 }
    return occurring.isEmpty ? 0 : occurring.reduce(0) { $0 + $1.f1 } / Double(occurring.count)
  }

  /// The metrics of one class.
  public struct Row: Sendable, Hashable {
    /// The class's name.
    public let name: String
    /// The share of this class's answers that are correct.
    public let precision: Double
    /// The share of this class's samples that are found.
    public let recall: Double
    /// The harmonic mean of both.
    public let f1: Double
    /// The number of this class's samples.
    public let support: Int
    /// The number of answers that are this class.
    public let answers: Int
  }

  /// The metrics of each class.
  public var rows: [Row] {
    classes.indices.map { index in
      let right = self[index, index]
      let support = classes.indices.reduce(0) { $0 + self[index, $1] }
      let answered = classes.indices.reduce(0) { $0 + self[$1, index] }
      return Row(
        name: classes[index], precision: ratio(right, answered), recall: ratio(right, support),
        f1: ratio(2 * right, support + answered), support: support, answers: answered)
    }
  }

  /// A text table of all classes with their metrics.
  public var table: String {
    let width = max(5, classes.map(\.count).max() ?? 0)
    func cell(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    var lines = [
      cell("class", width) + cell("precision", 11) + cell("recall", 9) + cell("F1", 9)
        + cell("support", 9)
    ]
    for row in rows {
      lines.append(
        cell(row.name, width) + cell(row.precision.text(4), 11) + cell(row.recall.text(4), 9)
          + cell(row.f1.text(4), 9) + cell("\(row.support)", 9))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func ratio(_ part: Int, _ whole: Int) -> Double {
    whole == 0 ? 0 : Double(part) / Double(whole)
  }
}
