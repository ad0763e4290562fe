import Requirements
import TensorCore

/// A symbol for a row of numbers, one row for each sample: the input, a state, or a value computed from
/// them.
///
/// Operators and functions on signals act element by element. A signal of one unit (a scalar, a sum
/// over the units) is broadcast over the units of the other operand. A row may have several axes, heads and a
/// matrix for each, say: then operands are broadcast over axes of length 1, as tensors are.
public struct Signal {
  let id: NodeID
  let trace: Trace
  /// The axes of the units: one, unless `shaped` or a state says otherwise.
  public let shape: [Int]

  init(id: NodeID, trace: Trace, shape: [Int]? = nil) {
    self.id = id
    self.trace = trace
    self.shape = shape ?? [trace.graph[id].columns]
  }

  /// The number of units.
  public var width: Int { trace.graph[id].columns }

  /// `count` parts of equal width, in order.
  public func chunks(_ count: Int) -> [Signal] {
    require(
      count > 0 && width % count == 0, "\(width) units don't fall into \(count) equal chunks")
    if count == 1 { return [self] }
    let size = width / count
    return (0..<count).map { self[$0 * size..<($0 + 1) * size] }
  }

  /// The units of a range.
  public subscript(range: Range<Int>) -> Signal {
    require(
      range.lowerBound >= 0 && range.upperBound <= width,
      "expected units in 0..<\(width), found \(range)")
    return trace.signal(.slice(id, range))
  }

  /// Each unit `count` times: a, a, b, b, ...
  public func repeated(each count: Int) -> Signal {
    require(count > 0, "expected a positive number of repetitions, found \(count)")
    if count == 1 { return self }
    return trace.signal(.spread(id, Axis(count: count)))
  }

  /// A signal of one unit, repeated over `width` units.
  public func broadcast(to width: Int) -> Signal {
    require(self.width == 1 && width > 0, "expected one unit to repeat, found \(self.width)")
    return trace.signal(.broadcast(id, columns: width))
  }

  /// The sum over the units: one unit.
  public func sum() -> Signal { trace.signal(.sum(id)) }

  /// The mean over the units: one unit.
  public func mean() -> Signal { sum() * (1 / Double(width)) }

  /// The largest of the units: one unit. Units that tie share the derivative equally.
  public func maximum() -> Signal { trace.signal(.maximum(id)) }

  /// The sum of each unit and all units before it.
  public func cumulativeSum() -> Signal { trace.signal(.cumulativeSum(id, isReversed: false)) }

  /// `exp(x - max x) / sum exp(x - max x)` over the units.
  public func softmax() -> Signal {
    let exponential = exp(self - maximum())
    return exponential / exponential.sum()
  }

  /// Each unit's distance from the mean of the units, in standard deviations:
  /// `(x - mean) / sqrt(variance + epsilon)`, with the variance over the units divided by their count.
  public func normalized(epsilon: Double = 1e-5) -> Signal {
    let centered = self - mean()
    return centered / sqrt((centered * centered).mean() + epsilon)
  }

  func apply(_ function: ElementwiseFunction, _ others: Signal...) -> Signal {
    let (operands, shape) = broadcastTogether([self] + others)
    return Signal(
      id: trace.add(.apply(function, operands.map(\.id))), trace: trace, shape: shape)
  }

  func constant(_ value: Double) -> Signal { trace.signal(.constant(value, columns: 1)) }
}

/// The units of several signals, one after the other.
public func concatenate(_ signals: Signal...) -> Signal { concatenate(all: signals) }

/// The units of a list of signals, one after the other.
public func concatenate(all signals: [Signal]) -> Signal {
  require(!signals.isEmpty, "nothing to concatenate")
  if signals.count == 1 { return signals[0] }
  return signals[0].trace.signal(.concatenate(signals.map(\.id)))
}
