extension CellRegistry {
  /// The cells of this library.
  public static let standard: CellRegistry = {
    var cells = CellRegistry()
    cells.registerClassics()
    return cells
  }()

  /// The three that every library has, with their published variants.
  private mutating func registerClassics() {
    register(
      "rnn", RNN(), summary: "simple recurrent network with tanh",
      paper: "J. Elman, Finding structure in time, Cognitive Science 14, 1990")
    register(
      "lstm", LSTM(), summary: "long short-term memory with a forget gate",
      paper: "S. Hochreiter and J. Schmidhuber, Long short-term memory, Neural Computation 9, 1997")
    register(
      "gru", GRU(), summary: "gated recurrent unit, reset gate after the recurrent product",
      paper: "K. Cho et al., Learning phrase representations using RNN encoder-decoder, EMNLP 2014")
  }
}
