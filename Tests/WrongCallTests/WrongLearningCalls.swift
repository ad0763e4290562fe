import Cells
import Models
import TensorCore
import Training

extension WrongCall {
  private static func memory(
    _ engine: GradientEngine = .bptt, learnsInitialState: Bool = false
  ) throws -> RecurrentMemory {
    try RecurrentMemory(
      of: lstm(), engine: engine, batch: 2, learnsInitialState: learnsInitialState)
  }

  static let learning = [
    WrongCall("memory of no samples", "0") {
      _ = try RecurrentMemory(of: lstm(), engine: .bptt, batch: 0)
    },
    WrongCall("memory of a reverse layer", "forward") {
      _ = try RecurrentMemory(of: lstm(direction: .reverse), engine: .rtrl, batch: 1)
    },
    WrongCall("steps of no number", "0") { _ = try memory(.checkpointed(every: 0)) },
    WrongCall("reach below the window", "2", "4") { _ = try memory(.tbptt(every: 4, through: 2)) },
    WrongCall("window of another batch", "2 samples", "[5, 3, 3]") {
      _ = lstm()(Tensor(zeros: [5, 3, 3]), with: try memory())
    },
    WrongCall("window of rank 2", "rank 3", "[5, 3]") {
      _ = lstm()(Tensor(zeros: [5, 3]), with: try memory())
    },
    WrongCall("stream of no steps", "one step", "[0, 2, 3]") {
      _ = lstm()(Tensor(zeros: [0, 2, 3]), with: try memory())
    },
    WrongCall("window beyond the reach", "5 steps", "4") {
      _ = lstm()(Tensor(zeros: [5, 2, 3]), with: try memory(.tbptt(every: 2, through: 4)))
    },
    WrongCall("window without its initial state", "initial state") {
      _ = lstm()(Tensor(zeros: [5, 2, 3]), with: try memory(learnsInitialState: true))
    },
    WrongCall("window from states of another cell", "[\"hidden\"]", "[\"hidden\", \"cell\"]") {
      let start = RecurrentState([("hidden", Tensor(zeros: [1, 2, 4]))])
      _ = lstm()(Tensor(zeros: [5, 2, 3]), with: try memory(), startingFrom: start)
    },
    WrongCall("reset of no sample", "0..<2", "2") { try memory().reset(samples: [2]) },
    WrongCall("snapshot of another engine", "layers", "1", "0") {
      try memory(.rtrl).restore(try memory().snapshot)
    },
    WrongCall("gradient taken twice", "once") {
      let (layer, memory) = (lstm(), try Self.memory(.rtrl))
      _ = valueAndGradient(of: layer) { layer in
        let first = layer(Tensor(zeros: [1, 2, 3]), with: memory)
        return (first + layer(Tensor(zeros: [1, 2, 3]), with: memory)).sum()
      }
    },
    WrongCall("observation of rank 1", "rank 3", "[3]") {
      var generator = Philox(seed: 1)
      let model = StreamPredictor(
        LSTM(), inputSize: 3, hiddenSize: 4, outputSize: 2, using: &generator)
      var learner = try OnlineLearner(model, engine: .rtrl, optimizer: SGD(learningRate: 0.1))
      learner.observe(Tensor(zeros: [3]), [0])
    },
  ]
}
