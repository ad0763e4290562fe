extension CellRegistry {
  /// Cells made from differential equations, and residual ones.
  mutating func registerDynamicalSystems() {
    register(
      "antisymmetric", Antisymmetric(), summary: "RNN with an antisymmetric matrix",
      paper: "B. Chang, M. Chen, E. Haber and E. Chi, AntisymmetricRNN, ICLR 2019")
    register(
      "antisymmetric-gated", Antisymmetric(isGated: true),
      summary: "gated RNN with an antisymmetric matrix",
      paper: "B. Chang, M. Chen, E. Haber and E. Chi, AntisymmetricRNN, ICLR 2019")
    register(
      "lipschitz", LipschitzRNN(), summary: "a stable linear part beside a Lipschitz one",
      paper:
        "N. B. Erichson, O. Azencot, A. Queiruga, L. Hodgkinson and M. Mahoney, Lipschitz"
        + " recurrent neural networks, ICLR 2021")
    register(
      "cornn", CoRNN(), summary: "coupled, damped and driven oscillators",
      paper:
        "T. K. Rusch and S. Mishra, Coupled oscillatory recurrent neural network (coRNN),"
        + " ICLR 2021")
    register(
      "unicornn", UnICORNN(), summary: "undamped independent oscillators",
      paper: "T. K. Rusch and S. Mishra, UnICORNN, ICML 2021")
    register(
      "lem", LEM(), summary: "long expressive memory with two learned time scales",
      paper:
        "T. K. Rusch, S. Mishra, N. B. Erichson and M. Mahoney, Long expressive memory for"
        + " sequence modeling, ICLR 2022")
    register(
      "fastrnn", FastRNN(), summary: "RNN with a weighted residual connection",
      paper: "A. Kusupati et al., FastGRNN, NeurIPS 2018")
  }
}
