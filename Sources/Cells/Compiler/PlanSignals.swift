import TensorCore

/// The memory that a run reads and writes outside of its own: the caller's signals, by number.
///
/// A run asks for each of them once, when it binds its memory, and keeps it alive until it ends.
protocol PlanSignals {
  /// A signal that the run reads, `[T, B, width]`.
  func sequence(_ index: Int) -> Area
  /// A signal that the run writes, `[T, B, width]`.
  func output(_ index: Int) -> Area
  /// A state before the first step, `[B, width]`; nil for zeros.
  func initialState(_ index: Int) -> Floats?
  /// The memory of a gathered value.
  func gathered(_ index: Int) -> Floats
}

/// The signals of a backward pass.
struct BackwardSignals: PlanSignals {
  let trail: Plan.Trail
  let sources: [Derivative.Source]
  let outputCotangent: Area
  let inputCotangent: Area
  let stateCotangents: [Floats?]
  let gradients: [Floats]

  func sequence(_ index: Int) -> Area {
    if sources[index] == .outputCotangent { return outputCotangent }
    // The saved signals stand in the order of the sources, of which one is the output's cotangent.
    let isAfter = sources[..<index].contains(.outputCotangent)
    return trail.kept[isAfter ? index - 1 : index]
  }

  func output(_ index: Int) -> Area { inputCotangent }
  func initialState(_ index: Int) -> Floats? { stateCotangents[index] }
  func gathered(_ index: Int) -> Floats { gradients[index] }
}
