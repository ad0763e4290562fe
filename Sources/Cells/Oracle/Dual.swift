/// A number with its derivative along one direction.
package struct Dual: Sendable, Hashable {
  package var value: Double
  package var derivative: Double

  package init(_ value: Double, derivative: Double = 0) {
    self.value = value
    self.derivative = derivative
  }

  package static func + (a: Dual, b: Dual) -> Dual {
    Dual(a.value + b.value, derivative: a.derivative + b.derivative)
  }

  package static func * (a: Dual, b: Dual) -> Dual {
    Dual(a.value * b.value, derivative: a.derivative * b.value + a.value * b.derivative)
  }
}
