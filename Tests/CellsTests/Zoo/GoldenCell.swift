import Cells
import Testing

/// One of our cells beside the golden one of the same equations.
struct GoldenCell: Sendable, CustomTestStringConvertible {
  /// The golden cell's name.
  let name: String
  let cell: any RecurrentCell
  /// Golden parameters whose rows make one of ours, where the names don't say so already. Ours take from
  /// them in turn: what one has taken the next does not get.
  var parameters: [String: [String]] = [:]
  /// Our parameter that is added where a golden one is: it is zero here and has the same gradient.
  var shared: [String: String] = [:]
  /// The golden state behind each of ours.
  var states = ["hidden": "h", "cell": "c"]
  /// A golden parameter that the golden state is multiplied by to make ours.
  var stateProducts: [String: String] = [:]

  /// Float32 through some hundred operations a step, relative to each tensor's largest value.
  var planTolerance: Float = 2e-5

  var testDescription: String { name }

  /// The golden names behind one of our parameters.
  func sources(_ parameter: String) -> [String] {
    let usual = [
      "weight_ih": "W", "weight_hh": "U", "bias_ih": "b", "bias_hh": "bu", "weight_ch": "p",
      "gain_ih": "g1", "gain_hh": "g2", "gain_cell": "gc", "bias_cell": "bc",
    ]
    return parameters[parameter] ?? [usual[parameter] ?? parameter]
  }

  static let twoBiases = ["bias_hh": "b"]

  static let all: [GoldenCell] = [
    GoldenCell(name: "rnn_tanh", cell: RNN(), shared: twoBiases),
    GoldenCell(name: "rnn_relu", cell: RNN(nonlinearity: .relu), shared: twoBiases),
    GoldenCell(name: "lstm", cell: LSTM(), shared: twoBiases),
    GoldenCell(name: "lstm_cifg", cell: LSTM(gates: .coupled), shared: twoBiases),
    GoldenCell(name: "lstm_peephole", cell: LSTM(hasPeepholes: true), shared: twoBiases),
    GoldenCell(name: "lstm_original", cell: LSTM(gates: .inputOnly), shared: twoBiases),
    GoldenCell(name: "ln_lstm", cell: LSTM(hasLayerNorm: true), shared: twoBiases),
    GoldenCell(name: "gru_after", cell: GRU()),
    GoldenCell(name: "gru_before", cell: GRU(reset: .beforeProduct), shared: twoBiases),
    GoldenCell(name: "ln_gru", cell: GRU(hasLayerNorm: true)),
    GoldenCell(name: "antisymmetric", cell: Antisymmetric(stepSize: 0.5, diffusion: 0.1)),
    GoldenCell(
      name: "antisymmetric_gated",
      cell: Antisymmetric(isGated: true, stepSize: 0.5, diffusion: 0.1)),
    GoldenCell(name: "atr", cell: ATR()),
    GoldenCell(name: "brc", cell: BRC(), parameters: ["weight_hh": ["u"]]),
    GoldenCell(name: "nbrc", cell: BRC(isNeuromodulated: true)),
    GoldenCell(name: "cfn", cell: CFN()),
    GoldenCell(
      name: "cornn", cell: CoRNN(), parameters: ["weight_vh": ["V"]],
      states: ["hidden": "h", "velocity": "z"]),
    GoldenCell(name: "fastrnn", cell: FastRNN()),
    GoldenCell(name: "fastgrnn", cell: FastGRNN()),
    GoldenCell(name: "indrnn_relu", cell: IndRNN(), parameters: ["weight_hh": ["u"]]),
    GoldenCell(
      name: "indrnn_tanh", cell: IndRNN(nonlinearity: .tanh), parameters: ["weight_hh": ["u"]]),
    GoldenCell(name: "intersection", cell: IntersectionRNN()),
    GoldenCell(name: "ugrnn", cell: UGRNN()),
    GoldenCell(name: "janet", cell: JANET()),
    GoldenCell(
      name: "lem", cell: LEM(), parameters: ["weight_mh": ["V"]],
      states: ["hidden": "y", "memory": "z"]),
    GoldenCell(name: "ligru", cell: LiGRU()),
    GoldenCell(name: "lightru", cell: LightRU()),
    GoldenCell(name: "mclstm", cell: MCLSTM(), states: ["control": "v", "cell": "c"]),
    GoldenCell(name: "mgu", cell: MGU()),
    GoldenCell(name: "minimalrnn", cell: MinimalRNN(), parameters: ["weight_zh": ["V"]]),
    GoldenCell(name: "miru1", cell: MiRU()),
    GoldenCell(name: "miru2", cell: MiRU(reset: 0.5)),
    GoldenCell(
      name: "mlstm_mult", cell: MultiplicativeLSTM(),
      parameters: ["weight_hh": ["Um"], "weight_mh": ["V"], "bias_hh": ["bm"]]),
    GoldenCell(name: "mut1", cell: MUT(.first), parameters: ["bias_ih": ["b"], "bias_hh": ["b"]]),
    GoldenCell(name: "mut2", cell: MUT(.second)),
    GoldenCell(name: "mut3", cell: MUT(.third)),
    GoldenCell(name: "nas", cell: NASCell(), parameters: ["bias_hh": ["b"]]),
    GoldenCell(name: "ran", cell: RAN()),
    GoldenCell(name: "rhn3", cell: RHN(), parameters: ["bias_hh": ["b"]]),
    GoldenCell(
      name: "scrn_paper", cell: SCRN(),
      parameters: ["weight_is": ["Ws"], "weight_sh": ["P"], "weight_ih": ["A"]],
      states: ["hidden": "h", "context": "s"]),
    GoldenCell(name: "sgrn", cell: SGRN()),
    GoldenCell(name: "star", cell: STAR()),
    GoldenCell(name: "trnn", cell: TypedRNN()),
    GoldenCell(
      name: "tgru", cell: TypedGRU(), parameters: ["weight_ph": ["V"]],
      states: ["hidden": "h", "past": "xprev"], stateProducts: ["past": "V"]),
    GoldenCell(
      name: "tlstm", cell: TypedLSTM(), parameters: ["weight_ph": ["V"]],
      states: ["cell": "c", "past": "xprev"], stateProducts: ["past": "V"]),
    GoldenCell(
      name: "unicornn", cell: UnICORNN(), parameters: ["weight_hh": ["w"], "step": ["c"]],
      states: ["hidden": "y", "velocity": "z"]),
    GoldenCell(
      name: "wmclstm", cell: WMCLSTM(), parameters: ["weight_ch": ["V"], "bias_ch": ["bv"]]),
    GoldenCell(
      name: "reslstm", cell: ResidualLSTM(),
      parameters: ["weight_ph": ["Wp"], "weight_ir": ["Wr"]]),
    GoldenCell(name: "sgu", cell: SGU()),
    GoldenCell(name: "dsgu", cell: SGU(isDeep: true), parameters: ["weight_oh": ["Wo"]]),
    GoldenCell(name: "taugru1", cell: TauGRU(), states: ["hidden": "h", "past": "hd"]),
    GoldenCell(
      name: "elstm", cell: ELSTM(),
      parameters: [
        "weight_ih": ["Wf", "Wz", "Wo"], "weight_cc": ["wf", "wz"], "weight_co": ["Uo"],
      ]),
    GoldenCell(
      name: "lipschitz", cell: LipschitzRNN(), parameters: ["weight_hh": ["M", "U"]]),
    GoldenCell(name: "mingru", cell: MinGRU()),
    GoldenCell(name: "minlstm", cell: MinLSTM()),
    GoldenCell(name: "sru", cell: SRU(), parameters: ["weight_ch": ["v"]]),
    GoldenCell(name: "qrnn1", cell: QRNN()),
    GoldenCell(name: "urlstm", cell: URLSTM(), parameters: ["bias_f": ["bf"]]),
    GoldenCell(name: "onlstm", cell: ONLSTM()),
    GoldenCell(
      name: "mogrifier5", cell: MogrifierLSTM(sharesMatrices: true),
      parameters: ["weight_hx": ["Q"], "weight_xh": ["R"]]),
    GoldenCell(
      name: "slstm", cell: SLSTM(),
      states: ["hidden": "h", "cell": "c", "normalizer": "n", "maximum": "m"]),
  ]

  /// The cells of `more_cells.py`.
  static let more: [GoldenCell] = [
    GoldenCell(
      name: "nested_lstm", cell: NestedLSTM(),
      parameters: ["weight_gc": ["V"], "weight_cc": ["R"], "bias_gc": ["bi"]],
      states: ["hidden": "h", "cell": "c", "inner": "d"]),
    GoldenCell(
      name: "fast_slow_lstm", cell: FastSlowLSTM(fastCells: 3),
      parameters: [
        "weight_ih1": ["W"], "weight_hh1": ["U1"], "bias_ih1": ["b1"], "weight_ihs": ["Ws"],
        "weight_hhs": ["Us"], "bias_ihs": ["bs"], "weight_ih2": ["W2"], "weight_hh2": ["U2"],
        "bias_ih2": ["b2"], "weight_hh3": ["U3"], "bias_hh3": ["b3"],
      ],
      states: [
        "hidden": "h", "slow": "s", "slow cell": "d", "cell1": "c1", "cell2": "c2", "cell3": "c3",
      ]),
    GoldenCell(
      name: "clockwork", cell: ClockworkRNN(),
      parameters: [
        "weight_hh0": ["U0"], "weight_hh1": ["U1"], "weight_hh2": ["U2"], "weight_hh3": ["U3"],
      ], states: ["hidden": "h", "clock": "t"]),
    GoldenCell(
      name: "phased_lstm", cell: PhasedLSTM(), parameters: ["log_period": ["p"], "shift": ["q"]],
      states: ["hidden": "h", "cell": "c", "clock": "t"],
      // A phase is what is left of several periods, and an opening gate multiplies its error by 20.
      planTolerance: 1e-4),
    GoldenCell(
      name: "lru", cell: LRU(),
      parameters: ["gain": ["g"], "weight_sh": ["C"], "weight_iy": ["Dx"]],
      states: ["real": "re", "imaginary": "im"]),
    GoldenCell(name: "hgrn", cell: HGRN(lowerBound: 0.25), states: ["hidden": "h"]),
  ]

  /// A golden cell, and the file that it is in.
  static let cases: [(cell: GoldenCell, file: GoldenFile)] =
    GoldenFile.all.flatMap { file in all.map { ($0, file) } } + more.map { ($0, GoldenFile.more) }
}
