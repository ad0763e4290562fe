import Requirements
import TensorCore

/// The samples of a batch in groups of like lengths. Each group is run over as many steps as its longest sample has, so
/// that little padding is computed and kept.
struct LengthGroups {
  struct Group: Equatable {
    /// The samples and their lengths, the longest first.
    var samples: [Int]
    var lengths: [Int]

    /// The steps of the longest sample.
    var steps: Int { lengths[0] }
    var isPadded: Bool { lengths.contains { $0 < steps } }
  }

  /// The groups, from the longest samples to the shortest. A sample without a step is in none.
  private(set) var groups: [Group] = []

  /// As how many more rows of samples a group's step counts, since it reads the weights once more.
  private let rowsPerStep: Int

  init(_ lengths: [Int], rowsPerStep: Int) {
    self.rowsPerStep = rowsPerStep
    // Equal lengths keep their order.
    let sorted = lengths.indices.filter { lengths[$0] > 0 }.sorted {
      (lengths[$1], $0) < (lengths[$0], $1)
    }
    divide(sorted[...], lengths)
  }

  /// Adds samples as one group or, where that takes less, as the groups of two parts.
  private mutating func divide(_ samples: ArraySlice<Int>, _ lengths: [Int]) {
    guard let first = samples.first else { return }
    func cost(_ count: Int, _ steps: Int) -> Int { (count + rowsPerStep) * steps }
    let whole = cost(samples.count, lengths[first])
    let cuts = samples.indices.dropFirst().map { cut in
      let before = cut - samples.startIndex
      let parts = cost(before, lengths[first]) + cost(samples.count - before, lengths[samples[cut]])
      return (cut: cut, cost: parts)
    }
    guard let best = cuts.min(by: { $0.cost < $1.cost }), best.cost < whole else {
      groups.append(Group(samples: Array(samples), lengths: samples.map { lengths[$0] }))
      return
    }
    divide(samples[..<best.cut], lengths)
    divide(samples[best.cut...], lengths)
  }
}

extension LengthGroups.Group {
  /// The samples' steps of a tensor in a layout, with zeros in the padding.
  func part(of whole: Tensor, _ layout: Recurrent.Layout) -> Tensor {
    let count = min(steps, layout.steps(of: whole))
    return part(of: whole, layout, steps: count, lengths.map { min($0, count) })
  }

  /// The samples' part of a state `[L * D, B, width]`.
  func part(ofState state: Tensor) -> Tensor {
    let count = state.shape[0]
    return part(of: state, .timeFirst, steps: count, samples.map { _ in count })
  }

  private func part(
    of whole: Tensor, _ layout: Recurrent.Layout, steps: Int, _ lengths: [Int]
  ) -> Tensor {
    let shape = layout == .timeFirst ? [steps, samples.count] : [samples.count, steps]
    let part = Tensor(zeros: shape + [whole.shape[2]])
    for (index, sample) in samples.enumerated() {
      layout.copy(sample, of: whole, steps: lengths[index], to: part, as: index)
    }
    return part
  }

  /// Puts the samples' steps back into a tensor of all samples.
  func put(_ part: Tensor, into whole: inout Tensor, _ layout: Recurrent.Layout) {
    _ = whole.writableElements()
    for (index, sample) in samples.enumerated() {
      layout.copy(index, of: part, steps: lengths[index], to: whole, as: sample)
    }
  }

  /// Puts the samples' part of a state back.
  func put(state part: Tensor, into whole: inout Tensor) {
    _ = whole.writableElements()
    for (index, sample) in samples.enumerated() {
      Recurrent.Layout.timeFirst.copy(index, of: part, steps: part.shape[0], to: whole, as: sample)
    }
  }
}

extension Recurrent.Layout {
  fileprivate func steps(of x: Tensor) -> Int { x.shape[self == .timeFirst ? 0 : 1] }

  /// The floats from one step to the next, and from one sample to the next.
  private func strides(of x: Tensor) -> (step: Int, sample: Int) {
    let (outer, inner) = (x.shape[1] * x.shape[2], x.shape[2])
    return self == .timeFirst ? (outer, inner) : (inner, outer)
  }

  /// Copies a sample's first steps to a sample of another tensor in the same layout.
  fileprivate func copy(
    _ sample: Int, of source: Tensor, steps: Int, to target: Tensor, as index: Int
  ) {
    let (from, to) = (strides(of: source), strides(of: target))
    copyRows(
      source.elements + sample * from.sample, stride: from.step, rows: steps,
      width: source.shape[2], into: target.elements + index * to.sample, stride: to.step)
  }
}
