/// Every element to the power of an exponent. The result has the shape of the argument.
///
/// An integer exponent is computed by multiplications, right for every base. Any other, except 0.5,
/// is computed as e^(exponent · log x): x must not be negative, and the relative error grows with
/// |exponent · log x| to some 1e-6 at the ends of the float range.
public func power(_ x: Tensor, _ exponent: Float) -> Tensor {
  if exponent == 0.5 { return sqrt(x) }
  let y = untrackedPower(x, exponent)
  guard let tape = Tape.tracking(x) else { return y }
  let saved = x.detached()
  return tape.record(y, x) { cotangent, inputs in
    // The exponent 0 has the derivative 0 at every base, where 0 * x^-1 would not be a number at 0.
    let derivative = exponent == 0 ? Tensor(0) : untrackedPower(saved, exponent - 1) * exponent
    inputs.add(cotangent * derivative, to: 0)
  }
}

private func untrackedPower(_ x: Tensor, _ exponent: Float) -> Tensor {
  guard let whole = Int(exactly: exponent), whole.magnitude <= 1024 else {
    return (x.mapped(.log) * exponent).mapped(.exp)
  }
  var (result, square, rest) = (Tensor(ones: x.shape), x.detached(), whole.magnitude)
  while rest > 0 {
    if !rest.isMultiple(of: 2) { result = result * square }
    rest /= 2
    if rest > 0 { square = square * square }
  }
  return whole < 0 ? result.mapped(.reciprocal) : result
}
