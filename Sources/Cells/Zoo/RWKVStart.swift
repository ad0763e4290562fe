import Requirements

/// The initial values of RWKV's vectors, which depend on the layer's place in the stack.
struct RWKVStart {
  /// The place from 0, in the first layer, to 1, in the last.
  let share: Double
  /// The place from 1, in the first layer, to nearly 0, in the last.
  let rest: Double
  /// The gain of the norm by head of RWKV-6.
  let normGain: Double

  init(layer: Int, layers: Int) {
    let (layer, layers) = (Double(layer), Double(layers))
    share = layer / max(1, layers - 1)
    rest = 1 - layer / layers
    normGain = power((layer + 1) / layers, 0.7)
  }

  /// `1 - (i / D)^(power · rest) - less` for unit i.
  func mix(_ width: Int, power exponent: Double, less: Double = 0) -> Initialization {
    .values(
      (0..<width).map { 1 - power(Double($0) / Double(width), exponent * rest) - less })
  }

  /// A function of the units' places from 0 to 1.
  func units(_ width: Int, _ value: (Double) -> Double) -> Initialization {
    .values((0..<width).map { value(Double($0) / Double(max(1, width - 1))) })
  }

  /// The weight of the step itself in RWKV-6.
  func bonus(_ width: Int) -> Initialization {
    .values(
      (0..<width).map { unit in
        let place = Double(unit) / Double(max(1, width - 1))
        return share * (1 - place) + 0.1 * Double((unit + 1) % 3 - 1)
      })
  }

  /// `lin = i / (D - 1) - 1/2` and `zig = z |z|`, where z runs from -1 to 1 within a head, for RWKV-7.
  func waves(
    _ width: Int, head: Int, _ value: (_ lin: Double, _ zig: Double) -> Double
  ) -> Initialization {
    .values(
      (0..<width).map { unit in
        let z = head > 1 ? 2 * Double(unit % head) / Double(head - 1) - 1 : 0
        return value(Double(unit) / Double(max(1, width - 1)) - 0.5, z * abs(z))
      })
  }
}

/// `base` to an exponent, for a base of zero or more.
func power(_ base: Double, _ exponent: Double) -> Double {
  if exponent == 0 { return 1 }
  return base == 0 ? 0 : exponential(exponent * logarithm(base))
}
