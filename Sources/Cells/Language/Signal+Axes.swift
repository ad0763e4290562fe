import Requirements
import TensorCore

// Signals whose units have several axes.

extension Signal {
  /// The same units, seen along other axes.
  public func shaped(_ shape: Int...) -> Signal { shaped(shape) }

  /// The same units, seen along other axes.
  public func shaped(_ shape: [Int]) -> Signal {
    require(
      !shape.isEmpty && shape.reduce(1, *) == width, "\(width) units in the shape \(shape)")
    return Signal(id: id, trace: trace, shape: shape)
  }

  /// The same units along one axis.
  public var flat: Signal { shaped(width) }

  /// The same units with a new axis of length 1; a negative axis counts from the end.
  public func expanded(at axis: Int) -> Signal {
    let place = axis < 0 ? shape.count + 1 + axis : axis
    require(shape.indices.contains(place) || place == shape.count, "axis \(axis) of \(shape)")
    return shaped(Array(shape[..<place]) + [1] + shape[place...])
  }

  /// The units repeated along a new axis.
  public func spread(_ axis: Int, count: Int) -> Signal {
    let place = axis < 0 ? shape.count + 1 + axis : axis
    require(place >= 0 && place <= shape.count && count > 0, "axis \(axis) of \(shape)")
    let inner = shape[place...].reduce(1, *)
    return Signal(
      id: trace.add(.spread(id, Axis(count: count, inner: inner))), trace: trace,
      shape: Array(shape[..<place]) + [count] + shape[place...])
  }

  /// The sum along an axis, which goes; a negative axis counts from the end.
  public func sum(_ axis: Int) -> Signal {
    reduced(axis, { .sumAlong($0, $1) }, whole: { $0.sum() })
  }

  /// The mean along an axis, which goes.
  public func mean(_ axis: Int) -> Signal {
    sum(axis) * (1 / Double(shape[axis < 0 ? shape.count + axis : axis]))
  }

  /// The largest unit along an axis, which goes. Units that tie share the derivative equally.
  public func maximum(_ axis: Int) -> Signal {
    reduced(axis, { .maximumAlong($0, $1) }, whole: { $0.maximum() })
  }

  private func reduced(
    _ axis: Int, _ operation: (NodeID, Axis) -> Operation, whole: (Signal) -> Signal
  ) -> Signal {
    let place = axis < 0 ? shape.count + axis : axis
    require(shape.indices.contains(place), "axis \(axis) of \(shape)")
    if shape.count == 1 { return whole(self) }
    var rest = shape
    let count = rest.remove(at: place)
    let axis = Axis(count: count, inner: shape[(place + 1)...].reduce(1, *))
    return Signal(id: trace.add(operation(id, axis)), trace: trace, shape: rest)
  }

  /// The units repeated `count` times along a new axis that has `inner` units behind it, all along one axis.
  public func spread(count: Int, inner: Int) -> Signal {
    trace.signal(.spread(id, Axis(count: count, inner: inner)))
  }

  /// The sum along an axis of `count` places that has `inner` units behind it, all along one axis.
  public func sum(count: Int, inner: Int) -> Signal {
    trace.signal(.sumAlong(id, Axis(count: count, inner: inner)))
  }

  /// The largest unit along an axis of `count` places that has `inner` units behind it, all along one axis.
  public func maximum(count: Int, inner: Int) -> Signal {
    trace.signal(.maximumAlong(id, Axis(count: count, inner: inner)))
  }

  /// `qᵀ S` of each head: the rows of the matrices `[…, K, V]`, weighted by `q` `[…, K]` and added up.
  public func read(by q: Signal) -> Signal { (q.expanded(at: -1) * self).sum(-2) }

  /// Divided by the root of the mean of squares along the last axis.
  public func rootMeanSquareNormalized(epsilon: Double) -> Signal {
    self / sqrt((self * self).mean(-1) + epsilon).expanded(at: -1)
  }

  /// Each unit's distance from the mean along the last axis, in standard deviations of that axis.
  public func normalizedAlongLastAxis(epsilon: Double) -> Signal {
    let centered = self - mean(-1).expanded(at: -1)
    return centered / sqrt((centered * centered).mean(-1) + epsilon).expanded(at: -1)
  }
}

/// `a bᵀ` of each head: `[…, K]` and `[…, V]` give `[…, K, V]`.
public func outer(_ a: Signal, _ b: Signal) -> Signal {
  a.expanded(at: -1) * b.expanded(at: -2)
}

/// `x σ(x)`.
public func silu(_ x: Signal) -> Signal { x * sigmoid(x) }

/// Operands brought to a common shape, by repeating those that are shorter along an axis. One unit alone is
/// left as it is: elementwise functions broadcast it.
func broadcastTogether(_ signals: [Signal]) -> (operands: [Signal], shape: [Int]) {
  let first = signals[0].shape
  if signals.allSatisfy({ $0.shape == first }) { return (signals, first) }
  let rank = signals.map(\.shape.count).max() ?? 1
  let padded = signals.map { Array(repeating: 1, count: rank - $0.shape.count) + $0.shape }
  var shape = padded[0]
  for (signal, other) in zip(signals, padded) {
    for axis in 0..<rank where shape[axis] != other[axis] {
      require(
        shape[axis] == 1 || other[axis] == 1,
        "an elementwise function of signals with the shapes \(signals[0].shape) and \(signal.shape)"
      )
      shape[axis] = max(shape[axis], other[axis])
    }
  }
  return (zip(signals, padded).map { $0.repeated(from: $1, to: shape) }, shape)
}

extension Signal {
  /// Repeated along the axes of length 1 of `from`, neighbouring ones at once.
  fileprivate func repeated(from: [Int], to shape: [Int]) -> Signal {
    if width == 1 { return self }
    var (node, axis) = (id, shape.count - 1)
    while axis >= 0 {
      let end = axis
      while axis >= 0, from[axis] == 1, shape[axis] > 1 { axis -= 1 }
      let count = shape[(axis + 1)..<(end + 1)].reduce(1, *)
      if count > 1 {
        let inner = shape[(end + 1)...].reduce(1, *)
        node = trace.add(.spread(node, Axis(count: count, inner: inner)))
      } else {
        axis -= 1
      }
    }
    return Signal(id: node, trace: trace, shape: shape)
  }
}
