import Cells
import Checkpoint
import Models

extension Recurrent {
  /// Converts the layer to an equivalent ONNX model.
  ///
  /// Inputs: `input`, in the layer's layout, and each state under its name, `[L * D, B, width]`. Outputs: `output`, and
  /// each final state as, for example, `hidden_out`. Cells without an ONNX operation become loops (`Scan`) over their
  /// equations.
  public func onnx() -> ONNXModel {
    var builder = ONNXBuilder(name: "recurrent")
    let outer: [ONNXGraph.Value.Extent] =
      layout == .timeFirst
      ? [.named("steps"), .named("batch")] : [.named("batch"), .named("steps")]
    builder.addInput(.init("input", .float32, outer + [.fixed(inputSize)]))
    let states = builder.addStates(of: self)
    let input = layout == .timeFirst ? "input" : builder.transpose("input", [1, 0, 2])
    let result = builder.addRecurrent(self, input: input, states: states, prefix: "")
    if layout == .timeFirst {
      _ = builder.add("Identity", [result.output], named: "output")
    } else {
      _ = builder.add(
        "Transpose", [result.output], ["perm": .integers([1, 0, 2])], named: "output")
    }
    builder.addOutput(.init("output", .float32, outer + [.fixed(outputSize)]))
    builder.addResults(result.states, of: self)
    return ONNXModel(
      builder.graph, producer: SavedLanguageModel.producer, metadata: builder.metadata)
  }
}

extension SavedLanguageModel {
  /// The producer name in ONNX models of this library.
  static let producer = "swift-rnn"

  /// Converts the model to an equivalent ONNX model.
  ///
  /// Inputs: `tokens` `[B, T]`, int64, and each state under its name, `[L, B, width]`, zeros at the beginning of a
  /// text. Outputs: `logits` `[B, T, V]` of each next token, and each final state as, for example, `hidden_out`, which
  /// is the initial state for the next tokens. The metadata has the tokens and the sizes, so that `init(importing:)`
  /// can read the model.
  public func onnx() throws(CheckpointError) -> ONNXModel {
    var builder = ONNXBuilder(name: "language-model")
    let weights = Dictionary(
      model.parameters.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    func named(_ name: String, _ builder: inout ONNXBuilder) -> String {
      weights[name].map { builder.weights(name, $0) } ?? ""
    }
    let (batch, steps) = (
      ONNXGraph.Value.Extent.named("batch"), ONNXGraph.Value.Extent.named("steps")
    )
    builder.addInput(.init("tokens", .int64, [batch, steps]))
    let states = builder.addStates(of: model.rnn)
    let tokens = builder.transpose("tokens", [1, 0])
    let embedded = builder.add("Gather", [named("embed.weight", &builder), tokens])
    let result = builder.addRecurrent(
      model.rnn, input: embedded, states: states, prefix: "rnn.")
    let table = model.configuration.tiesWeights ? "embed.weight" : "fc.weight"
    let (weight, bias) = (named(table, &builder), named("fc.bias", &builder))
    let logits = builder.linear(result.output, weight: weight, bias: bias)
    _ = builder.add("Transpose", [logits], ["perm": .integers([1, 0, 2])], named: "logits")
    builder.addOutput(.init("logits", .float32, [batch, steps, .fixed(model.vocabularySize)]))
    builder.addResults(result.states, of: model.rnn)
    return ONNXModel(
      builder.graph, producer: Self.producer,
      metadata: try exchangeMetadata().merging(builder.metadata) { first, _ in first })
  }
}

extension ONNXBuilder {
  /// Adds a layer's states as inputs; returns their names.
  mutating func addStates(of layer: Recurrent) -> [String] {
    for state in layer.stateSizes { addInput(stateValue(state.name, state.width, layer)) }
    return layer.cell.states.map(\.name)
  }

  /// Makes `values` the outputs of a layer's final states.
  mutating func addResults(_ values: [String], of layer: Recurrent) {
    for (state, value) in zip(layer.stateSizes, values) {
      let name = add("Identity", [value], named: state.name + "_out")
      addState(state.name, from: name)
      addOutput(stateValue(name, state.width, layer))
    }
  }

  private func stateValue(_ name: String, _ width: Int, _ layer: Recurrent) -> ONNXGraph.Value {
    let rows = layer.layers * layer.direction.count
    return ONNXGraph.Value(name, .float32, [.fixed(rows), .named("batch"), .fixed(width)])
  }
}
