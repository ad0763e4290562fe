extension CellRegistry {
  /// Cells with a memory beside their output.
  mutating func registerLSTMs() {
    register(
      "wmclstm", WMCLSTM(), summary: "LSTM whose gates see the whole cell state",
      paper:
        "F. Landi, L. Baraldi, M. Cornia and R. Cucchiara, Working memory connections for"
        + " LSTM, Neural Networks 144, 2021")
    register(
      "reslstm", ResidualLSTM(), summary: "LSTM with a residual connection inside the output gate",
      paper: "J. Kim, M. El-Khamy and J. Lee, Residual LSTM, Interspeech 2017")
    register(
      "mclstm", MCLSTM(), summary: "LSTM with a memory controller",
      paper:
        "I. Ben-Ari and R. Shwartz-Ziv, Sequence modeling using a memory controller extension"
        + " for LSTM, NeurIPS Time Series Workshop 2017")
    register(
      "multiplicative-lstm", MultiplicativeLSTM(),
      summary: "LSTM with a recurrent matrix that depends on the input",
      paper:
        "B. Krause, I. Murray, S. Renals and L. Lu, Multiplicative LSTM for sequence"
        + " modelling, ICLR Workshop 2017")
    register(
      "mogrifier", MogrifierLSTM(), summary: "LSTM whose input and state gate each other first",
      paper: "G. Melis, T. Kočiský and P. Blunsom, Mogrifier LSTM, ICLR 2020")
    register(
      "onlstm", ONLSTM(), summary: "LSTM with ordered neurons",
      paper: "Y. Shen, S. Tan, A. Sordoni and A. Courville, Ordered neurons, ICLR 2019")
    register(
      "urlstm", URLSTM(), summary: "LSTM with a refine gate and uniform gate initialisation",
      paper:
        "A. Gu, C. Gulcehre, T. Paine, M. Hoffman and R. Pascanu, Improving the gating"
        + " mechanism of recurrent neural networks, ICML 2020")
    register(
      "slstm", SLSTM(), summary: "LSTM with exponential gates, of the xLSTM",
      paper: "M. Beck et al., xLSTM: extended long short-term memory, NeurIPS 2024")
    register(
      "ran", RAN(), summary: "recurrent additive network",
      paper: "K. Lee, O. Levy and L. Zettlemoyer, Recurrent additive networks, 2017")
    register(
      "nas", NASCell(), summary: "the cell that architecture search found",
      paper: "B. Zoph and Q. Le, Neural architecture search with reinforcement learning, ICLR 2017")
    register(
      "scrn", SCRN(), summary: "a slow context beside a fast state",
      paper:
        "T. Mikolov, A. Joulin, S. Chopra, M. Mathieu and M. Ranzato, Learning longer memory"
        + " in recurrent neural networks, 2014")
  }
}
