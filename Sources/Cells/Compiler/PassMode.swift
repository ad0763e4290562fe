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

/// Whether a backward pass computes the cotangent of its input. A third of the work of a layer's products of its input
/// is done for it.
enum InputCotangent: Sendable {
  case computed
  /// Nobody reads it.
  case omitted

  /// That of an input that a tape tracks, or not.
  init(isTracked: Bool) { self = isTracked ? .computed : .omitted }
}
