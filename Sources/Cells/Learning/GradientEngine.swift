/// How the gradient of a recurrent layer is found along a sequence that is longer than a window.
public enum GradientEngine: Sendable, Hashable, Codable {
  /// Backpropagation through the window: exact inside of it; what was before it counts as given.
  case bptt

  /// Real-time recurrent learning: exact over everything since the start of the sequence, in memory that
  /// does not grow with it.
  ///
  /// A dense recurrence of H units costs O(H³) memory and O(H⁴) time a step: up to about 100 units.
  case rtrl
}
