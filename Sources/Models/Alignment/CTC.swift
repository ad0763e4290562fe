import Requirements
import TensorCore

/// Connectionist temporal classification: labels for a sequence of frames without knowing which frame says which.
///
/// A model gives logits for the labels and a blank at each frame. A path is one choice a frame; it reads as labels by
/// writing runs of the same label once and leaving out the blanks: `a a - a b` reads `a a b`. The probability of labels
/// is the sum over all paths that read so.
///
/// A. Graves et al., Connectionist temporal classification, ICML 2006.
public enum CTC {
  /// Whether labels can be read from this number of frames: one for each, and one more between equal neighbours.
  public static func fits(_ labels: [Int32], frames: Int) -> Bool {
    let repeats = zip(labels, labels.dropFirst()).count { $0 == $1 }
    return labels.count + repeats <= frames
  }

  /// The mean over the samples of -log p(labels), in nats. Differentiable in the logits, exactly, by the
  /// forward-backward recursion.
  ///
  /// A sample whose labels do not fit its frames (see ``fits(_:frames:)``) has probability 0: it is left out of the mean,
  /// without gradient. With no sample left the loss is 0.
  ///
  /// - Parameters:
  ///   - logits: `[T, B, V]`, unnormalised log-probabilities of the labels and the blank.
  ///   - labels: For each sample its labels, from 0 up to V and not the blank.
  ///   - lengths: The number of frames of each sample; nil for T.
  ///   - blank: The label that stands for none.
  public static func loss(
    _ logits: Tensor, _ labels: [[Int32]], lengths: [Int]? = nil, blank: Int32 = 0
  ) -> Tensor {
    require(logits.rank == 3, "expected logits [T, B, V], found shape \(logits.shape)")
    let (steps, batch, width) = (logits.shape[0], logits.shape[1], logits.shape[2])
    let lengths = lengths ?? [Int](repeating: steps, count: batch)
    require(
      labels.count == batch && lengths.count == batch && lengths.allSatisfy { (0...steps) ~= $0 },
      "\(labels.count) samples of labels and lengths \(lengths) for logits of shape \(logits.shape)"
    )
    require(
      (0..<width).contains(Int(blank))
        && labels.allSatisfy { $0.allSatisfy { $0 != blank && (0..<width).contains(Int($0)) } },
      "expected labels from 0 up to \(width), other than the blank \(blank)")
    let (total, gradient, counted) = sums(logits, labels, lengths, blank)
    guard counted > 0 else {
      return Tensor.record([Tensor(0)], dependingOn: [logits]) { _ in [nil] }[0]
    }
    let slope = Tensor(gradient, shape: logits.shape)
    let scale = 1 / Float(counted)
    return Tensor.record([Tensor(Float(total / Double(counted)))], dependingOn: [logits]) {
      outputs in
      [outputs[0].map { slope * ($0.scalar * scale) }]
    }[0]
  }

  /// The sum of the losses, its gradient, and how many samples fit their frames.
  private static func sums(
    _ logits: Tensor, _ labels: [[Int32]], _ lengths: [Int], _ blank: Int32
  ) -> (loss: Double, gradient: [Float], samples: Int) {
    let (batch, width) = (logits.shape[1], logits.shape[2])
    let scalars = logits.scalars
    var gradient = [Float](repeating: 0, count: scalars.count)
    var (total, counted) = (0.0, 0)
    for sample in 0..<batch {
      let frames = (0..<lengths[sample]).map { step in
        logProbabilities(scalars, from: (step * batch + sample) * width, width)
      }
      guard fits(labels[sample], frames: frames.count), !frames.isEmpty else { continue }
      let lattice = CTCLattice(labels[sample], blank: blank, frames)
      guard lattice.logLikelihood > -.infinity else { continue }
      total -= lattice.logLikelihood
      counted += 1
      for (step, frame) in frames.enumerated() {
        let start = (step * batch + sample) * width
        for (label, log) in frame.enumerated() { gradient[start + label] = Float(exponential(log)) }
        for (label, share) in lattice.posteriors(step) {
          gradient[start + Int(label)] -= Float(share)
        }
      }
    }
    return (total, gradient, counted)
  }

  /// Reads the likeliest path: at each frame the likeliest label, runs once, blanks left out.
  ///
  /// - Parameters:
  ///   - logits: `[T, V]`.
  ///   - blank: the label of no symbol.
  public static func greedy(_ logits: Tensor, blank: Int32 = 0) -> [Int32] {
    require(logits.rank == 2, "expected logits [T, V], found shape \(logits.shape)")
    var (labels, last) = ([Int32](), blank)
    for label in logits.shape[0] == 0 ? [] : logits.argmax() {
      if label != last, label != blank { labels.append(label) }
      last = label
    }
    return labels
  }

  /// The likeliest labels, by a search that keeps the `width` likeliest prefixes at each frame.
  ///
  /// The paths of a prefix are summed, so that the result is likelier than that of the likeliest path; with enough
  /// width it is the likeliest of all.
  ///
  /// A. Graves, Supervised sequence labelling with recurrent neural networks, 2012, chapter 7; A. Hannun et al., 2014.
  ///
  /// - Parameters:
  ///   - logits: `[T, V]`.
  ///   - width: the number of prefixes that are kept.
  ///   - blank: the label of no symbol.
  /// - Returns: The labels, and the logarithm of their probability as far as the kept prefixes have it.
  public static func beamSearch(
    _ logits: Tensor, width: Int = 16, blank: Int32 = 0
  ) -> (labels: [Int32], logProbability: Double) {
    require(logits.rank == 2, "expected logits [T, V], found shape \(logits.shape)")
    require(width >= 1, "expected a beam of 1 or more, found \(width)")
    let (steps, size) = (logits.shape[0], logits.shape[1])
    let scalars = logits.scalars
    var beam: [[Int32]: CTCPrefix] = [[]: CTCPrefix(blank: 0)]
    for step in 0..<steps {
      let frame = logProbabilities(scalars, from: step * size, size)
      var next: [[Int32]: CTCPrefix] = [:]
      for (labels, prefix) in beam {
        next[labels, default: CTCPrefix()].blank.addLog(prefix.total + frame[Int(blank)])
        if let last = labels.last {
          next[labels, default: CTCPrefix()].label.addLog(prefix.label + frame[Int(last)])
        }
        for label in 0..<Int32(size) where label != blank {
          // The same label again is a new one only after a blank.
          let from = label == labels.last ? prefix.blank : prefix.total
          guard from > -.infinity else { continue }
          next[labels + [label], default: CTCPrefix()].label.addLog(from + frame[Int(label)])
        }
      }
      let best = next.sorted { a, b in
        a.value.total != b.value.total
          ? a.value.total > b.value.total : a.key.lexicographicallyPrecedes(b.key)
      }
      beam = [[Int32]: CTCPrefix](
        uniqueKeysWithValues: best.prefix(width).map { ($0.key, $0.value) })
    }
    let best = beam.max { a, b in
      a.value.total != b.value.total
        ? a.value.total < b.value.total : b.key.lexicographicallyPrecedes(a.key)
    }
    return (best?.key ?? [], best?.value.total ?? 0)
  }

  /// The log-probabilities of a row of logits.
  private static func logProbabilities(_ scalars: [Float], from start: Int, _ width: Int)
    -> [Double]
  {
    let row = scalars[start..<start + width].map { Double($0) }
    let norm = logSumExp(row)
    return row.map { $0 - norm }
  }
}

/// The log-probabilities of the paths that read as a prefix, by what they end in.
private struct CTCPrefix {
  /// Of those that end in a blank.
  var blank = -Double.infinity
  /// Of those that end in the prefix's last label.
  var label = -Double.infinity

  var total: Double {
    var sum = blank
    sum.addLog(label)
    return sum
  }
}

/// The probabilities of all paths that read as given labels: states are the labels with blanks around them.
private struct CTCLattice {
  /// Label or blank of each state: `- a - b -`.
  private let states: [Int32]
  /// The logarithm of the probability of all beginnings that end in a state at a step, with the step's own choice.
  private var forward: [[Double]] = []
  /// The same of all ends after the step.
  private var backward: [[Double]] = []
  private(set) var logLikelihood = -Double.infinity

  init(_ labels: [Int32], blank: Int32, _ frames: [[Double]]) {
    states = [blank] + labels.flatMap { [$0, blank] }
    let (states, count) = (states, states.count)
    // A blank between different labels can be left out.
    func canSkip(to state: Int) -> Bool {
      state >= 2 && states[state] != blank && states[state] != states[state - 2]
    }
    let impossible = [Double](repeating: -.infinity, count: count)
    forward = [[Double]](repeating: impossible, count: frames.count)
    backward = forward
    for state in 0..<min(2, count) { forward[0][state] = frames[0][Int(states[state])] }
    for step in frames.indices.dropFirst() {
      for state in 0..<count {
        var sum = forward[step - 1][state]
        if state >= 1 { sum.addLog(forward[step - 1][state - 1]) }
        if canSkip(to: state) { sum.addLog(forward[step - 1][state - 2]) }
        forward[step][state] = sum + frames[step][Int(states[state])]
      }
    }
    let last = frames.count - 1
    for state in max(0, count - 2)..<count { backward[last][state] = 0 }
    for step in frames.indices.dropLast().reversed() {
      for state in 0..<count {
        func after(_ next: Int) -> Double {
          backward[step + 1][next] + frames[step + 1][Int(states[next])]
        }
        var sum = after(state)
        if state + 1 < count { sum.addLog(after(state + 1)) }
        if state + 2 < count, canSkip(to: state + 2) { sum.addLog(after(state + 2)) }
        backward[step][state] = sum
      }
    }
    logLikelihood = logSumExp((max(0, count - 2)..<count).map { forward[last][$0] })
  }

  /// The probabilities of the states at a step, given the labels.
  func posteriors(_ step: Int) -> [(label: Int32, probability: Double)] {
    states.indices.map { state in
      (states[state], exponential(forward[step][state] + backward[step][state] - logLikelihood))
    }
  }
}
