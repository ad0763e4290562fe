import TensorCore

/// A pass over samples of different lengths, by groups of like lengths.
final class GroupedPass {
  private let layer: Recurrent
  private let inputShape: [Int]
  private var parts: [(group: LengthGroups.Group, pass: RecurrentPass)] = []
  private(set) var output: Tensor
  private(set) var finalStates: [Tensor]

  /// What a step costs besides its rows, in multiplications and additions.
  private static let workOfStep = 50_000

  init(
    _ layer: Recurrent, _ x: Tensor, _ initialStates: [Tensor], lengths: [Int],
    resets: [[Int]]?, masks: RandomMasks?, _ mode: PassMode
  ) {
    self.layer = layer
    inputShape = x.shape
    output = Tensor(zeros: x.shape.dropLast() + [layer.outputSize])
    finalStates = initialStates.map { $0.detached() }
    let work = layer.plans[0].plan(.init(mode: mode)).forwardSchedule.work
    for group in LengthGroups(lengths, rowsPerStep: 1 + Self.workOfStep / max(1, work)).groups {
      let pass = RecurrentPass(
        layer, group.part(of: x, layer.layout),
        initialStates.map { group.part(ofState: $0) },
        StepMarks(of: group, resets: resets),
        masks: masks?.part(group), mode, keeping: .spacedIfLarge)
      group.put(pass.output, into: &output, layer.layout)
      for (number, state) in pass.finalStates.enumerated() {
        group.put(state: state, into: &finalStates[number])
      }
      if mode != .inference { parts.append((group, pass)) }
    }
  }

  /// Adds to the cotangents of the input, each initial state and each parameter what those of the output and of each
  /// final state give.
  func pullBack(_ cotangents: [Tensor?], to inputs: inout Cotangents) {
    var input = Tensor(zeros: inputShape)
    // A sample without a step ends with the state that it started from.
    var states = finalStates.enumerated().map { number, state in
      cotangents[1 + number]?.detached() ?? Tensor(zeros: state.shape)
    }
    for (group, pass) in parts {
      let results = pass.pullBack(
        [cotangents[0].map { group.part(of: $0, layer.layout) }]
          + cotangents.dropFirst().map { $0.map { group.part(ofState: $0) } },
        InputCotangent(isTracked: inputs.isTracked(0)))
      for (number, result) in results.enumerated() {
        guard let result else { continue }
        switch number {
        case 0: group.put(result, into: &input, layer.layout)
        case ...states.count: group.put(state: result, into: &states[number - 1])
        default: inputs.add(result, to: number)
        }
      }
    }
    for (number, result) in ([input] + states).enumerated() { inputs.add(result, to: number) }
  }
}

extension StepMarks {
  /// The marks of a group's samples.
  fileprivate init(of group: LengthGroups.Group, resets: [[Int]]?) {
    self.init(
      lengths: group.isPadded ? group.lengths : nil,
      resets: resets.map { resets in
        zip(group.samples, group.lengths).map { sample, length in
          resets[sample].filter { $0 < length }
        }
      }, steps: group.steps, batch: group.samples.count)
  }
}

extension RandomMasks {
  /// The masks of a group's samples.
  fileprivate func part(_ group: LengthGroups.Group) -> RandomMasks {
    var part = self
    part.signals = signals.map { $0.map { group.part(of: $0, .timeFirst) } }
    return part
  }
}
