extension CellRegistry {
  /// Cells with clocks, with cells inside, and linear ones.
  mutating func registerFurtherCells() {
    register(
      "nested-lstm", NestedLSTM(), summary: "LSTM whose cell state is the output of an LSTM",
      paper: "J. Moniz and D. Krueger, Nested LSTMs, ACML 2017")
    register(
      "fast-slow-lstm", FastSlowLSTM(), summary: "fast LSTMs with a slow one between them",
      paper:
        "A. Mujika, F. Meier and A. Steger, Fast-slow recurrent neural networks, NeurIPS 2017")
    register(
      "clockwork", ClockworkRNN(), summary: "groups of units with periods of their own",
      paper: "J. Koutník, K. Greff, F. Gomez and J. Schmidhuber, A clockwork RNN, ICML 2014")
    register(
      "phased-lstm", PhasedLSTM(), summary: "LSTM whose units open periodically",
      paper: "D. Neil, M. Pfeiffer and S.-C. Liu, Phased LSTM, NeurIPS 2016")
    register(
      "lmu", LMU(), summary: "Legendre memory of the last steps, and a recurrence that reads it",
      paper: "A. Voelker, I. Kajić and C. Eliasmith, Legendre memory units, NeurIPS 2019")
    register(
      "lru", LRU(), summary: "linear recurrent unit, complex and diagonal",
      paper:
        "A. Orvieto et al., Resurrecting recurrent neural networks for long sequences, ICML 2023")
    register(
      "hgrn", HGRN(), summary: "linear recurrence with bounded forget gates",
      paper:
        "Z. Qin, S. Yang and Y. Zhong, Hierarchically gated recurrent neural network for sequence"
        + " modeling, NeurIPS 2023")
  }
}
