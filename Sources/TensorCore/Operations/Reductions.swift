import Requirements

// Reductions along axes. `along` names the axes, counted from the end if negative; without it they
// run over all axes and give a scalar. With `keepingAxes` the reduced axes stay, with length 1, so
// that the result can be broadcast against the input. All are differentiable.

extension Tensor {
  /// The sum of the elements.
  public func sum(along axes: Int..., keepingAxes: Bool = false) -> Tensor {
    sum(along: axes.isEmpty ? Array(shape.indices) : axes, keepingAxes: keepingAxes)
  }

  /// The sum of the elements along a list of axes, which may be empty.
  public func sum(along axes: [Int], keepingAxes: Bool = false) -> Tensor {
    let axes = positions(of: axes)
    let full = shape
    let kept = reducedShape(axes)
    let y = sumOfAxes(self, axes).withShape(keepingAxes ? kept : reducedShape(axes, dropping: true))
    guard let tape = Tape.tracking(self) else { return y }
    return tape.record(y, self) { cotangent, inputs in
      inputs.add(cotangent.withShape(kept).repeated(to: full), to: 0)
    }
  }

  /// The mean of the elements; NaN if there are none.
  public func mean(along axes: Int..., keepingAxes: Bool = false) -> Tensor {
    mean(along: axes.isEmpty ? Array(shape.indices) : axes, keepingAxes: keepingAxes)
  }

  /// The mean of the elements along a list of axes.
  public func mean(along axes: [Int], keepingAxes: Bool = false) -> Tensor {
    sum(along: axes, keepingAxes: keepingAxes) / Float(reducedCount(axes))
  }

  /// The variance of the elements: the sum of the squared distances from the mean, divided by their
  /// number less `correction` (1 for the unbiased estimate, as in PyTorch; 0 for the population).
  public func variance(
    along axes: Int..., correction: Int = 1, keepingAxes: Bool = false
  ) -> Tensor {
    variance(
      along: axes.isEmpty ? Array(shape.indices) : axes, correction: correction,
      keepingAxes: keepingAxes)
  }

  /// The variance of the elements along a list of axes.
  public func variance(
    along axes: [Int], correction: Int = 1, keepingAxes: Bool = false
  ) -> Tensor {
    let distances = self - mean(along: axes, keepingAxes: true)
    let squares = (distances * distances).sum(along: axes, keepingAxes: keepingAxes)
    return squares / Float(Swift.max(0, reducedCount(axes) - correction))
  }

  /// The largest element; the axes must not have length 0. The gradient goes to it, in equal parts
  /// where several are largest.
  public func max(along axes: Int..., keepingAxes: Bool = false) -> Tensor {
    max(along: axes.isEmpty ? Array(shape.indices) : axes, keepingAxes: keepingAxes)
  }

  /// The largest element along a list of axes.
  public func max(along axes: [Int], keepingAxes: Bool = false) -> Tensor {
    let axes = positions(of: axes)
    require(
      axes.allSatisfy { shape[$0] > 0 }, "a tensor of shape \(shape) has no largest element")
    let kept = reducedShape(axes)
    let largest = maximumOfAxes(self, axes).withShape(kept)
    let y = keepingAxes ? largest : largest.withShape(reducedShape(axes, dropping: true))
    guard let tape = Tape.tracking(self) else { return y }
    let x = detached()
    return tape.record(y, self) { cotangent, inputs in
      let isLargest = x .== largest
      let share = cotangent.withShape(kept) / sumOfAxes(isLargest, axes).withShape(kept)
      inputs.add(isLargest * share, to: 0)
    }
  }

  /// The smallest element; the axes must not have length 0. The gradient goes to it, in equal parts
  /// where several are smallest.
  public func min(along axes: Int..., keepingAxes: Bool = false) -> Tensor {
    -(-self).max(
      along: axes.isEmpty ? Array(shape.indices) : axes, keepingAxes: keepingAxes)
  }

  /// The position of the largest element along the last axis, for each position of the other axes,
  /// in row-major order; the first of several. It has no gradient.
  public func argmax() -> [Int32] {
    require(rank > 0 && shape[rank - 1] > 0, "a tensor of shape \(shape) has no largest element")
    let width = shape[rank - 1]
    return elements.withSpan(count: count) { scalars in
      var positions: [Int32] = []
      for row in stride(from: 0, to: count, by: width) {
        var best = 0
        for column in 1..<width where scalars[row + column] > scalars[row + best] { best = column }
        positions.append(Int32(best))
      }
      return positions
    }
  }

  /// The sums of the elements up to each position along an axis, that position included.
  public func cumulativeSum(along axis: Int = -1) -> Tensor {
    let axis = position(of: axis)
    let y = runningSum(detached(), axis, reversed: false)
    guard let tape = Tape.tracking(self) else { return y }
    return tape.record(y, self) { cotangent, inputs in
      inputs.add(runningSum(cotangent, axis, reversed: true), to: 0)
    }
  }

  private func reducedCount(_ axes: [Int]) -> Int {
    positions(of: axes).reduce(1) { $0 * shape[$1] }
  }

  /// The shape with the axes' lengths 1, or without the axes.
  private func reducedShape(_ axes: [Int], dropping: Bool = false) -> [Int] {
    shape.enumerated().compactMap { axis, length in
      axes.contains(axis) ? (dropping ? nil : 1) : length
    }
  }
}

private func runningSum(_ x: Tensor, _ axis: Int, reversed: Bool) -> Tensor {
  guard axis == x.rank - 1 else {
    var order = Array(x.shape.indices)
    order.swapAt(axis, x.rank - 1)
    return permuted(runningSum(permuted(x, order), x.rank - 1, reversed: reversed), order)
  }
  let width = x.shape[axis]
  return Tensor(uninitialized: x.shape) { result in
    rowCumulativeSum(
      x.elements, stride: width, rows: width == 0 ? 0 : x.count / width, width: width,
      reversed: reversed, into: result, yStride: width)
  }
}
