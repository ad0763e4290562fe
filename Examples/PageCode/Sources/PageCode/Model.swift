import Cells

/// The sizes of a model.
struct Configuration: Codable {
  var inputSize: Int
  var outputSize: Int
}

/// A linear layer.
struct Model: Module {
  private var readout: Linear

  init(_ configuration: Configuration) {
    var generator = Philox(seed: 1)
    readout = Linear(
      inputSize: configuration.inputSize, outputSize: configuration.outputSize, using: &generator)
  }

  var weights: Tensor { readout.weight }

  func callAsFunction(_ x: Tensor) -> Tensor { readout(x) }

  func updated(by gradients: Gradients) -> Model {
    var model = self
    model.updateParameters(with: gradients) { _, parameter, gradient in
      parameter -= 0.1 * gradient
    }
    return model
  }

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("readout", &readout)
  }
}
