/// What a forward pass saves for a backward pass.
enum PassMode: Int, CaseIterable, Sendable {
  /// Nothing: there is no backward pass.
  case inference
  /// The activations that the backward pass reads.
  case learning
  /// The same for a backward pass that omits the influence of state units on each other: SnAp-1.
  case learningWithinUnits

  /// The mode of a pass that a tape records, or not.
  init(isTracked: Bool) { self = isTracked ? .learning : .inference }
}
