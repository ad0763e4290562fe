import TensorCore

/// The random masks of one training pass of a layer.
package struct RandomMasks: Sendable {
  /// For each direction of each layer, the values of its random signals, in the equations' order.
  package internal(set) var signals: [[Tensor]] = []
  /// For each direction of each layer, its masks of weights.
  package private(set) var weights: [[Tensor]] = []

  /// Samples masks for a layer; nil where no option is random.
  ///
  /// The two directions of a layer read the same input: dropout between layers drops the same units of it.
  package init?(
    for layer: Recurrent, steps: Int, batch: Int,
    using generator: inout some RandomNumberGenerator
  ) {
    guard layer.isRandom else { return nil }
    for place in layer.plans.indices {
      let cell = layer.plans[place].equations(.init(isRandom: true))
      var own: [Tensor] = []
      for sequence in cell.sequences {
        guard case .mask(let mask) = sequence.role else { continue }
        if place % layer.direction.count == 1, sequence.name == WrappedCell.inputMask {
          own.append(signals[place - 1][own.count])
          continue
        }
        let shape = [mask.lifetime == .sequence ? 1 : steps, batch, sequence.width]
        own.append(
          Tensor(
            storage: dropoutMask(
              count: elementCount(of: shape), probability: mask.probability,
              isScaled: mask.isScaled, using: &generator), shape: shape))
      }
      signals.append(own)
      weights.append(
        cell.weightMasks.map { mask in
          Tensor(
            storage: dropoutMask(
              count: mask.rows * mask.columns, probability: mask.probability, using: &generator),
            shape: [mask.rows, mask.columns])
        })
    }
  }
}
