import Checkpoint
import TensorCore

extension GraphOperator {
  /// The largest or the mean value of windows over one or more axes of positions, or of all positions.
  static let pooling: [String: GraphOperator] = [
    "MaxPool": windowPooling(.maximum), "AveragePool": windowPooling(.mean),
    "GlobalMaxPool": globalPooling { $0.max(along: $1) },
    "GlobalAveragePool": globalPooling { $0.mean(along: $1) },
  ]

  private static func windowPooling(_ kind: WindowPooling.Kind) -> GraphOperator {
    GraphOperator(1...1, outputs: 2) { node throws(GraphFailure) in
      guard !node.hasOutput(1) else {
        throw GraphFailure("the places of the largest elements: an output that is not supported")
      }
      let pooling = try WindowPooling(&node, kind)
      return { inputs, run throws(GraphFailure) in
        let type = try inputs.value(0).elementType
        guard type.isTensor else {
          throw GraphFailure("input 0: pooling of \(type) is not supported")
        }
        return [try pooling(inputs.tensor(0), &run)]
      }
    }
  }

  private static func globalPooling(
    _ pool: @escaping @Sendable (_ rows: Tensor, _ axis: Int) -> Tensor
  ) -> GraphOperator {
    GraphOperator(1...1) { _ throws(GraphFailure) in
      { inputs, run throws(GraphFailure) in
        let x = try inputs.tensor(0)
        guard x.shape.count >= 3, x.tensor.count > 0 else {
          throw GraphFailure(expected: "x [N, C, ...]", found: "shape \(x.shape)")
        }
        try run.count(of: x.shape)
        let rows = x.tensor.reshaped(
          to: [x.shape[0], x.shape[1], x.shape.dropFirst(2).reduce(1, *)])
        let ones = [Int](repeating: 1, count: x.shape.count - 2)
        return [GraphValue(pool(rows, 2).reshaped(to: x.shape.prefix(2) + ones), as: x.type)]
      }
    }
  }
}

/// The largest or the mean value of windows.
struct WindowPooling: Sendable {
  enum Kind { case maximum, mean }

  private let kind: Kind
  private let kernel: [Int]
  private let settings: WindowSettings
  private let countsPadding: Bool
  private let known = KnownWindows()

  init(_ node: inout GraphNode, _ kind: Kind) throws(GraphFailure) {
    self.kind = kind
    settings = try WindowSettings(&node)
    guard let kernel = settings.kernel else {
      throw GraphFailure(expected: "kernel_shape", found: "none")
    }
    self.kernel = kernel
    countsPadding = kind == .mean ? try node.flag("count_include_pad") : false
    if kind == .maximum { _ = try node.integer("storage_order", in: 0...0) }
  }

  /// x `[N, C, ...]` gives `[N, C, ...]`.
  func callAsFunction(_ x: GraphTensor, _ run: inout GraphRun) throws(GraphFailure) -> GraphValue {
    guard x.shape.count == kernel.count + 2, x.tensor.count > 0 else {
      throw GraphFailure(
        expected: "x [N, C, ...] of \(kernel.count + 2) axes", found: "shape \(x.shape)")
    }
    let found = try known.windows(x.shape.dropFirst(2), kernel[...]) {
      (lengths, kernel) throws(GraphFailure) in
      try settings.axes(lengths, kernel)
    }
    let shape = x.shape.prefix(2) + found.outputs
    let count = try run.count(of: Array(shape))
    try run.charge(product: count, kernel.reduce(1, *))
    try run.count(of: found.outputs + kernel)
    let (windows, divisors) = (known.offsets(of: found), divisors(found.axes))
    let (positions, taps) = (windows.positions, windows.taps)
    let y = Tensor(writing: Array(shape)) { result in
      x.tensor.withUnsafePointer { source in
        for row in 0..<x.shape[0] * x.shape[1] {
          let signal = source + row * windows.size
          for position in 0..<positions {
            var (largest, sum) = (-Float.infinity, Float(0))
            for place in windows.places[position * taps..<(position + 1) * taps] where place >= 0 {
              largest = max(largest, signal[place])
              sum += signal[place]
            }
            result[row * positions + position] =
              kind == .maximum ? largest : sum / divisors[position]
          }
        }
      }
    }
    return GraphValue(y, as: x.type)
  }

  /// The number of elements of each mean.
  private func divisors(_ axes: [WindowAxis]) -> [Float] {
    guard kind == .mean else { return [] }
    return axes.reduce([1]) { outer, axis in
      outer.flatMap { count in
        (0..<axis.outputs).map {
          count * Float(max(1, axis.elements(at: $0, withPadding: countsPadding)))
        }
      }
    }
  }
}
