extension Tensor: Equatable {
  /// Whether the shapes are the same and all elements are equal, as floats are: 0 equals -0, and
  /// NaN equals nothing.
  public static func == (a: Tensor, b: Tensor) -> Bool {
    a.shape == b.shape && a.firstIndex(differingFrom: b) { $0 == $1 } == nil
  }

  /// Whether the shapes are the same and every element is close to the other's: the two are at most
  /// `absoluteTolerance` apart, or at most `relativeTolerance` times the larger of their magnitudes.
  /// Equal infinities are close; NaN is close to nothing.
  public func isApproximatelyEqual(
    to other: Tensor, relativeTolerance: Float = Float.ulpOfOne.squareRoot(),
    absoluteTolerance: Float = 0
  ) -> Bool {
    shape == other.shape
      && firstIndex(differingFrom: other) { a, b in
        if a == b { return true }
        let scale = Swift.max(a.magnitude, b.magnitude)
        return scale.isFinite
          && (a - b).magnitude <= Swift.max(absoluteTolerance, relativeTolerance * scale)
      } == nil
  }

  /// The first position, in row-major order, at which two tensors of one shape do not match.
  private func firstIndex(
    differingFrom other: Tensor, _ matches: (Float, Float) -> Bool
  ) -> Int? {
    elements.withSpan(count: count) { a in
      other.elements.withSpan(count: count) { b in
        for index in a.indices where !matches(a[index], b[index]) { return index }
        return nil
      }
    }
  }
}
