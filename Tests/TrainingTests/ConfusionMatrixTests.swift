import Testing
import Training

/// The metrics have the definitions and names of scikit-learn 1.9; the numbers were computed by
///
///     from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support
///     accuracy_score(targets, answers)
///     f1_score(targets, answers, average="macro")
///     precision_recall_fscore_support(targets, answers, zero_division=0)
@Suite struct ConfusionMatrixTests {
  private static let tolerance = 1e-9  // recorded with ten digits

  /// Five classes, of which "d" does not occur at all and "e" only among the answers.
  private static let matrix: ConfusionMatrix = {
    var matrix = ConfusionMatrix(classes: ["a", "b", "c", "d", "e"])
    matrix.add(targets: [0, 0, 1, 1, 1, 2, 2], answers: [0, 1, 1, 1, 0, 1, 4])
    return matrix
  }()

  @Test func accuracyIsScikitLearns() {
    #expect(abs(Self.matrix.accuracy - 0.4285714286) < Self.tolerance)
  }

  /// The mean over the classes that occur in the data or among the answers.
  @Test func macroF1IsScikitLearns() {
    #expect(abs(Self.matrix.macroF1 - 0.2678571429) < Self.tolerance)
  }

  @Test(
    arguments: zip(
      0..<5,
      [
        (0.5, 0.5, 0.5, 2), (0.5, 0.6666666667, 0.5714285714, 3), (0, 0, 0, 2), (0, 0, 0, 0),
        (0, 0, 0, 0),
      ]))
  func aClasssMetricsAreScikitLearns(
    _ index: Int, _ expected: (precision: Double, recall: Double, f1: Double, support: Int)
  ) {
    let row = Self.matrix.rows[index]
    #expect(abs(row.precision - expected.precision) < Self.tolerance)
    #expect(abs(row.recall - expected.recall) < Self.tolerance)
    #expect(abs(row.f1 - expected.f1) < Self.tolerance)
    #expect(row.support == expected.support)
  }

  @Test func withoutAnswersThereIsNothing() {
    let empty = ConfusionMatrix(classes: ["a", "b"])
    #expect(empty.accuracy == 0 && empty.macroF1 == 0)
  }
}

@Suite struct RegressionErrorsTests {
  /// `mean_absolute_error([3, -0.5, 2, 7], [2.5, 0, 2, 8])` and `root_mean_squared_error` of scikit-learn 1.9.1.
  @Test func errorsAreScikitLearns() {
    var errors = RegressionErrors()
    errors.add(targets: [3, -0.5, 2, 7], answers: [2.5, 0, 2, 8])
    #expect(abs(errors.meanAbsolute - 0.5) < 1e-9)
    #expect(abs(errors.rootMeanSquare - 0.6123724357) < 1e-9)
  }
}
