import Requirements

// Elementwise functions of one tensor. The result has the shape of the argument. All of them are
// differentiable except where they say so.

/// e to the power of every element.
public func exp(_ x: Tensor) -> Tensor { ElementwiseFunction.exp(x) }

/// The natural logarithm of every element; -infinity at 0, not a number below.
public func log(_ x: Tensor) -> Tensor { ElementwiseFunction.log(x) }

/// The square root of every element. The gradient at 0 is infinite.
public func sqrt(_ x: Tensor) -> Tensor { ElementwiseFunction.sqrt(x) }

/// The hyperbolic tangent of every element.
public func tanh(_ x: Tensor) -> Tensor { ElementwiseFunction.tanh(x) }

/// The logistic function 1 / (1 + e⁻ˣ) of every element.
public func sigmoid(_ x: Tensor) -> Tensor { ElementwiseFunction.sigmoid(x) }

/// The logarithm of the logistic function, -log(1 + e⁻ˣ), without overflow.
public func logSigmoid(_ x: Tensor) -> Tensor { ElementwiseFunction.logSigmoid(x) }

/// The larger of every element and 0. The gradient at 0 is 0.
public func relu(_ x: Tensor) -> Tensor { ElementwiseFunction.relu(x) }

/// log(1 + eˣ) of every element, without overflow.
public func softplus(_ x: Tensor) -> Tensor { ElementwiseFunction.softplus(x) }

/// The magnitude of every element. The gradient at 0 is 0.
public func abs(_ x: Tensor) -> Tensor { ElementwiseFunction.absolute(x) }

/// 1 / x for every element.
public func reciprocal(_ x: Tensor) -> Tensor { ElementwiseFunction.reciprocal(x) }

/// The sine of every element, in radians.
public func sin(_ x: Tensor) -> Tensor { ElementwiseFunction.sin(x) }

/// The cosine of every element, in radians.
public func cos(_ x: Tensor) -> Tensor { ElementwiseFunction.cos(x) }

/// -1, 0 or 1 with the sign of every element. It has no gradient: the result is a constant.
public func sign(_ x: Tensor) -> Tensor { x.mapped(.sign) }

/// The largest integer not above every element. It has no gradient: the result is a constant.
public func floor(_ x: Tensor) -> Tensor { x.mapped(.floor) }

/// Every element brought into lower ... upper. The gradient is that of x where x lies within, the
/// limits included, and 0 elsewhere.
public func clamp(_ x: Tensor, from lower: Float, to upper: Float) -> Tensor {
  require(lower <= upper, "nothing lies from \(lower) to \(upper)")
  let bounds = [Tensor(lower), Tensor(upper)]
  let y = Broadcasting.run(clampProgram, [x] + bounds, shape: x.shape)
  guard let tape = Tape.tracking(x) else { return y }
  let saved = x.detached()
  return tape.record(y, x) { cotangent, inputs in
    let gradient = Broadcasting.run(
      clampPullback, [saved] + bounds + [cotangent], shape: saved.shape)
    inputs.add(gradient, to: 0)
  }
}

private let clampProgram = ElementwiseProgram(
  operands: 3, .apply(.minimum, .apply(.maximum, .operand(0), .operand(1)), .operand(2)))
private let clampPullback = ElementwiseProgram(
  operands: 4,
  .operand(3) * (.operand(0) .>= .operand(1)) * (.operand(2) .>= .operand(0)))
