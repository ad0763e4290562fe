import Requirements
import TensorCore

/// For truncated backpropagation, the steps before the window that the backward pass may reach.
struct TruncatedHistory: Sendable {
  /// The inputs of the steps, in the layer's layout; nil without steps.
  var input: Tensor?
  /// The number of the steps.
  var steps = 0
  /// Which of the steps count, and which start a sequence.
  var marks = StepMarks()
  /// The states before the steps.
  var states: [Tensor]
  /// Which samples are at the start of a sequence before the steps.
  var isStart: [Bool]

  /// No steps yet.
  init(states: [Tensor], isStart: [Bool]) {
    self.states = states
    self.isStart = isStart
  }

  /// Resets a sample: none of the steps belongs to its sequence any more.
  mutating func reset(sample: Int) {
    isStart[sample] = true
    if steps > 0 { marks.markAsPadding(sample: sample, steps: steps, batch: isStart.count) }
  }
}

extension Past {
  /// Recomputes the steps before the window, from the states before them, and then runs the window.
  func runTruncated(
    _ layer: Recurrent, _ x: Tensor, _ window: StepMarks, _ start: Start, _ reach: Int,
    _ mode: PassMode
  ) -> (output: Tensor, pullback: Pullback) {
    let (axis, steps) = (timeAxis, layer.steps(of: x))
    require(steps <= reach, "a window of \(steps) steps where the backward pass has \(reach)")
    var past =
      (start.samples.contains(false) ? history : nil)
      ?? TruncatedHistory(states: start.states, isStart: start.samples)
    for sample in 0..<batch where start.samples[sample] { past.reset(sample: sample) }
    let whole = past.input.map { concatenate([$0, x.detached()], along: axis) } ?? x.detached()
    let count = past.steps + steps
    let marks = past.marks.followed(by: window, steps: past.steps, window: steps, batch: batch)
    var replayed = marks
    if start.isLearned { replayed.startSequences(of: past.isStart, steps: count) }
    // The first steps are those that the next window of this length does not reach.
    let cut = max(0, min(count, count + steps - reach))
    let cuts = [0..<cut, cut..<count].filter { !$0.isEmpty }
    let pass = SegmentedPass(
      layer, whole,
      zip(start.initial, past.states).map { Self.choosing($0, where: past.isStart, else: $1) },
      replayed, cuts: cuts, mode)
    states = pass.states[pass.states.count - 1]
    history = remainder(of: whole, marks, cut, count, past.isStart, pass.states)
    let (isStart, stateCount) = (past.isStart, states.count)
    return (
      pass.output.slice(count - steps..<count, along: axis),
      { cotangent in
        let earlier = pass.output.slice(0..<count - steps, along: axis)
        let padded = cotangent.map {
          count == steps ? $0 : concatenate([Tensor(zeros: earlier.shape), $0], along: axis)
        }
        var cotangents = pass.pullBack(padded)
        cotangents[0] = cotangents[0].map { $0.slice(count - steps..<count, along: axis) }
        return Self.withoutEarlierStarts(cotangents, stateCount, isStart)
      }
    )
  }

  /// The steps from the cut on.
  private func remainder(
    of input: Tensor, _ marks: StepMarks, _ cut: Int, _ count: Int, _ isStart: [Bool],
    _ states: [[Tensor]]
  ) -> TruncatedHistory {
    // A sample without a step so far is still at its start.
    let stillStarts = isStart.enumerated().map { sample, isStart in
      isStart
        && (0..<cut).allSatisfy { step in marks.validity?[step * batch + sample] == 0 }
    }
    if cut == count { return TruncatedHistory(states: states[1], isStart: stillStarts) }
    var rest = TruncatedHistory(
      states: states[cut == 0 ? 0 : 1], isStart: stillStarts)
    rest.input = input.slice(cut..<count, along: timeAxis)
    rest.steps = count - cut
    rest.marks = marks.steps(cut..<count, batch: batch)
    return rest
  }
}
