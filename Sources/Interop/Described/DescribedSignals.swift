import Checkpoint

/// What is known of the signals that a description's layers give, while the layers are read.
struct DescribedSignals {
  private struct Signal {
    var units: Int
    /// Whether it is one vector, not one for each step.
    var isPooled: Bool
    /// The convolutions on the way to it: signals behind others have other steps. None on the way to one vector.
    var convolutions: [String]
  }

  private var signals: [String: Signal] = [:]

  /// The number of units that a layer reads.
  ///
  /// - Throws: `CheckpointError` if the layer cannot read these layers.
  func units(
    readBy layer: NetworkDescription.Layer, _ reads: [String], _ weights: DescribedWeights
  ) throws(CheckpointError) -> Int {
    guard signals[layer.name] == nil else {
      throw weights.failure(layer, "expected layers of different names, found two")
    }
    var read: [Signal] = []
    for name in reads {
      guard let signal = signals[name] else {
        throw weights.failure(layer, "reads \(name): expected a layer before it, found none")
      }
      guard !signal.isPooled || !layer.kind.readsSteps else {
        throw weights.failure(layer, "reads \(name): expected steps, found one vector")
      }
      read.append(signal)
    }
    let readsSeveral = layer.kind == .join || layer.kind == .sum
    guard readsSeveral ? reads.count >= 2 : reads.count <= 1 else {
      throw weights.failure(
        layer, "expected \(readsSeveral ? "layers" : "one layer") to read, found \(reads.count)")
    }
    guard reads.isEmpty || layer.kind != .embedding && layer.kind != .oneHot else {
      throw weights.failure(layer, "expected the first layer for tokens, found one that reads")
    }
    guard let first = read.first else { return 0 }
    guard
      read.allSatisfy({
        $0.isPooled == first.isPooled && $0.convolutions == first.convolutions
      })
    else {
      throw weights.failure(
        layer,
        "expected layers of the same steps, found one behind a convolution or a pooling layer")
    }
    guard layer.kind == .sum else { return read.reduce(0) { $0 + $1.units } }
    guard read.allSatisfy({ $0.units == first.units }) else {
      throw weights.failure(layer, "expected layers of \(first.units) units, found others")
    }
    return first.units
  }

  /// Adds what a layer gives.
  mutating func add(_ layer: NetworkDescription.Layer, _ reads: [String], units: Int) {
    let source = reads.first.flatMap { signals[$0] }
    let isPooled = layer.kind.pools || source?.isPooled ?? false
    let own = layer.kind == .convolution ? [layer.name] : []
    signals[layer.name] = Signal(
      units: units, isPooled: isPooled,
      convolutions: isPooled ? [] : (source?.convolutions ?? []) + own)
  }
}
