import Requirements

/// The product of two matrices, [.., m, k] and [.., k, n] to [.., m, n].
///
/// The axes before the last two are batches: there is one product for each position along them, and
/// they are broadcast. A right-hand side of rank 2 serves all of them in one product. Differentiable
/// in both.
public func matmul(_ a: Tensor, _ b: Tensor) -> Tensor {
  let plan = BatchedProduct(a.shape, b.shape)
  let y = Tensor(uninitialized: plan.shape) { plan.run(a.elements, b.elements, into: $0) }
  guard let tape = Tape.tracking(a, b) else { return y }
  let left = b.node == nil ? nil : a.detached()
  let right = a.node == nil ? nil : b.detached()
  let (aShape, bShape) = (a.shape, b.shape)
  return tape.record(y, a, b) { cotangent, inputs in
    if let right {
      inputs.accumulate(to: 0, shape: aShape) { sum, hasValues in
        plan.pullLeft(cotangent.elements, right.elements, into: sum, hasValues: hasValues)
      }
    }
    if let left {
      inputs.accumulate(to: 1, shape: bShape) { sum, hasValues in
        plan.pullRight(cotangent.elements, left.elements, into: sum, hasValues: hasValues)
      }
    }
  }
}

/// x Wᵀ + b, the affine map of a linear layer with PyTorch's layout of weights: x [.., I],
/// weight [O, I] and bias [O] to [.., O]. Differentiable in all three.
public func affine(_ x: Tensor, weight: Tensor, bias: Tensor? = nil) -> Tensor {
  affine(x, weight: weight, bias: bias, packed: nil)
}

/// The same with a cache of the packed weight.
package func affine(
  _ x: Tensor, weight: Tensor, bias: Tensor?, packed: PackedOnce?
) -> Tensor {
  let (outputs, inputs) = affineSizes(x, weight, bias)
  var shape = x.shape
  shape[shape.count - 1] = outputs
  let rows = elementCount(of: shape) / max(1, outputs)
  let y = Tensor(uninitialized: shape) { result in
    let offset = bias?.elements
    let x = StridedMatrix(x.elements, rows: rows, columns: inputs)
    let isFew = rows <= fewRows
    let matrix = rightHandSide(weight, isFew: isFew, packed)
    guard isFew else {
      return ThreadTeam.split(rows, work: rows * inputs * outputs) { range in
        matrix?.multiply(
          x.rows(range), bias: offset, into: result + range.lowerBound * outputs, stride: outputs)
      }
    }
    if let matrix {
      matrix.multiplySharingColumns(x, bias: offset, into: result, stride: outputs)
    } else {
      let w = StridedMatrix(weight.elements, rows: outputs, columns: inputs).transposed
      matrixProduct(
        x, w, bias: offset, into: result, stride: outputs, isShared: true, precision: .highest)
    }
  }
  guard let tape = Tape.tracking(x, weight, bias) else { return y }
  return tape.record(
    y, x, weight, bias,
    pullback: affinePullback(
      x: weight.node == nil ? nil : x.detached(), weight: x.node == nil ? nil : weight.detached(),
      xShape: x.shape, weightShape: weight.shape, rows: rows, hasBias: bias != nil))
}

/// ``affine(_:weight:bias:)`` of one row after another in inference, with a weight that is packed once, to the same bits.
package struct RowProduct: Sendable {
  private let matrix: PackedMatrix
  private let bias: Floats?
  private let inputs, outputs: Int

  /// Products with a weight `[O, I]`, which a cache may have packed already, and a bias.
  package init(weight: Tensor, bias: Tensor?, packed: PackedOnce) {
    matrix = rightHandSide(weight, isFew: true, packed) ?? packed.packedTranspose(of: weight)
    self.bias = bias?.elements
    (outputs, inputs) = (weight.shape[0], weight.shape[1])
  }

  /// y [O] = bias + weight x [I].
  package func callAsFunction(_ x: Floats, into y: Floats) {
    let x = StridedMatrix(x, rows: 1, columns: inputs)
    matrix.multiplySharingColumns(x, bias: bias, into: y, stride: outputs)
  }
}

/// The transpose of a weight, packed: nil for few rows where neither the weight nor a cache has it so.
private func rightHandSide(
  _ weight: Tensor, isFew: Bool, _ cache: PackedOnce?
) -> PackedMatrix? {
  let (outputs, inputs) = (weight.shape[0], weight.shape[1])
  if let encoded = weight.encoded,
    let packed = PackedMatrix(
      transposeOf: encoded, rows: 0..<outputs, precision: isFew ? .highest : .current)
  {
    return packed
  }
  let isCached = isFew || Precision.current.inUse == .highest
  if isCached, let packed = cache?.transpose(of: weight) { return packed }
  if isFew { return nil }
  return PackedMatrix(
    StridedMatrix(weight.elements, rows: outputs, columns: inputs).transposed, precision: .current)
}

/// The sizes O and I of a weight, which the input and the bias must fit.
private func affineSizes(
  _ x: Tensor, _ weight: Tensor, _ bias: Tensor?
) -> (outputs: Int, inputs: Int) {
  let (outputs, inputs) = (weight.shape.first ?? 0, weight.shape.last ?? 0)
  require(
    weight.rank == 2 && x.shape.last == inputs,
    "an input of shape \(x.shape) does not fit a weight of shape \(weight.shape)")
  if let bias {
    require(
      bias.rank == 1 && bias.count == outputs,
      "a bias of shape \(bias.shape) does not fit a weight of shape \(weight.shape)")
  }
  return (outputs, inputs)
}

/// The most rows for which packing the weight takes longer than multiplying by it, in any precision.
private let fewRows = 4

/// The backward pass of `affine`. x is needed for the gradient of the weight, the weight for that of x.
private func affinePullback(
  x: Tensor?, weight: Tensor?, xShape: [Int], weightShape: [Int], rows: Int, hasBias: Bool
) -> (Tensor, inout Cotangents) -> Void {
  let (outputs, inputs) = (weightShape[0], weightShape[1])
  let precision = rows > fewRows ? Precision.current : .highest
  return { cotangent, cotangents in
    let dy = StridedMatrix(cotangent.elements, rows: rows, columns: outputs)
    let dx = weight == nil ? nil : cotangents.writable(0, shape: xShape)
    let dw = x == nil ? nil : cotangents.writable(1, shape: weightShape)
    let db = hasBias ? cotangents.writable(2, shape: [outputs]) : nil
    // All in one job, at whose end threads meet once.
    let parts = ThreadTeam.parts(ofWork: rows * inputs * outputs)
    ThreadTeam.run(parts: parts) { part in
      if let dx, let weight {
        let own = ThreadTeam.share(of: rows, part, of: parts)
        matrixProduct(
          dy.rows(own), StridedMatrix(weight.elements, rows: outputs, columns: inputs),
          accumulate: dx.hasValues, into: dx.sum + own.lowerBound * inputs, stride: inputs,
          precision: precision)
      }
      if let dw, let x {
        matrixProduct(
          dy.transposed, StridedMatrix(x.elements, rows: rows, columns: inputs),
          accumulate: dw.hasValues, into: dw.sum, stride: inputs, precision: precision, part,
          of: parts)
      }
      if let db {
        let own = ThreadTeam.share(of: outputs, unit: 16, part, of: parts)
        columnSum(
          dy.base + own.lowerBound, stride: outputs, rows: rows, width: own.count,
          accumulate: db.hasValues, into: db.sum + own.lowerBound)
      }
    }
  }
}
