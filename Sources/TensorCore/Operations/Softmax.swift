/// eˣ divided by its sum along an axis, without overflow. The shape stays. Differentiable.
public func softmax(_ x: Tensor, along axis: Int = -1) -> Tensor {
  onLastAxis(x, axis) { x in
    let y = x.mappedRows(.softmax)
    guard let tape = Tape.tracking(x) else { return y }
    return tape.record(y, x) { cotangent, inputs in
      let sums = sumOfLastAxis(y * cotangent)
      inputs.add(Broadcasting.run(softmaxPullback, [y, cotangent, sums], shape: y.shape), to: 0)
    }
  }
}

/// The logarithm of ``softmax(_:along:)``, accurate also where the softmax vanishes. The shape
/// stays. Differentiable.
public func logSoftmax(_ x: Tensor, along axis: Int = -1) -> Tensor {
  onLastAxis(x, axis) { x in
    let y = x.mappedRows(.logSoftmax)
    guard let tape = Tape.tracking(x) else { return y }
    return tape.record(y, x) { cotangent, inputs in
      let sums = sumOfLastAxis(cotangent)
      inputs.add(Broadcasting.run(logSoftmaxPullback, [y, cotangent, sums], shape: y.shape), to: 0)
    }
  }
}

// Operands: the result, the cotangent, a sum for each row.
private let softmaxPullback = ElementwiseProgram(
  operands: 3, .operand(0) * (.operand(1) - .operand(2)))
private let logSoftmaxPullback = ElementwiseProgram(
  operands: 3, .operand(1) - .apply(.exp, .operand(0)) * .operand(2))

private func sumOfLastAxis(_ x: Tensor) -> Tensor {
  sumOfAxes(x, [x.rank - 1]).withShape(x.shape.dropLast() + [1])
}

/// Calls `body` with the axis brought to the end, and brings it back.
private func onLastAxis(_ x: Tensor, _ axis: Int, _ body: (Tensor) -> Tensor) -> Tensor {
  let axis = x.position(of: axis)
  if axis == x.rank - 1 { return body(x) }
  var order = Array(x.shape.indices)
  order.swapAt(axis, x.rank - 1)
  return body(x.transposed(order)).transposed(order)
}

extension Tensor {
  /// A kernel's work on every row of the last axis, untracked.
  fileprivate func mappedRows(_ kernel: RowKernel) -> Tensor {
    let width = shape[rank - 1]
    return Tensor(uninitialized: shape) {
      kernel.run(elements, rows: count / Swift.max(1, width), width: width, into: $0)
    }
  }
}
