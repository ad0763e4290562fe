extension CellRegistry {
  /// Cells whose units remember only themselves.
  mutating func registerElementwiseRecurrences() {
    register(
      "indrnn", IndRNN(), summary: "independently recurrent network with ReLU",
      paper:
        "S. Li, W. Li, C. Cook, C. Zhu and Y. Gao, Independently recurrent neural network"
        + " (IndRNN), CVPR 2018")
    register(
      "indrnn-tanh", IndRNN(nonlinearity: .tanh),
      summary: "independently recurrent network with tanh",
      paper:
        "S. Li, W. Li, C. Cook, C. Zhu and Y. Gao, Independently recurrent neural network"
        + " (IndRNN), CVPR 2018")
    register(
      "mingru", MinGRU(), summary: "GRU whose gates see the input alone",
      paper:
        "L. Feng, F. Tung, M. O. Ahmed, Y. Bengio and H. Hajimirsadeghi, Were RNNs all we"
        + " needed?, 2024")
    register(
      "minlstm", MinLSTM(), summary: "LSTM whose gates see the input alone",
      paper:
        "L. Feng, F. Tung, M. O. Ahmed, Y. Bengio and H. Hajimirsadeghi, Were RNNs all we"
        + " needed?, 2024")
    register(
      "sru", SRU(), summary: "simple recurrent unit",
      paper:
        "T. Lei, Y. Zhang, S. Wang, H. Dai and Y. Artzi, Simple recurrent units for highly"
        + " parallelizable recurrence, EMNLP 2018")
    register(
      "qrnn", QRNN(), summary: "quasi-recurrent network",
      paper:
        "J. Bradbury, S. Merity, C. Xiong and R. Socher, Quasi-recurrent neural networks,"
        + " ICLR 2017")
    register(
      "trnn", TypedRNN(), summary: "strongly typed RNN",
      paper: "D. Balduzzi and M. Ghifary, Strongly-typed recurrent neural networks, ICML 2016")
    register(
      "tgru", TypedGRU(), summary: "strongly typed GRU",
      paper: "D. Balduzzi and M. Ghifary, Strongly-typed recurrent neural networks, ICML 2016")
    register(
      "tlstm", TypedLSTM(), summary: "strongly typed LSTM",
      paper: "D. Balduzzi and M. Ghifary, Strongly-typed recurrent neural networks, ICML 2016")
    register(
      "elstm", ELSTM(), summary: "elementwise LSTM, made for real-time recurrent learning",
      paper:
        "K. Irie, A. Gopalakrishnan and J. Schmidhuber, Exploring the promise and limits of"
        + " real-time recurrent learning, ICLR 2024")
  }
}
