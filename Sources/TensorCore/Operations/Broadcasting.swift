/// Elementwise work over tensors of different shapes.
///
/// Shapes are aligned at their last axes; where one has length 1, or no axis at all, its elements
/// are repeated.
enum Broadcasting {
  /// The shape that tensors of these shapes have together; nil if they do not fit.
  static func shape(_ a: [Int], _ b: [Int]) -> [Int]? {
    if a == b { return a }
    var (long, short) = (a, b)
    if a.count < b.count { swap(&long, &short) }
    let offset = long.count - short.count
    for (index, length) in short.enumerated() where length != long[offset + index] {
      if long[offset + index] == 1 {
        long[offset + index] = length
      } else if length != 1 {
        return nil
      }
    }
    return long
  }

  static func shape(_ a: Tensor, _ b: Tensor) -> [Int] {
    guard let shape = shape(a.shape, b.shape) else {
      failure("the shapes \(a.shape) and \(b.shape) cannot be broadcast to one another")
    }
    return shape
  }

  /// A tensor of the given shape, computed by a program whose operands are the inputs and, last,
  /// the result.
  static func run(_ program: ElementwiseProgram, _ inputs: [Tensor], shape: [Int]) -> Tensor {
    let axes = mergedAxes(of: inputs.map(\.shape), in: shape)
    return Tensor(uninitialized: shape) { result in
      withUnsafeTemporaryAllocation(of: ElementwiseOperand.self, capacity: inputs.count + 1) {
        operands in
        guard let base = operands.baseAddress else { return }
        for (index, input) in inputs.enumerated() {
          operands.initializeElement(
            at: index,
            to: ElementwiseOperand(
              input.storage.pointer, rowStride: axes[1].strides[index],
              columnStride: axes[0].strides[index]))
        }
        operands.initializeElement(
          at: inputs.count, to: ElementwiseOperand(result, rowStride: axes[1].strides[inputs.count])
        )
        withExtendedLifetime(inputs) { run(program, base, axes[...]) }
      }
    }
  }

  /// Runs over the two innermost axes for each position along the outer ones.
  private static func run(
    _ program: ElementwiseProgram, _ operands: UnsafeMutablePointer<ElementwiseOperand>,
    _ axes: ArraySlice<Axis>
  ) {
    guard axes.count > 2, let axis = axes.last else {
      program.run(operands: UnsafePointer(operands), rows: axes[1].length, width: axes[0].length)
      return
    }
    for _ in 0..<axis.length {
      run(program, operands, axes.dropLast())
      for (index, stride) in axis.strides.enumerated() { operands[index].base += stride }
    }
    for (index, stride) in axis.strides.enumerated() {
      operands[index].base -= stride * axis.length
    }
  }

  private struct Axis {
    var length: Int
    /// How far one step along the axis is in each operand; 0 where it is repeated.
    var strides: [Int]
  }

  /// The axes from the innermost outwards, neighbours made one where all operands allow it; at
  /// least two.
  private static func mergedAxes(of inputs: [[Int]], in shape: [Int]) -> [Axis] {
    let operands = inputs + [shape]
    var distances = operands.map { _ in 1 }
    var axes: [Axis] = []
    for position in stride(from: shape.count - 1, through: 0, by: -1) {
      let length = shape[position]
      var strides = operands.map { _ in 0 }
      for (index, operand) in operands.enumerated() {
        let own = position - (shape.count - operand.count)
        guard own >= 0, operand[own] != 1 else { continue }
        strides[index] = distances[index]
        distances[index] *= length
      }
      if length == 1 { continue }
      if let inner = axes.last, strides == inner.strides.map({ $0 * inner.length }) {
        axes[axes.count - 1].length *= length
      } else {
        axes.append(Axis(length: length, strides: strides))
      }
    }
    while axes.count < 2 {
      axes.append(Axis(length: 1, strides: operands.map { _ in axes.isEmpty ? 1 : 0 }))
    }
    return axes
  }

  /// The sum of a broadcast cotangent over the axes along which a tensor of `shape` was repeated.
  static func reduce(_ cotangent: Tensor, to shape: [Int]) -> Tensor {
    if cotangent.shape == shape { return cotangent }
    let offset = cotangent.rank - shape.count
    let repeated = cotangent.shape.indices.filter { axis in
      axis < offset || shape[axis - offset] != cotangent.shape[axis]
    }
    return sumOfAxes(cotangent, repeated).withShape(shape)
  }
}
