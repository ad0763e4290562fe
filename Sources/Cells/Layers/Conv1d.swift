import Requirements
import TensorCore

/// A convolution along time: each output step is an affine map of a window of input steps.
///
///     y[t, o] = b[o] + Σᵢ Σₖ W[o, i, k] x[t stride + k dilation, i]
///
/// Parameters: `weight [O, I / groups, K]` and `bias [O]`, as PyTorch's `Conv1d` has them; sequences are `[T, B, I]`, as
/// recurrent layers read them. A stream can be read in blocks: the inputs that further windows need are carried in a
/// ``Context``, and the outputs have the same bits as those of the whole sequence.
public struct Conv1d: Module {
  /// What stands before the first step and after the last one.
  public enum Padding: Sendable, Hashable {
    /// Nothing: a window lies inside the sequence.
    case none
    /// This number of zeros at both ends.
    case zeros(Int)
    /// This number of steps at both ends, mirrored; the first and the last step are not repeated.
    case reflect(Int)
  }

  /// The inputs of a stream that further windows need.
  public struct Context: Sendable {
    /// The inputs, `[N, B, I]`; nil for none.
    fileprivate var rows: Tensor?
    /// The number of inputs to come that no window needs: strides can be longer than windows.
    fileprivate var skipped = 0
  }

  /// The weights, `[O, I / groups, K]`.
  public var weight: Tensor
  /// The offset, `[O]`, if there is one.
  public var bias: Tensor?
  /// The number of steps from one window to the next.
  public let stride: Int
  /// The number of steps from one input of a window to the next.
  public let dilation: Int
  /// The number of groups of units, each a convolution of its own.
  public let groups: Int
  /// What stands around a sequence.
  public let padding: Padding

  /// A convolution with weights and offsets sampled uniformly from ±1/sqrt(K I / groups).
  public init(
    inputSize: Int, outputSize: Int, width: Int, stride: Int = 1, dilation: Int = 1,
    groups: Int = 1, padding: Padding = .none, bias: Bool = true,
    using generator: inout some RandomNumberGenerator
  ) {
    require(
      inputSize > 0 && outputSize > 0 && width > 0 && groups > 0
        && inputSize.isMultiple(of: groups) && outputSize.isMultiple(of: groups),
      "expected sizes that \(groups) groups divide, found \(inputSize) inputs and \(outputSize) outputs"
    )
    let fanIn = inputSize / groups * width
    self.init(
      weight: Tensor(parameter: [outputSize, inputSize / groups, width], .uniform(fanIn: fanIn)),
      bias: bias ? Tensor(parameter: [outputSize], .uniform(fanIn: fanIn)) : nil,
      stride: stride, dilation: dilation, groups: groups, padding: padding)
    initialize(using: &generator)
  }

  /// A convolution with the given weights `[O, I / groups, K]` and offset `[O]`.
  public init(
    weight: Tensor, bias: Tensor?, stride: Int = 1, dilation: Int = 1, groups: Int = 1,
    padding: Padding = .none
  ) {
    require(
      weight.rank == 3 && bias?.shape ?? [weight.shape[0]] == [weight.shape[0]],
      "expected weights [O, I, K] and a bias [O], found \(weight.shape) and \(bias?.shape ?? [])")
    require(
      stride > 0 && dilation > 0 && groups > 0 && weight.shape[0].isMultiple(of: groups),
      "expected a positive stride and dilation and groups that divide \(weight.shape[0]) units, "
        + "found \(stride), \(dilation) and \(groups)")
    (self.weight, self.bias, self.padding) = (weight, bias, padding)
    (self.stride, self.dilation, self.groups) = (stride, dilation, groups)
  }

  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("weight", &weight)
    visitor.visit("bias", &bias)
  }

  /// The number of units that it reads, I.
  public var inputSize: Int { weight.shape[1] * groups }

  /// The number of steps from the first to the last input of a window.
  public var span: Int { (weight.shape[2] - 1) * dilation + 1 }

  /// Maps a sequence `[T, B, I]` to `[(T + 2 padding - span) / stride + 1, B, O]`.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    let padded = padded(checked(x))
    require(
      padded.shape[0] >= span,
      "expected at least \(span) steps with the padding, found \(padded.shape[0])")
    return windows(of: padded)
  }

  /// The context at the start of a stream. Zeros of the padding before it are in it.
  ///
  /// - Precondition: The padding is not mirrored, since that needs steps that are yet to come.
  public func start(batch: Int) -> Context {
    switch padding {
    case .none: return Context()
    case .zeros(0): return Context()
    case .zeros(let count): return Context(rows: Tensor(zeros: [count, batch, inputSize]))
    case .reflect: failure("a stream has no mirrored padding: pad the input")
    }
  }

  /// Maps the next block of a stream, `[T, B, I]`; nil if it completes no window. Padding after the end is not added.
  public func callAsFunction(_ x: Tensor, after context: inout Context) -> Tensor? {
    _ = checked(x)
    var x = x
    let skipped = min(context.skipped, x.shape[0])
    context.skipped -= skipped
    guard skipped < x.shape[0] else { return nil }
    if skipped > 0 { x = x.slice(skipped..<x.shape[0]) }
    let rows = context.rows.map { concatenate([$0, x]) } ?? x
    let count = rows.shape[0] < span ? 0 : (rows.shape[0] - span) / stride + 1
    let next = count * stride
    context.rows = next < rows.shape[0] ? rows.slice(next..<rows.shape[0]) : nil
    context.skipped = max(0, next - rows.shape[0])
    return count > 0 ? windows(of: rows) : nil
  }

  private func checked(_ x: Tensor) -> Tensor {
    require(
      x.rank == 3 && x.shape[2] == inputSize && x.shape[0] > 0,
      "expected a sequence [T, B, \(inputSize)], found shape \(x.shape)")
    return x
  }

  private func padded(_ x: Tensor) -> Tensor {
    let (steps, batch) = (x.shape[0], x.shape[1])
    switch padding {
    case .none, .zeros(0), .reflect(0): return x
    case .zeros(let count):
      require(count > 0, "expected a padding of 0 or more, found \(count)")
      let zeros = Tensor(zeros: [count, batch, inputSize])
      return concatenate([zeros, x, zeros])
    case .reflect(let count):
      require(
        count > 0 && count < steps,
        "expected a mirrored padding below the \(steps) steps, found \(count)")
      let places =
        Array((1...count).reversed()) + Array(0..<steps)
        + (0..<count).map { steps - 2 - $0 }
      return rows(places, of: x).reshaped(to: [places.count, batch, inputSize])
    }
  }

  /// Steps of a sequence, `[N, B I]`.
  private func rows(_ places: [Int], of x: Tensor) -> Tensor {
    x.reshaped(to: [x.shape[0], x.shape[1] * inputSize]).gatheringRows(places.map { Int32($0) })
  }

  /// The outputs of all windows inside a sequence.
  private func windows(of x: Tensor) -> Tensor {
    let (batch, width) = (x.shape[1], weight.shape[2])
    let count = (x.shape[0] - span) / stride + 1
    var places: [Int] = []
    for window in 0..<count { places += (0..<width).map { window * stride + $0 * dilation } }
    // [N, K, B, I] to [N, B, I, K], in the order of the weights.
    let inputs = rows(places, of: x).reshaped(to: [count, width, batch, inputSize])
      .transposed(0, 2, 3, 1)
    let (read, written) = (weight.shape[1], weight.shape[0] / groups)
    let outputs = (0..<groups).map { group in
      let part = groups == 1 ? inputs : inputs.slice(group * read..<(group + 1) * read, along: 2)
      let units = group * written..<(group + 1) * written
      return affine(
        part.reshaped(to: [count * batch, read * width]),
        weight: weight.slice(units).reshaped(to: [written, read * width]),
        bias: bias?.slice(units))
    }
    return concatenate(outputs, along: 1).reshaped(to: [count, batch, weight.shape[0]])
  }
}
