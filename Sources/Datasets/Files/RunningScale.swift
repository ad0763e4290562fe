/// Running mean and standard deviation of numbers. Welford, 1962.
struct RunningScale {
  private var count = 0.0
  private(set) var mean = 0.0
  private var sum = 0.0

  mutating func add(_ number: Double) {
    count += 1
    let difference = number - mean
    mean += difference / count
    sum += difference * (number - mean)
  }

  /// Whether there was no number yet.
  var isEmpty: Bool { count == 0 }

  /// The standard deviation; 1 if all numbers are equal.
  var deviation: Double {
    let deviation = count > 0 ? (sum / count).squareRoot() : 0
    return deviation > 0 && deviation.isFinite ? deviation : 1
  }
}
