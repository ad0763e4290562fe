import Requirements

extension CellBuilder {
  /// The affine images of one signal for several gates, by the gates' names.
  public struct Gates {
    let signals: [(name: String, signal: Signal)]

    /// The image for a gate. Asking for one that isn't there is a bug of the equations.
    public subscript(name: String) -> Signal {
      guard let known = signals.first(where: { $0.name == name }) else {
        failure("no gate \(name) among \(signals.map(\.name))")
      }
      return known.signal
    }
  }

  /// `affine(x, "name.gate")` for each gate in turn, normalised if asked for:
  ///
  ///     N(W x) γ + b      N: over the units of all these gates together, as in Ba, Kiros and Hinton, 2016
  ///
  /// The gains γ are the vector `gain_name`, and start as ones.
  public func gates(
    _ gates: [String], of x: Signal, _ name: String, isNormalized: Bool = false,
    biases: [String: Initialization] = [:]
  ) -> Gates {
    let products = gates.map { linear(x, "\(name).\($0)") }
    let normalized =
      isNormalized ? concatenate(all: products).normalized().chunks(gates.count) : products
    return Gates(
      signals: zip(gates, normalized).map { gate, product in
        let gain = isNormalized ? vector("gain_\(name).\(gate)", initially: .constant(1)) : nil
        let scaled = gain.map { $0 * product } ?? product
        let bias = hasBias ? bias("\(name).\(gate)", initially: biases[gate]) : nil
        return (gate, bias.map { scaled + $0 } ?? scaled)
      })
  }
}
