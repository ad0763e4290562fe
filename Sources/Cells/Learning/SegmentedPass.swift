import TensorCore

/// One pass of a layer over a sequence that is cut into segments, each from the states that the one
/// before it ended with.
///
/// Without trails only the states between the segments are kept, and each segment is run again when the
/// way back comes to it: with segments of √T steps, memory falls to about √T of T.
struct SegmentedPass {
  private let layer: Recurrent
  private let input: Tensor
  private let lengths: [Int]?
  private let cuts: [Range<Int>]
  /// The passes, where their trails are kept.
  private var passes: [RecurrentPass] = []
  /// The states before each segment, and after the last.
  private(set) var states: [[Tensor]]
  private(set) var output: Tensor

  init(
    _ layer: Recurrent, _ x: Tensor, _ initialStates: [Tensor], _ lengths: [Int]?,
    cuts: [Range<Int>], keepsTrails: Bool
  ) {
    self.layer = layer
    self.lengths = lengths
    self.cuts = cuts
    input = x.detached()
    states = [initialStates.map { $0.detached() }]
    output = input
    var outputs: [Tensor] = []
    for index in cuts.indices {
      let pass = pass(index, learns: keepsTrails)
      outputs.append(pass.output)
      states.append(pass.finalStates)
      if keepsTrails { passes.append(pass) }
    }
    output = concatenate(outputs, along: layer.timeAxis)
  }

  private func pass(_ index: Int, learns: Bool) -> RecurrentPass {
    let range = cuts[index]
    return RecurrentPass(
      layer, input.slice(range, along: layer.timeAxis), states[index],
      lengths.map { $0.map { min(max($0 - range.lowerBound, 0), range.count) } }, masks: [],
      learns: learns)
  }

  /// From the output's cotangent to those of the input, the initial states and the parameters.
  func pullBack(_ cotangent: Tensor?) -> [Tensor?] {
    var inputs: [Tensor] = []
    var later: [Tensor?] = states[0].map { _ in nil }
    var parameters: [Tensor?] = []
    for index in cuts.indices.reversed() {
      let pass = passes.isEmpty ? pass(index, learns: true) : passes[index]
      let part = cotangent.map { $0.slice(cuts[index], along: layer.timeAxis) }
      let result = pass.pullback([part] + later)
      if let input = result[0] { inputs.insert(input, at: 0) }
      later = Array(result[1...later.count])
      let gradients = result.dropFirst(1 + later.count)
      parameters =
        parameters.isEmpty
        ? Array(gradients)
        : zip(parameters, gradients).map { a, b in
          guard let a, let b else { return a ?? b }
          return a + b
        }
    }
    return [concatenate(inputs, along: layer.timeAxis)] + later + parameters
  }
}

extension Recurrent {
  /// Which axis of the input is time.
  var timeAxis: Int { layout == .timeFirst ? 0 : 1 }
}
