import Cells

/// The same model with an explicit loop over single steps of three cells.
struct LoopModel: Module {
  var embed: Embedding
  var cells: [RecurrentStep]
  var fc: Linear

  /// A model with the weights of the other one.
  init(_ model: LayerModel, using generator: inout some RandomNumberGenerator) throws {
    (embed, fc) = (model.embed, model.fc)
    cells = []
    for layer in 0..<3 {
      var cell = RecurrentStep(RNN(), inputSize: 10, hiddenSize: 10, using: &generator)
      let suffix = "_l\(layer)"
      let weights = model.rnn.parameters.filter { $0.name.hasSuffix(suffix) }
      try cell.load(
        Dictionary(
          uniqueKeysWithValues: weights.map { (String($0.name.dropLast(suffix.count)), $0.value) }))
      cells.append(cell)
    }
  }

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("embed", &embed)
    visitor.visit("cells", &cells)
    visitor.visit("fc", &fc)
  }

  /// The logits of each next character, `[B, T, V]`, for characters `[B, T]`.
  func callAsFunction(_ characters: [Int32], shape: [Int]) -> Tensor {
    let x = embed(characters, shape: shape)
    var states = cells.map { $0.zeroState(batch: shape[0]) }
    var outputs: [Tensor] = []
    for t in 0..<shape[1] {
      var h = x.at(t, along: 1)
      for layer in cells.indices {
        (h, states[layer]) = cells[layer](h, states[layer])
      }
      outputs.append(h)
    }
    return fc(stack(outputs, along: 1))
  }
}
