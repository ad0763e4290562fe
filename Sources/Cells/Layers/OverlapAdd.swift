import Requirements
import TensorCore

/// Adds frames up to a signal, each `hop` samples after the one before.
///
///     y[n] = Σₜ frame[t, n - t hop]
///
/// Of a stream, a frame completes `hop` samples; the frames that reach into further samples are carried in a ``Context``, and the
/// samples have the same bits as those of all frames at once.
public struct OverlapAdd: Sendable {
  /// N, the samples of a frame.
  public let size: Int
  /// The samples from one frame to the next.
  public let hop: Int

  /// The frames of a stream that reach into further samples, `[t, B, N]`.
  public struct Context: Sendable {
    fileprivate var frames: Tensor?
  }

  /// For frames of `size` samples, of which each starts `hop` after the one before.
  public init(size: Int, hop: Int) {
    require(
      hop >= 1 && size >= hop, "expected a hop of 1 to \(size), the frame's size, found \(hop)")
    (self.size, self.hop) = (size, hop)
  }

  /// The number of blocks of `hop` samples that a frame reaches into.
  private var reach: Int { (size + hop - 1) / hop }

  /// The context before the first frame.
  public func start() -> Context { Context() }

  /// The signal of all frames, `[T, B, N]` to `[(T - 1) hop + N, B, 1]`.
  public func callAsFunction(_ frames: Tensor) -> Tensor {
    let frames = checked(frames)
    let (count, batch) = (frames.shape[0], frames.shape[1])
    let zeros = Tensor(zeros: [reach - 1, batch, size])
    let around = reach == 1 ? frames : concatenate([zeros, frames, zeros])
    return sums(around).slice(0..<(count - 1) * hop + size)
  }

  /// The samples that the next frames of a stream complete, `[T, B, N]` to `[T hop, B, 1]`.
  public func callAsFunction(_ frames: Tensor, after context: inout Context) -> Tensor {
    let frames = checked(frames)
    guard reach > 1 else { return sums(frames) }
    let before = context.frames ?? Tensor(zeros: [reach - 1, frames.shape[1], size])
    let around = concatenate([before, frames])
    context.frames = around.slice(around.shape[0] - (reach - 1)..<around.shape[0])
    return sums(around)
  }

  private func checked(_ frames: Tensor) -> Tensor {
    require(
      frames.rank == 3 && frames.shape[2] == size && frames.shape[0] > 0,
      "expected frames [T, B, \(size)], found shape \(frames.shape)")
    return frames
  }

  /// The blocks of samples from the first that all frames of its reach can be among: of n frames n - reach + 1.
  private func sums(_ frames: Tensor) -> Tensor {
    let (count, batch) = (frames.shape[0], frames.shape[1])
    let blocks = count - reach + 1
    var sum: Tensor?
    // The oldest frame first, wherever a stream is cut.
    for place in (0..<reach).reversed() {
      let (first, end) = (place * hop, min(size, (place + 1) * hop))
      let start = reach - 1 - place
      var part = frames.slice(start..<start + blocks).slice(first..<end, along: 2)
      if end - first < hop {
        part = concatenate([part, Tensor(zeros: [blocks, batch, hop - end + first])], along: 2)
      }
      sum = sum.map { $0 + part } ?? part
    }
    // [blocks, B, hop] to [blocks hop, B, 1].
    return (sum ?? frames).transposed(0, 2, 1).reshaped(to: [blocks * hop, batch, 1])
  }
}
