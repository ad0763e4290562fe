import Cells
import TensorCore

/// Makes the parameters of a model that is being built: drawn as PyTorch draws them, or zeros to be loaded.
struct Initializer {
  /// Where chance comes from; nil for zeros.
  var generator: Philox?

  /// A table of standard normal numbers.
  mutating func table(_ shape: [Int]) -> Tensor {
    guard var dice = generator else { return Tensor(zeros: shape) }
    defer { generator = dice }
    return Tensor(normal: shape, using: &dice)
  }

  /// Numbers drawn uniformly from ±1/sqrt(fanIn).
  mutating func uniform(_ shape: [Int], fanIn: Int) -> Tensor {
    guard var dice = generator else { return Tensor(zeros: shape) }
    defer { generator = dice }
    return Tensor(fanInUniform: shape, fanIn: fanIn, using: &dice)
  }

  /// An affine map.
  mutating func linear(from inputs: Int, to outputs: Int, bias: Bool = true) -> Linear {
    let weight = uniform([outputs, inputs], fanIn: inputs)
    return Linear(weight: weight, bias: bias ? uniform([outputs], fanIn: inputs) : nil)
  }

  /// A recurrent layer.
  mutating func recurrent(
    _ options: SequenceConfiguration, inputSize: Int, isBidirectional: Bool,
    layout: Recurrent.Layout
  ) -> Recurrent {
    var dice = generator
    defer { generator = dice }
    return Recurrent(
      options.cell, inputSize: inputSize, hiddenSize: options.hiddenSize, layers: options.layers,
      direction: isBidirectional ? options.direction : .forward, dropout: options.dropout,
      layout: layout, options: options.recurrent
    ) { parameter, hiddenSize in
      guard var drawn = dice else { return Tensor(zeros: parameter.shape) }
      defer { dice = drawn }
      return parameter.initialValue(fanIn: hiddenSize, using: &drawn)
    }
  }
}

/// The names and shapes of parameters that a model would have, without a model that has them.
struct ParameterShapes {
  private(set) var list: [(name: String, shape: [Int])] = []

  mutating func add(_ name: String, _ shape: [Int]) { list.append((name, shape)) }

  mutating func addLinear(_ name: String, from inputs: Int, to outputs: Int, bias: Bool = true) {
    add("\(name).weight", [outputs, inputs])
    if bias { add("\(name).bias", [outputs]) }
  }

  /// Adds a recurrent layer; returns the number of units of its output.
  mutating func addRecurrent(
    _ name: String, _ options: SequenceConfiguration, inputSize: Int, isBidirectional: Bool
  ) -> Int {
    let outline = Recurrent.outline(
      options.cell, inputSize: inputSize, hiddenSize: options.hiddenSize, layers: options.layers,
      direction: isBidirectional ? options.direction : .forward, options: options.recurrent)
    for parameter in outline.parameters { add("\(name).\(parameter.name)", parameter.shape) }
    return outline.outputSize
  }
}
