import TensorCore

extension TokenProducts {
  /// A layer's output for the tokens of the next window, continued from a memory.
  ///
  /// An engine that goes on with influences of the layer's parameters, or with earlier windows, reads the table's rows.
  package func callAsFunction(
    _ layer: Recurrent, _ tokens: [Int32], shape: [Int], of table: Tensor,
    with memory: RecurrentMemory
  ) -> Tensor {
    let (layer, x) =
      memory.engine.staysInWindow
      ? reading(layer, tokens, shape, table, memory.state)
      : (layer, table.gatheringRows(tokens, shape: shape))
    return layer(x, with: memory)
  }
}
