import Cells
import TensorCore

/// An LSTM of 3 input units and 4 hidden ones.
func lstm(layers: Int = 1, direction: Recurrent.Direction = .forward) -> Recurrent {
  var generator = Philox(seed: 1)
  return Recurrent(
    LSTM(), inputSize: 3, hiddenSize: 4, layers: layers, direction: direction, using: &generator)
}

func layer(
  _ cell: some RecurrentCell = GRU(), inputSize: Int = 3, hiddenSize: Int = 4, layers: Int = 1,
  dropout: Float = 0, _ change: (inout Recurrent.Options) -> Void = { _ in }
) {
  var generator = Philox(seed: 1)
  var options = Recurrent.Options()
  change(&options)
  _ = Recurrent(
    cell, inputSize: inputSize, hiddenSize: hiddenSize, layers: layers, dropout: dropout,
    options: options, using: &generator)
}

extension WrongCall {
  static let layers = sizes + cells + options + inputs + parts

  private static let sizes = [
    WrongCall("input of no units", "0 input units") { layer(inputSize: 0) },
    WrongCall("state of no units", "0 hidden units") { layer(hiddenSize: 0) },
    WrongCall("negative state", "-4 hidden units") { layer(hiddenSize: -4) },
    WrongCall("no layers", "one layer or more", "0") { layer(layers: 0) },
    WrongCall("dropout that is no number", "0..<1", "nan") { layer(dropout: .nan) },
    WrongCall("dropout of everything", "0..<1", "1.0") { layer(dropout: 1) },
    WrongCall("negative dropout", "0..<1", "-0.5") { layer(dropout: -0.5) },
    WrongCall("negative batch", "[1, -1, 4]") { _ = lstm().zeroState(batch: -1) },
  ]

  private static let cells = [
    WrongCall("projection to nothing", "projectionSize", "1", "0") {
      layer(LSTM(projectionSize: 0))
    },
    WrongCall("projection to nothing within options", "projectionSize", "1", "0") {
      layer(LSTM(projectionSize: 0)) { $0.connection = .residual }
    },
    WrongCall("window of no steps", "window", "1 to 64", "0") { layer(QRNN(window: 0)) },
    WrongCall("window of no steps in a step", "window", "1 to 64", "0") {
      _ = RecurrentStep(QRNN(window: 0), inputSize: 3, hiddenSize: 4)
    },
    WrongCall("bound above 1", "lowerBound", "below 1", "2.0") { layer(HGRN(lowerBound: 2)) },
    WrongCall("clocks of no period", "periods", "4", "0") { layer(ClockworkRNN(periods: [])) },
    WrongCall("chunks that don't divide", "chunkSize", "4", "3") { layer(ONLSTM(chunkSize: 3)) },
    WrongCall("memory of no numbers", "memorySize", "1 to 256", "0") {
      layer(LMU(memorySize: 0))
    },
    WrongCall("highway of no depth", "depth", "1 to 64", "0") { layer(RHN(depth: 0)) },
    WrongCall("heads that don't divide", "heads", "4", "3") { layer(SLSTM(heads: 3)) },
    WrongCall("delay of one step", "delay", "2 to 256", "1") { layer(TauGRU(delay: 1)) },
    WrongCall("graph of an unsuitable cell", "window", "0") {
      _ = CellGraph(QRNN(window: 0), inputSize: 3, hiddenSize: 4)
    },
    WrongCall("checking gradients of an unsuitable cell", "window", "0") {
      _ = checkGradients(of: QRNN(window: 0))
    },
  ]

  private static let options = [
    WrongCall("more sizes than layers", "layerSizes", "at most 1", "2") {
      layer { $0.layerSizes = [4, 5] }
    },
    WrongCall("layer of no units", "layerSizes", "1", "0") { layer { $0.layerSizes = [0] } },
    WrongCall("outputs projected to nothing", "projectionSize", "1", "-2") {
      layer { $0.projectionSize = -2 }
    },
    WrongCall("zoneout of an unknown state", "zoneout", "hidden", "cell") {
      layer { $0.zoneout = ["cell": 0.5] }
    },
    WrongCall("zoneout that is no number", "zoneout of hidden", "0 to below 1", "nan") {
      layer { $0.zoneout = ["hidden": .nan] }
    },
    WrongCall("input dropout above 1", "inputDropout", "0 to below 1", "1.5") {
      layer { $0.inputDropout = 1.5 }
    },
    WrongCall("start of an unknown block", "initialization", "weight_ih", "weight_xx") {
      layer { $0.initialization.blocks["weight_xx"] = .constant(1) }
    },
    WrongCall("recurrent dropout without recurrent weights", "recurrentDropout") {
      layer(MinGRU()) { $0.recurrentDropout = 0.5 }
    },
    WrongCall("times of a chrono start", "2 or more", "1") {
      _ = Recurrent.Initialization.chrono(steps: 1, forget: "f")
    },
  ]

  private static let inputs = [
    WrongCall("sequence of rank 2", "rank 3", "[5, 3]") { _ = lstm()(Tensor(zeros: [5, 3])) },
    WrongCall("sequence of rank 1", "rank 3", "[3]") { _ = lstm()(Tensor(zeros: [3])) },
    WrongCall("sequence of another width", "3 input units", "[5, 2, 7]") {
      _ = lstm()(Tensor(zeros: [5, 2, 7]))
    },
    WrongCall("sequence of no steps", "one step", "[0, 2, 3]") {
      _ = lstm()(Tensor(zeros: [0, 2, 3]))
    },
    WrongCall("lengths of another batch", "3 lengths", "2") {
      _ = lstm()(Tensor(zeros: [5, 2, 3]), lengths: [1, 2, 3])
    },
    WrongCall("length above the steps", "[5, 6]", "0...5") {
      _ = lstm()(Tensor(zeros: [5, 2, 3]), lengths: [5, 6])
    },
    WrongCall("negative length of a sample", "[5, -1]", "0...5") {
      _ = lstm()(Tensor(zeros: [5, 2, 3]), lengths: [5, -1])
    },
    WrongCall("resets of another batch", "1 samples", "2") {
      _ = lstm()(Tensor(zeros: [5, 2, 3]), resets: [[0]])
    },
    WrongCall("reset after the end", "0..<5", "5") {
      _ = lstm()(Tensor(zeros: [5, 2, 3]), resets: [[0], [5]])
    },
    WrongCall("step of a sequence", "[B, 3]", "[5, 2, 3]") {
      let step = RecurrentStep(LSTM(), inputSize: 3, hiddenSize: 4)
      _ = step(Tensor(zeros: [5, 2, 3]), step.zeroState(batch: 2))
    },
    WrongCall("step of another width", "[B, 3]", "[2, 4]") {
      let step = RecurrentStep(LSTM(), inputSize: 3, hiddenSize: 4)
      _ = step(Tensor(zeros: [2, 4]), step.zeroState(batch: 2))
    },
  ]

  private static let parts = [
    WrongCall("embedding of no tokens", "0 tokens") {
      var generator = Philox(seed: 1)
      _ = Embedding(count: 0, size: 4, using: &generator)
    },
    WrongCall("embedding of a vector", "[V, E]", "[4]") {
      _ = Embedding(weight: Tensor(zeros: [4]))
    },
    WrongCall("token outside of an embedding", "9", "[4, 2]") {
      _ = Embedding(weight: Tensor(zeros: [4, 2]))([9], shape: [1])
    },
    WrongCall("tokens of another shape", "1", "[2]") {
      _ = Embedding(weight: Tensor(zeros: [4, 2]))([3], shape: [2])
    },
    WrongCall("linear map to nothing", "from 3 to 0") {
      var generator = Philox(seed: 1)
      _ = Linear(inputSize: 3, outputSize: 0, using: &generator)
    },
    WrongCall("linear map with a misfit", "[4, 3]", "[3]") {
      _ = Linear(weight: Tensor(zeros: [4, 3]), bias: Tensor(zeros: [3]))
    },
    WrongCall("linear map of a misfit", "[2, 4]", "[4, 3]") {
      _ = Linear(weight: Tensor(zeros: [4, 3]), bias: nil)(Tensor(zeros: [2, 4]))
    },
    WrongCall("normalisation of nothing", "0") { _ = LayerNorm(size: 0) },
    WrongCall("normalisation of a misfit", "[2, 4]", "[3]") {
      _ = LayerNorm(size: 3)(Tensor(zeros: [2, 4]))
    },
    WrongCall("dropping what is no share", "0..<1", "nan") { _ = Dropout(.nan) },
    WrongCall("dropping everything", "0..<1", "1.0") { _ = Dropout(1) },
  ]
}
