import Datasets

extension LanguageModelTask.Configuration {
  /// The same with batches and windows that a text fills: at least forty steps an epoch, as long as four rows are left.
  ///
  /// - Parameter tokens: the number of tokens to learn from.
  public func fitted(tokens: Int) -> Self {
    var (rows, steps) = (windows.batchSize, windows.sequenceLength)
    while rows > 4, tokens < 40 * rows * steps { rows /= 2 }
    while steps > 8, tokens < 4 * rows * steps { steps /= 2 }
    while rows > 1, tokens < (rows + 1) * steps + 1 { rows /= 2 }
    var result = self
    result.windows = Windows(
      windows.sampling, batchSize: rows, sequenceLength: steps, offset: windows.offset)
    return result
  }
}

extension TrainingSettings {
  /// The steps after which a small model has learned what there is to learn from little data.
  public static let usualSteps = 1200

  /// The same with epochs that together have some steps, measured at least every 2,000 steps, the best model kept.
  ///
  /// - Parameters:
  ///   - stepsPerEpoch: the steps of one epoch.
  ///   - steps: the steps to reach; of little data no more than 60 epochs.
  public func fitted(stepsPerEpoch: Int, steps: Int = usualSteps) -> Self {
    var result = self
    let needed = (steps + stepsPerEpoch - 1) / max(1, stepsPerEpoch)
    result.epochs = max(1, steps > Self.usualSteps ? needed : min(needed, 60))
    result.evaluateEvery = stepsPerEpoch > 2000 ? 2000 : nil
    result.keepsBest = true
    return result
  }
}
