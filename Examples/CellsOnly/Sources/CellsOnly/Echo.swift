import Cells

/// Predicts at every step the symbol of two steps before.
struct Echo: Module {
  var recurrent: Recurrent
  var readout: Linear

  init(symbols: Int, hiddenSize: Int, using generator: inout some RandomNumberGenerator) {
    recurrent = Recurrent(
      LeakyCell(), inputSize: symbols, hiddenSize: hiddenSize, using: &generator)
    readout = Linear(inputSize: hiddenSize, outputSize: symbols, using: &generator)
  }

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("recurrent", &recurrent)
    visitor.visit("readout", &readout)
  }

  /// One-hot symbols `[T, B, V]` give a logit for each symbol, `[T, B, V]`.
  func callAsFunction(_ x: Tensor) -> Tensor {
    readout(recurrent(x).output)
  }
}
