import Requirements
import TensorCore

/// The short-time Fourier transform of a signal, and back.
///
///     X[t, f] = Σₙ w[n] x[t hop + n] exp(-2πi f n / N),  f = 0 ... N / 2
///
/// It is a ``Conv1d`` whose weights are the window's cosines and sines, so that streams carry their context and blocks have the
/// same bits as the whole; a frame costs N² products, which suits windows of up to some thousand samples. Signals are `[T, B, 1]`.
/// With mirrored padding of N / 2, the default, frames are centred as in PyTorch's `torch.stft`.
///
/// ```swift
/// let stft = STFT(size: 512, hop: 128)
/// let spectrum = stft(signal)
/// let same = stft.inverse(spectrum, length: signal.shape[0])
/// ```
public struct STFT: Sendable {
  /// What samples of a frame are multiplied by.
  public enum Window: Sendable, Hashable {
    /// 1.
    case rectangular
    /// `sin²(π n / N)`, as PyTorch's `hann_window`: periodic.
    case hann

    func value(_ index: Int, of size: Int) -> Double {
      switch self {
      case .rectangular: 1
      case .hann: 0.5 - 0.5 * cosine(2 * .pi * Double(index) / Double(size))
      }
    }
  }

  /// The frames of a signal: real and imaginary parts, `[frames, B, N / 2 + 1]`.
  public struct Spectrum: Sendable {
    /// The real parts.
    public var real: Tensor
    /// The imaginary parts.
    public var imaginary: Tensor

    /// Parts of one shape.
    public init(real: Tensor, imaginary: Tensor) {
      require(
        real.shape == imaginary.shape && real.rank == 3,
        "expected parts [T, B, F] of one shape, found \(real.shape) and \(imaginary.shape)")
      (self.real, self.imaginary) = (real, imaginary)
    }

    /// `|X|`.
    public var magnitude: Tensor {
      // No slope where both parts are 0, instead of an infinite one.
      sqrt(maximum(real * real + imaginary * imaginary, Tensor(1e-30)))
    }

    /// The spectrum times a mask of the same shape, which leaves the phases.
    public func masked(_ mask: Tensor) -> Spectrum {
      Spectrum(real: real * mask, imaginary: imaginary * mask)
    }
  }

  /// N, the samples of a frame.
  public let size: Int
  /// The samples from one frame to the next.
  public let hop: Int
  /// The window.
  public let window: Window
  /// What stands around a signal.
  public let padding: Conv1d.Padding

  private let forward: Conv1d
  /// The weights from parts to samples, `[N, 2 F]`.
  private let backward: Tensor

  /// A transform of frames of `size` samples, centred: with N / 2 mirrored samples around a signal.
  public init(size: Int, hop: Int, window: Window = .hann) {
    self.init(size: size, hop: hop, window: window, padding: .reflect(size / 2))
  }

  /// A transform of frames of `size` samples.
  ///
  /// - Parameters:
  ///   - size: N, even, up to 16,384.
  ///   - hop: the samples from one frame to the next, up to N.
  ///   - window: the window.
  ///   - padding: what stands around a signal.
  public init(size: Int, hop: Int, window: Window = .hann, padding: Conv1d.Padding) {
    require(
      size >= 2 && size <= 16384 && size.isMultiple(of: 2) && hop >= 1 && hop <= size,
      "expected an even window of 2 to 16384 samples and a hop of at most it, found \(size), \(hop)"
    )
    (self.size, self.hop, self.window, self.padding) = (size, hop, window, padding)
    let bins = size / 2 + 1
    // The angle is reduced as a whole number, so that high frequencies are as exact as low ones.
    let turns = (0..<size).map { 2 * Double.pi * Double($0) / Double(size) }
    let (cosines, sines) = (turns.map(cosine), turns.map(sine))
    let weights = (0..<size).map { window.value($0, of: size) }
    var basis = [Float](repeating: 0, count: 2 * bins * size)
    var inverse = basis
    for bin in 0..<bins {
      // The other frequencies are those above N / 2, the conjugates of these.
      let share = (bin == 0 || bin == size / 2 ? 1 : 2) / Double(size)
      for sample in 0..<size {
        let turn = bin * sample % size
        basis[bin * size + sample] = Float(weights[sample] * cosines[turn])
        basis[(bins + bin) * size + sample] = Float(-weights[sample] * sines[turn])
        inverse[sample * 2 * bins + bin] = Float(share * weights[sample] * cosines[turn])
        inverse[sample * 2 * bins + bins + bin] = Float(-share * weights[sample] * sines[turn])
      }
    }
    forward = Conv1d(
      weight: Tensor(basis, shape: [2 * bins, 1, size]), bias: nil, stride: hop,
      padding: self.padding)
    backward = Tensor(inverse, shape: [size, 2 * bins])
  }

  /// The spectrum of a signal `[T, B, 1]`.
  public func callAsFunction(_ signal: Tensor) -> Spectrum { spectrum(forward(signal)) }

  /// The context at the start of a stream; see ``Conv1d/start(batch:)``.
  public func start(batch: Int) -> Conv1d.Context { forward.start(batch: batch) }

  /// The frames that the next block of a stream completes; nil for none.
  public func callAsFunction(_ block: Tensor, after context: inout Conv1d.Context) -> Spectrum? {
    forward(block, after: &context).map(spectrum)
  }

  private func spectrum(_ parts: Tensor) -> Spectrum {
    let bins = size / 2 + 1
    return Spectrum(
      real: parts.slice(0..<bins, along: 2), imaginary: parts.slice(bins..<2 * bins, along: 2))
  }

  /// The samples of each frame, `[frames, B, N]`, times the window.
  public func frames(_ spectrum: Spectrum) -> Tensor {
    require(
      spectrum.real.shape[2] == size / 2 + 1,
      "expected \(size / 2 + 1) frequencies, found \(spectrum.real.shape[2])")
    return affine(
      concatenate([spectrum.real, spectrum.imaginary], along: 2), weight: backward, bias: nil)
  }

  /// The signal `[T, B, 1]` of a spectrum: frames overlapped and added, divided by the sum of the squared windows there, without
  /// the padding, as PyTorch's `torch.istft`.
  ///
  /// D. Griffin and J. Lim, Signal estimation from modified short-time Fourier transform, 1984.
  ///
  /// - Precondition: the windows cover all samples that are asked for.
  /// - Parameters:
  ///   - spectrum: of frames that overlap, such as ``callAsFunction(_:)`` gives.
  ///   - length: T; nil for all samples that the frames cover, without the padding at both ends.
  public func inverse(_ spectrum: Spectrum, length: Int? = nil) -> Tensor {
    let sum = OverlapAdd(size: size, hop: hop)(frames(spectrum))
    let start: Int =
      switch padding {
      case .none: 0
      case .zeros(let count), .reflect(let count): count
      }
    let length = length ?? sum.shape[0] - 2 * start
    require(
      length > 0 && start + length <= sum.shape[0],
      "expected a length of 1 to \(sum.shape[0] - start), found \(length)")
    let squares = squaredWindows(frames: spectrum.real.shape[0])[start..<start + length]
    require(
      squares.allSatisfy { $0 > 1e-11 }, "the windows do not cover each of the \(length) samples")
    let scale = Tensor(squares.map { Float(1 / $0) }, shape: [length, 1, 1])
    return sum.slice(start..<start + length) * scale
  }

  private func squaredWindows(frames: Int) -> [Double] {
    var sums = [Double](repeating: 0, count: (frames - 1) * hop + size)
    for frame in 0..<frames {
      for sample in 0..<size {
        let value = window.value(sample, of: size)
        sums[frame * hop + sample] += value * value
      }
    }
    return sums
  }
}
