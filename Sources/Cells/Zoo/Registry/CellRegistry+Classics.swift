extension CellRegistry {
  /// The three that every library has, with their published variants.
  mutating func registerClassics() {
    register(
      "rnn", RNN(), summary: "simple recurrent network with tanh",
      paper: "J. Elman, Finding structure in time, Cognitive Science 14, 1990")
    register(
      "rnn-relu", RNN(nonlinearity: .relu), summary: "simple recurrent network with ReLU",
      paper: "J. Elman, Finding structure in time, Cognitive Science 14, 1990")
    register(
      "lstm", LSTM(), summary: "long short-term memory with a forget gate",
      paper: "S. Hochreiter and J. Schmidhuber, Long short-term memory, Neural Computation 9, 1997")
    register(
      "lstm-original", LSTM(gates: .inputOnly), summary: "LSTM of 1997, without a forget gate",
      paper: "S. Hochreiter and J. Schmidhuber, Long short-term memory, Neural Computation 9, 1997")
    register(
      "lstm-peephole", LSTM(hasPeepholes: true), summary: "LSTM whose gates see the cell state",
      paper:
        "F. Gers, N. Schraudolph and J. Schmidhuber, Learning precise timing with LSTM"
        + " recurrent networks, JMLR 3, 2002")
    register(
      "lstm-cifg", LSTM(gates: .coupled), summary: "LSTM with coupled input and forget gates",
      paper: "K. Greff et al., LSTM: a search space odyssey, 2015")
    register(
      "lstm-layernorm", LSTM(hasLayerNorm: true), summary: "LSTM with layer normalisation",
      paper: "J. Ba, R. Kiros and G. Hinton, Layer normalization, 2016")
    register(
      "gru", GRU(), summary: "gated recurrent unit, reset gate after the recurrent product",
      paper: "K. Cho et al., Learning phrase representations using RNN encoder-decoder, EMNLP 2014")
    register(
      "gru-before", GRU(reset: .beforeProduct),
      summary: "gated recurrent unit, reset gate before the recurrent product",
      paper: "K. Cho et al., Learning phrase representations using RNN encoder-decoder, EMNLP 2014")
    register(
      "gru-layernorm", GRU(hasLayerNorm: true),
      summary: "gated recurrent unit with layer normalisation",
      paper: "J. Ba, R. Kiros and G. Hinton, Layer normalization, 2016")
  }
}
