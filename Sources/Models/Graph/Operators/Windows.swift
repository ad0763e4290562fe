import Checkpoint
import TensorCore

/// How the windows of a convolution or a pooling move, as a node's attributes say it.
struct WindowSettings: Sendable {
  let kernel: [Int]?
  private let strides: [Int]?
  private let dilations: [Int]?
  private let pads: [Int]?
  private let automaticPads: String
  /// Whether a last window may reach beyond the padding.
  private let isRoundedUp: Bool

  /// The largest size of an axis that an attribute may state.
  private static let largestSize = 1 << 27

  init(_ node: inout GraphNode) throws(GraphFailure) {
    let (sizes, largest) = ("positive whole numbers", 1 << 20)
    kernel = try node.integers("kernel_shape")
    strides = try node.integers("strides")
    dilations = try node.integers("dilations")
    pads = try node.integers("pads")
    automaticPads =
      try node.choice("auto_pad", of: ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"]) ?? "NOTSET"
    isRoundedUp = try node.flag("ceil_mode")
    for numbers in [kernel, strides, dilations] {
      if let wrong = numbers?.first(where: { !(1...largest).contains($0) }) {
        throw GraphFailure(expected: "kernels, strides and dilations as \(sizes)", found: wrong)
      }
    }
    if let wrong = pads?.first(where: { !(0...largest).contains($0) }) {
      throw GraphFailure(expected: "pads from 0 to \(largest)", found: wrong)
    }
  }

  /// The axes of positions of these lengths, for windows of these sizes.
  func axes(_ lengths: [Int], _ kernel: [Int]) throws(GraphFailure) -> [WindowAxis] {
    var axes: [WindowAxis] = []
    for (index, length) in lengths.enumerated() {
      var axis = try self.axis(index, of: lengths.count, length, kernel[index])
      switch automaticPads {
      case "VALID": axis.setOutputs(before: 0, after: 0, isRoundedUp: isRoundedUp)
      case "NOTSET":
        axis.setOutputs(
          before: pads?[index] ?? 0, after: pads?[index + lengths.count] ?? 0,
          isRoundedUp: isRoundedUp)
      default:
        // As many outputs as strides begin inside the axis.
        let outputs = (length + axis.stride - 1) / axis.stride
        let total = max(0, (outputs - 1) * axis.stride + axis.reach - length)
        let small = total / 2
        let before = automaticPads == "SAME_UPPER" ? small : total - small
        axis.setOutputs(before: before, after: total - before)
      }
      axes.append(axis)
    }
    return axes
  }

  /// The axes of the outputs of a transposed convolution, whose windows lie at the positions of these lengths.
  func transposedAxes(
    _ lengths: [Int], _ kernel: [Int], extra: [Int]?, shape: [Int]?
  ) throws(GraphFailure) -> [WindowAxis] {
    for numbers in [extra, shape] {
      if let numbers,
        numbers.count != lengths.count
          || numbers.contains(where: { !(0...Self.largestSize).contains($0) })
      {
        throw GraphFailure(
          expected: "\(lengths.count) sizes from 0 to \(Self.largestSize)", found: "\(numbers)")
      }
    }
    var axes: [WindowAxis] = []
    for (index, length) in lengths.enumerated() {
      var axis = try self.axis(index, of: lengths.count, 0, kernel[index])
      let whole = axis.stride * (length - 1) + (extra?[index] ?? 0) + axis.reach
      let given = (before: pads?[index] ?? 0, after: pads?[index + lengths.count] ?? 0)
      let size: Int? =
        switch automaticPads {
        case "NOTSET", "VALID": shape?[index]
        default: shape?[index] ?? length * axis.stride
        }
      if let size {
        // Of an odd number the larger part lies before, but after with SAME_UPPER.
        let total = max(0, whole - size)
        let small = total / 2
        axis.setPositions(
          length, before: automaticPads == "SAME_UPPER" ? small : total - small, size: size)
      } else {
        let pads = automaticPads == "VALID" ? (before: 0, after: 0) : given
        axis.setPositions(length, before: pads.before, size: whole - pads.before - pads.after)
      }
      guard axis.length > 0 else {
        throw GraphFailure(expected: "pads below \(whole)", found: "\(given)")
      }
      axes.append(axis)
    }
    return axes
  }

  private func axis(
    _ index: Int, of rank: Int, _ length: Int, _ kernel: Int
  ) throws(GraphFailure) -> WindowAxis {
    for (numbers, count) in [(strides, rank), (dilations, rank), (pads, 2 * rank)] {
      if let numbers, numbers.count != count {
        throw GraphFailure(expected: "\(count) numbers", found: numbers.count)
      }
    }
    return WindowAxis(
      length: length, kernel: kernel, stride: strides?[index] ?? 1,
      dilation: dilations?[index] ?? 1)
  }
}

/// How a window moves along one axis.
struct WindowAxis: Hashable {
  private(set) var length: Int
  let kernel: Int
  let stride: Int
  let dilation: Int
  private(set) var before = 0
  private var after = 0
  private(set) var outputs = 0

  /// The elements that the window spans.
  var reach: Int { (kernel - 1) * dilation + 1 }

  init(length: Int, kernel: Int, stride: Int, dilation: Int) {
    (self.length, self.kernel, self.stride, self.dilation) = (length, kernel, stride, dilation)
  }

  mutating func setOutputs(before: Int, after: Int, isRoundedUp: Bool = false) {
    (self.before, self.after) = (before, after)
    let room = length + before + after - reach
    outputs = room < 0 ? 0 : (room + (isRoundedUp ? stride - 1 : 0)) / stride + 1
    // A window begins inside the axis or the padding before it.
    if isRoundedUp, outputs > 1, (outputs - 1) * stride >= length + before { outputs -= 1 }
  }

  /// Sets the positions of windows, and the axis' length.
  mutating func setPositions(_ count: Int, before: Int, size: Int) {
    (outputs, self.before, length) = (count, before, size)
  }

  /// The elements of the window at an output; with padding, those within it count too.
  func elements(at output: Int, withPadding: Bool) -> Int {
    let first = output * stride - before
    let (low, high) = withPadding ? (-before, length + after) : (0, length)
    return (0..<kernel).count { (low..<high).contains(first + $0 * dilation) }
  }
}

/// For every output position and place in the window, the input's place among all positions; -1 outside.
struct WindowOffsets: Sendable {
  private(set) var places = [0]
  /// By output position: the first place, where the others follow it; nil where they don't.
  private let starts: [Int?]
  let taps: Int
  /// The number of input positions.
  let size: Int

  init(_ axes: [WindowAxis]) {
    taps = axes.reduce(1) { $0 * $1.kernel }
    size = axes.reduce(1) { $0 * $1.length }
    // One axis after the other: positions [P, K] become [P * outputs, K * kernel].
    var (positions, window) = (1, 1)
    for axis in axes {
      var next = [Int](
        repeating: -1, count: positions * axis.outputs * window * axis.kernel)
      for position in 0..<positions {
        for output in 0..<axis.outputs {
          for place in 0..<window {
            let outer = places[position * window + place]
            let row = (position * axis.outputs + output) * window + place
            for tap in 0..<axis.kernel where outer >= 0 {
              let inner = output * axis.stride + tap * axis.dilation - axis.before
              guard inner >= 0, inner < axis.length else { continue }
              next[row * axis.kernel + tap] = outer * axis.length + inner
            }
          }
        }
      }
      (positions, window, places) = (positions * axis.outputs, window * axis.kernel, next)
    }
    starts = (0..<positions).map { [places] position in
      let window = places[position * window..<(position + 1) * window]
      guard let first = window.first, first >= 0,
        window.elementsEqual(first..<first + window.count)
      else { return nil }
      return first
    }
  }

  /// The number of output positions.
  var positions: Int { places.count / taps }

  /// The windows of channels of x `[N, C, ...]` as rows `[N, P, channels * K]`.
  func rows(of x: Tensor, channels: Range<Int>) -> Tensor {
    let (samples, all, positions) = (x.shape[0], x.shape[1], positions)
    let shape = [samples, positions, channels.count * taps]
    // One window that is the whole signal.
    if size == 1, taps == 1, positions == 1, channels.count == all { return x.reshaped(to: shape) }
    return Tensor(writing: shape) { result in
      x.withUnsafePointer { source in
        places.withUnsafeBufferPointer { places in
          var target = result
          for sample in 0..<samples {
            for position in 0..<positions {
              let start = starts[position]
              for channel in channels {
                let signal = source + (sample * all + channel) * size
                if let start {
                  for tap in 0..<taps { target[tap] = signal[start + tap] }
                } else {
                  for tap in 0..<taps {
                    let place = places[position * taps + tap]
                    target[tap] = place < 0 ? 0 : signal[place]
                  }
                }
                target += taps
              }
            }
          }
        }
      }
    }
  }

  /// The sums of windows `[N, P, channels * K]` at their places, `[N, channels, ...]` as `[N, channels, size]`.
  func sums(of rows: Tensor, channels: Int) -> Tensor {
    let (samples, positions) = (rows.shape[0], positions)
    return Tensor(writing: [samples, channels, size]) { result in
      result.update(repeating: 0, count: samples * channels * size)
      rows.withUnsafePointer { source in
        var values = source
        for sample in 0..<samples {
          for position in 0..<positions {
            for channel in 0..<channels {
              let signal = result + (sample * channels + channel) * size
              for tap in 0..<taps {
                let place = places[position * taps + tap]
                if place >= 0 { signal[place] += values[tap] }
              }
              values += taps
            }
          }
        }
      }
    }
  }
}

/// The windows of one call.
struct Windows: Sendable {
  let lengths: [Int]
  let kernel: [Int]
  let axes: [WindowAxis]
  /// The sizes of the axes of the result.
  let outputs: [Int]
  /// Nil until the sizes have passed the limits.
  fileprivate(set) var offsets: WindowOffsets?
}

/// The windows of the last call, which are mostly those of the next one too.
final class KnownWindows: Sendable {
  private let last = Guarded<Windows?>(nil)

  /// The windows of axes of these lengths; `axes` finds them if the last call's were others.
  func windows(
    _ lengths: ArraySlice<Int>, _ kernel: ArraySlice<Int>,
    axes: (_ lengths: [Int], _ kernel: [Int]) throws(GraphFailure) -> [WindowAxis]
  ) throws(GraphFailure) -> Windows {
    if let known = last.withLock({ $0 }), known.lengths.elementsEqual(lengths),
      known.kernel.elementsEqual(kernel)
    {
      return known
    }
    let (lengths, kernel) = (Array(lengths), Array(kernel))
    let axes = try axes(lengths, kernel)
    return Windows(lengths: lengths, kernel: kernel, axes: axes, outputs: axes.map(\.outputs))
  }

  /// The offsets of windows, whose sizes have passed the limits.
  func offsets(of windows: Windows) -> WindowOffsets {
    if let known = windows.offsets { return known }
    let offsets = WindowOffsets(windows.axes)
    var known = windows
    known.offsets = offsets
    last.withLock { [known] in $0 = known }
    return offsets
  }
}
