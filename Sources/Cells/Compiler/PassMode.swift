/// What a pass leaves for a derivative.
enum PassMode: Int, CaseIterable, Sendable {
  /// Nothing: nobody asks for one.
  case inference
  /// What the backward pass reads.
  case learning
  /// The same for a backward pass that leaves out what the units of the states do to each other: SnAp-1.
  case learningWithinUnits

  /// For a pass that a tape follows, or none.
  init(isTracked: Bool) { self = isTracked ? .learning : .inference }
}
