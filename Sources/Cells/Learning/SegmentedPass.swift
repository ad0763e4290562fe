import TensorCore

/// A pass of a layer over a sequence that is cut into segments, each from the final states of the one before it.
///
/// In the mode ``PassMode/inference`` only the states between the segments are saved, and the backward pass
/// recomputes each segment: with segments of √T steps, memory falls to about √T of T. Segments of whole blocks
/// (``PlanRun/stepsInBlock(batch:)``) give the same bits as the sequence in one piece.
struct SegmentedPass {
  private let layer: Recurrent
  private let input: Tensor
  private let batch: Int
  private let marks: StepMarks
  private let cuts: [Range<Int>]
  /// The same for all segments, since sums over them are added up in one place.
  private let padding: PaddedSteps
  /// The passes, if their activations are saved.
  private var passes: [RecurrentPass] = []
  /// The states before each segment and after the last.
  private(set) var states: [[Tensor]]
  private(set) var output: Tensor

  init(
    _ layer: Recurrent, _ x: Tensor, _ initialStates: [Tensor], _ marks: StepMarks,
    cuts: [Range<Int>], _ mode: PassMode
  ) {
    self.layer = layer
    self.marks = marks
    self.cuts = cuts
    let batch = layer.batch(of: x)
    self.batch = batch
    let isPacked = cuts.allSatisfy {
      marks.steps($0, batch: batch).lengths(steps: $0.count, batch: batch) != nil
    }
    padding = isPacked ? .skipped(.packed) : .masked
    input = x.detached()
    states = [initialStates.map { $0.detached() }]
    output = input
    var outputs: [Tensor] = []
    for index in cuts.indices {
      let pass = pass(index, mode)
      outputs.append(pass.output)
      states.append(pass.finalStates)
      if mode == .learning { passes.append(pass) }
    }
    output = concatenate(outputs, along: layer.timeAxis)
  }

  /// The bytes of the states between the segments.
  var stateByteCount: Int {
    states.joined().reduce(0) { $0 + $1.count } * MemoryLayout<Float>.stride
  }

  private func pass(_ index: Int, _ mode: PassMode) -> RecurrentPass {
    let range = cuts[index]
    return RecurrentPass(
      layer, input.slice(range, along: layer.timeAxis), states[index],
      marks.steps(range, batch: batch), mode, padding: padding)
  }

  /// Whether a segment is padding.
  private func isEmpty(_ index: Int) -> Bool {
    marks.steps(cuts[index], batch: batch).lengths(steps: cuts[index].count, batch: batch)?
      .allSatisfy { $0 == 0 } ?? false
  }

  /// Maps the output's cotangent to those of the input, the initial states and the parameters.
  ///
  /// `keeping` receives the bytes of activations that each segment saves for its backward pass.
  func pullBack(_ cotangent: Tensor?, keeping report: (Int) -> Void = { _ in }) -> [Tensor?] {
    var inputs: [Tensor] = []
    var later: [Tensor?] = states[0].map { _ in nil }
    var segment = LayerSegment(of: layer, isWhole: false)
    let last = cuts.indices.last { !isEmpty($0) } ?? 0
    for index in cuts.indices.reversed() {
      if index > last {
        inputs.append(Tensor(zeros: input.slice(cuts[index], along: layer.timeAxis).shape))
        continue
      }
      let pass = passes.isEmpty ? pass(index, .learning) : passes[index]
      report(pass.trailByteCount)
      let part = cotangent.map { $0.slice(cuts[index], along: layer.timeAxis) }
      segment.isFirst = index == last
      segment.isLast = index == 0
      let result = pass.pullBack([part] + later, &segment, .computed)
      if let input = result[0] { inputs.append(input) }
      later = Array(result.dropFirst())
    }
    return [concatenate(inputs.reversed(), along: layer.timeAxis)] + later
      + segment.gradients.flatMap { $0 }
  }
}

extension RecurrentPass {
  /// The bytes of saved activations, besides the input and the output.
  var trailByteCount: Int { trails.reduce(0) { $0 + $1.byteCount } }
}

extension Recurrent {
  /// Which axis of the input is time.
  var timeAxis: Int { layout == .timeFirst ? 0 : 1 }
}
