extension CellRegistry {
  /// Cells with gates and a single state.
  mutating func registerGatedUnits() {
    register(
      "mgu", MGU(), summary: "minimal gated unit: one gate for both jobs of the GRU",
      paper:
        "G.-B. Zhou, J. Wu, C.-L. Zhang and Z.-H. Zhou, Minimal gated unit for recurrent"
        + " neural networks, 2016")
    register(
      "mgu1", MGU(gate: .stateAndBias), summary: "minimal gated unit, gate from state and bias",
      paper:
        "J. Heck and F. Salem, Simplified minimal gated unit variations for recurrent neural"
        + " networks, 2017")
    register(
      "mgu2", MGU(gate: .state), summary: "minimal gated unit, gate from the state",
      paper:
        "J. Heck and F. Salem, Simplified minimal gated unit variations for recurrent neural"
        + " networks, 2017")
    register(
      "mgu3", MGU(gate: .bias), summary: "minimal gated unit, gate from a bias",
      paper:
        "J. Heck and F. Salem, Simplified minimal gated unit variations for recurrent neural"
        + " networks, 2017")
    register(
      "ugrnn", UGRNN(), summary: "update gate RNN",
      paper:
        "J. Collins, J. Sohl-Dickstein and D. Sussillo, Capacity and trainability in"
        + " recurrent neural networks, ICLR 2017")
    register(
      "intersection", IntersectionRNN(),
      summary: "+RNN: a stream through depth crosses one through time",
      paper:
        "J. Collins, J. Sohl-Dickstein and D. Sussillo, Capacity and trainability in"
        + " recurrent neural networks, ICLR 2017")
    register(
      "janet", JANET(), summary: "LSTM with its forget gate alone",
      paper:
        "J. van der Westhuizen and J. Lasenby, The unreasonable effectiveness of the forget"
        + " gate, 2018")
    register(
      "minimalrnn", MinimalRNN(), summary: "one gate over a mapped input",
      paper:
        "M. Chen, MinimalRNN: toward more interpretable and trainable recurrent neural"
        + " networks, 2017")
    register(
      "miru1", MiRU(), summary: "minion recurrent unit with a reset gate",
      paper: "A. Zyarah and D. Kudithipudi, the minion recurrent unit, 2026")
    register(
      "miru2", MiRU(reset: 0.5), summary: "minion recurrent unit with constants for gates",
      paper: "A. Zyarah and D. Kudithipudi, the minion recurrent unit, 2026")
    register(
      "mut1", MUT(.first), summary: "mutated cell 1",
      paper:
        "R. Jozefowicz, W. Zaremba and I. Sutskever, An empirical exploration of recurrent"
        + " network architectures, ICML 2015")
    register(
      "mut2", MUT(.second), summary: "mutated cell 2",
      paper:
        "R. Jozefowicz, W. Zaremba and I. Sutskever, An empirical exploration of recurrent"
        + " network architectures, ICML 2015")
    register(
      "mut3", MUT(.third), summary: "mutated cell 3",
      paper:
        "R. Jozefowicz, W. Zaremba and I. Sutskever, An empirical exploration of recurrent"
        + " network architectures, ICML 2015")
    register(
      "ligru", LiGRU(), summary: "light GRU, without a reset gate and with ReLU",
      paper:
        "M. Ravanelli, P. Brakel, M. Omologo and Y. Bengio, Light gated recurrent units for"
        + " speech recognition, IEEE TETCI 2, 2018")
    register(
      "lightru", LightRU(), summary: "light recurrent unit: only the gate sees the state",
      paper: "H. Ye et al., Light recurrent unit, Electronics 13, 2024")
    register(
      "atr", ATR(), summary: "twin gates by addition and subtraction",
      paper:
        "B. Zhang, D. Xiong, J. Su, Q. Lin and H. Zhang, Simplifying neural machine"
        + " translation with addition-subtraction twin-gated recurrent networks, EMNLP 2018")
    register(
      "sgrn", SGRN(), summary: "simple gated recurrent network",
      paper:
        "X. Zu and K. Wei, A simple gated recurrent network for detection of power quality"
        + " disturbances, 2020")
    register(
      "star", STAR(), summary: "stackable recurrent cell",
      paper:
        "M. Turkoglu, S. D'Aronco, J. D. Wegner and K. Schindler, Gating revisited: deep"
        + " multi-layer RNNs that can be trained, IEEE TPAMI 44, 2021")
    register(
      "sgu", SGU(), summary: "simple gated unit",
      paper: "Y. Gao and D. Glowacka, Deep gate recurrent neural network, ACML 2016")
    register(
      "dsgu", SGU(isDeep: true), summary: "deep simple gated unit",
      paper: "Y. Gao and D. Glowacka, Deep gate recurrent neural network, ACML 2016")
    register(
      "taugru", TauGRU(), summary: "GRU with weighted time-delay feedback",
      paper:
        "N. B. Erichson, S. H. Lim and M. Mahoney, Gated recurrent neural networks with"
        + " weighted time-delay feedback, 2022")
    register(
      "cfn", CFN(), summary: "chaos-free network",
      paper: "T. Laurent and J. von Brecht, A recurrent neural network without chaos, ICLR 2017")
    register(
      "brc", BRC(), summary: "bistable recurrent cell",
      paper:
        "N. Vecoven, D. Ernst and G. Drion, A bio-inspired bistable recurrent cell allows for"
        + " long-lasting memory, PLoS ONE 16, 2021")
    register(
      "nbrc", BRC(isNeuromodulated: true), summary: "neuromodulated bistable recurrent cell",
      paper:
        "N. Vecoven, D. Ernst and G. Drion, A bio-inspired bistable recurrent cell allows for"
        + " long-lasting memory, PLoS ONE 16, 2021")
    register(
      "fastgrnn", FastGRNN(), summary: "gate and candidate share their matrices",
      paper: "A. Kusupati et al., FastGRNN, NeurIPS 2018")
    register(
      "rhn", RHN(), summary: "recurrent highway network, three layers within a step",
      paper:
        "J. Zilly, R. Srivastava, J. Koutník and J. Schmidhuber, Recurrent highway networks,"
        + " ICML 2017")
  }
}
