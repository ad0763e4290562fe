import TensorCore

/// What a pass does with the steps behind a sample's end.
enum PaddedSteps: Equatable {
  /// They are not computed; the pass's signals are in memory for these rows.
  case skipped(StepRows.Memory)
  /// They are computed, and the states held: where a step that counts follows padding, as it may in a window's history.
  case masked
}

/// The samples of a batch of different lengths in the order in which a pass runs them, the longest first, so that each
/// step has the first of them. Samples without a step are left out.
///
/// Tensors `[T, B, width]` of either layout become `[rows, width]`, step after step: what stands in padding is not read.
struct PackedSamples {
  /// By row of a step.
  let samples: [Int]
  let rows: StepRows
  /// The number of steps and samples of the whole batch.
  private let steps: Int
  private let batch: Int

  /// Nil where no sample has padding, or padded steps are to be masked.
  init?(_ marks: StepMarks, steps: Int, batch: Int, _ padding: PaddedSteps) {
    guard case .skipped(let memory) = padding, marks.validity != nil,
      let lengths = marks.lengths(steps: steps, batch: batch)
    else { return nil }
    // Equal lengths keep their order.
    samples = lengths.indices.filter { lengths[$0] > 0 }.sorted {
      (lengths[$1], $0) < (lengths[$0], $1)
    }
    rows = StepRows(samples.map { lengths[$0] }, memory)
    (self.steps, self.batch) = (steps, batch)
  }

  /// The rows of a tensor in a layout.
  func packed(_ x: Tensor, _ layout: Recurrent.Layout) -> Tensor {
    let width = x.shape[2]
    let (time, sample) = strides(layout, width)
    let packed = Tensor(uninitialized: [rows.rowCount, width])
    packRows(
      x.elements, timeStride: time, sampleStride: sample, width: width, rows, samples: samples,
      into: packed.elements)
    return packed
  }

  /// The tensor in a layout that has these rows, and zeros in the padding.
  func unpacked(_ packed: Tensor, _ layout: Recurrent.Layout) -> Tensor {
    let width = packed.shape[1]
    let (time, sample) = strides(layout, width)
    let shape = layout == .timeFirst ? [steps, batch, width] : [batch, steps, width]
    let x = Tensor(zeros: shape)
    unpackRows(
      packed.elements, width: width, rows, samples: samples, into: x.elements, timeStride: time,
      sampleStride: sample)
    return x
  }

  private func strides(_ layout: Recurrent.Layout, _ width: Int) -> (time: Int, sample: Int) {
    layout == .timeFirst ? (batch * width, width) : (width, steps * width)
  }

  /// The samples' part of a state `[L * D, B, width]`.
  func part(ofState state: Tensor) -> Tensor {
    let (places, width) = (state.shape[0], state.shape[2])
    let part = Tensor(uninitialized: [places, samples.count, width])
    for place in 0..<places {
      for (row, sample) in samples.enumerated() {
        copyRow(
          state.elements + (place * batch + sample) * width, count: width,
          into: part.elements + (place * samples.count + row) * width)
      }
    }
    return part
  }

  /// A layer's state of all samples, of which those without a step have that of `others`, or zeros.
  func states(_ part: Tensor, others: Tensor?, of layer: Recurrent, state number: Int) -> Tensor {
    let (places, width) = (part.shape[0], part.shape[2])
    let state = Tensor(zeros: [places, batch, width])
    func copy(_ source: Floats, row: Int, width: Int) {
      copyRow(source, count: width, into: state.elements + row * part.shape[2])
    }
    for place in 0..<places {
      let own = layer.plans[place].cell.states[number].width
      for sample in Set(0..<batch).subtracting(samples) {
        let row = place * batch + sample
        if let others { copy(others.elements + row * width, row: row, width: own) }
      }
      for (row, sample) in samples.enumerated() {
        copy(
          part.elements + (place * samples.count + row) * width, row: place * batch + sample,
          width: width)
      }
    }
    return state
  }

  /// The samples' masks.
  func masks(_ masks: RandomMasks) -> RandomMasks {
    var own = masks
    own.signals = masks.signals.map {
      $0.map { $0.shape[0] == 1 ? part(ofState: $0) : packed($0, .timeFirst) }
    }
    return own
  }

  // MARK: Resets

  /// The samples' resets, by row.
  func marks(_ marks: StepMarks) -> StepMarks {
    guard let resets = marks.resets else { return StepMarks() }
    return StepMarks(
      resets: packed(Tensor(storage: resets, shape: [steps, batch, 1]), .timeFirst).storage)
  }

  /// The samples' resets for the reverse direction: the step before one that starts a sequence starts one.
  func reversed(_ resets: Storage?) -> Storage? {
    guard let resets else { return nil }
    let shifted = Storage(repeating: 0, count: resets.count)
    for step in 1..<max(1, rows.steps) {
      let count = rows.samples(atStep: step)
      let start = rows.start(ofStep: step)
      shifted.copy(start..<start + count, of: resets, to: rows.start(ofStep: step - 1))
    }
    return shifted
  }
}
