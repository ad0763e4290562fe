import Requirements
import TensorCore

/// Which steps of a pass are valid (not padding), and which start a new sequence.
struct StepMarks {
  /// `[T, B]`: 1 for a valid step, 0 for padding; nil if all steps are valid.
  var validity: Storage?
  /// `[T, B]`: 1 for a step that starts a new sequence, else 0; nil if none does.
  var resets: Storage?

  /// By default every step is valid, and none starts a sequence.
  init(validity: Storage? = nil, resets: Storage? = nil) {
    self.validity = validity
    self.resets = resets
  }

  /// The marks for the samples' lengths and, for each sample, the steps that start a sequence; padding starts none.
  init(lengths: [Int]?, resets: [[Int]]? = nil, steps: Int, batch: Int) {
    Self.check(lengths: lengths, resets: resets, steps: steps, batch: batch)
    validity = lengths.map { Self.validity($0, steps: steps, batch: batch) }
    self.resets = resets.map { Self.resets($0, lengths, steps: steps, batch: batch) }
  }

  /// Stops where lengths or resets do not suit a sequence.
  static func check(lengths: [Int]?, resets: [[Int]]?, steps: Int, batch: Int) {
    if let lengths {
      require(lengths.count == batch, "\(lengths.count) lengths for a batch of \(batch)")
      require(
        lengths.allSatisfy { 0...steps ~= $0 }, "lengths \(lengths) are not all in 0...\(steps)")
    }
    guard let resets else { return }
    require(resets.count == batch, "resets of \(resets.count) samples for a batch of \(batch)")
    for step in resets.joined() {
      require(0..<steps ~= step, "expected resets at steps in 0..<\(steps), found \(step)")
    }
  }

  private static func validity(_ lengths: [Int], steps: Int, batch: Int) -> Storage {
    let storage = Storage(count: steps * batch)
    for step in 0..<steps {
      for sample in 0..<batch {
        storage[step * batch + sample] = step < lengths[sample] ? 1 : 0
      }
    }
    return storage
  }

  private static func resets(
    _ resets: [[Int]], _ lengths: [Int]?, steps: Int, batch: Int
  ) -> Storage {
    let storage = Storage(repeating: 0, count: steps * batch)
    for (sample, starts) in resets.enumerated() {
      for step in starts where step < lengths?[sample] ?? steps {
        storage[step * batch + sample] = 1
      }
    }
    return storage
  }

  /// The number of valid steps of each sample, if these are its first ones; nil if a valid step follows padding.
  func lengths(steps: Int, batch: Int) -> [Int]? {
    guard let validity else { return Array(repeating: steps, count: batch) }
    var lengths = Array(repeating: 0, count: batch)
    for step in 0..<steps {
      for sample in 0..<batch where validity[step * batch + sample] != 0 {
        guard lengths[sample] == step else { return nil }
        lengths[sample] += 1
      }
    }
    return lengths
  }

  /// The same marks where some steps are padding, else without ``validity``.
  func withoutWholeValidity(steps: Int, batch: Int) -> StepMarks {
    guard validity != nil else { return self }
    let isWhole = lengths(steps: steps, batch: batch)?.allSatisfy { $0 == steps } ?? false
    return isWhole ? StepMarks(resets: resets) : self
  }

  /// The sequence with zeros in the padding, so that a NaN or infinity there reaches no product (zero times it
  /// is NaN). The sequence itself if its padding is zero already.
  func withoutPadding(_ x: Tensor, timeAxis: Int) -> Tensor {
    guard let validity, validity.count > 0 else { return x }
    let (steps, batch, width) = (x.shape[timeAxis], x.shape[1 - timeAxis], x.shape[2])
    var cleared: Storage?
    for step in 0..<steps {
      for sample in 0..<batch where validity[step * batch + sample] == 0 {
        let start = (timeAxis == 0 ? step * batch + sample : sample * steps + step) * width
        let row = start..<start + width
        if x.storage.isZero(row) { continue }
        let storage = cleared ?? x.storage.copy(0..<x.count)
        storage.fill(row, with: 0)
        cleared = storage
      }
    }
    return cleared.map { Tensor(storage: $0, shape: x.shape) } ?? x
  }

  /// The resets for the reverse direction, where a sequence's first step is its last one: the step before it starts
  /// a sequence.
  func reversedResets(batch: Int) -> Storage? {
    resets.map { resets in
      let shifted = Storage(count: resets.count)
      shifted.copy(batch..<resets.count, of: resets)
      shifted.fill(resets.count - batch..<resets.count, with: 0)
      return shifted
    }
  }

  /// Marks the first step as the start of a sequence for the given samples.
  mutating func startSequences(of samples: [Bool], steps: Int) {
    guard samples.contains(true) else { return }
    let batch = samples.count
    let marked =
      resets?.steps(0..<steps, batch: batch) ?? Storage(repeating: 0, count: steps * batch)
    for sample in 0..<batch where samples[sample] { marked[sample] = 1 }
    resets = marked
  }

  /// Marks all steps of a sample as padding.
  mutating func markAsPadding(sample: Int, steps: Int, batch: Int) {
    let valid =
      validity?.steps(0..<steps, batch: batch) ?? Storage(repeating: 1, count: steps * batch)
    let starts = resets?.steps(0..<steps, batch: batch)
    for step in 0..<steps {
      valid[step * batch + sample] = 0
      starts?[step * batch + sample] = 0
    }
    (validity, resets) = (valid, starts)
  }

  /// These steps and the ones of a window after them.
  func followed(by other: StepMarks, steps: Int, window: Int, batch: Int) -> StepMarks {
    func joined(_ a: Storage?, _ b: Storage?, else value: Float) -> Storage? {
      if a == nil, b == nil { return nil }
      let whole = Storage(repeating: value, count: (steps + window) * batch)
      if let a { whole.copy(0..<steps * batch, of: a) }
      if let b { whole.copy(0..<window * batch, of: b, to: steps * batch) }
      return whole
    }
    return StepMarks(
      validity: joined(validity, other.validity, else: 1),
      resets: joined(resets, other.resets, else: 0))
  }

  /// Some of the steps.
  func steps(_ range: Range<Int>, batch: Int) -> StepMarks {
    StepMarks(
      validity: validity?.steps(range, batch: batch), resets: resets?.steps(range, batch: batch))
  }
}

extension Storage {
  /// Some steps of a mask `[T, B]`.
  fileprivate func steps(_ range: Range<Int>, batch: Int) -> Storage {
    copy(range.lowerBound * batch..<range.upperBound * batch)
  }
}
