import Cells
import TensorCore

extension WrongCall {
  private static func run(_ states: [(name: String, value: Tensor)]) {
    _ = lstm()(Tensor(zeros: [5, 2, 3]), from: RecurrentState(states))
  }

  private static func step(_ states: [(name: String, value: Tensor)]) {
    let step = RecurrentStep(LSTM(), inputSize: 3, hiddenSize: 4)
    _ = step(Tensor(zeros: [2, 3]), RecurrentState(states))
  }

  private static var sequence: Tensor { Tensor(zeros: [1, 2, 4]) }
  private static var row: Tensor { Tensor(zeros: [2, 4]) }

  static let states = [
    WrongCall("states of another cell", "[\"hidden\"]", "[\"hidden\", \"cell\"]") {
      run([("hidden", sequence)])
    },
    WrongCall("states of another name", "[\"hidden\", \"memory\"]", "[\"hidden\", \"cell\"]") {
      run([("hidden", sequence), ("memory", sequence)])
    },
    WrongCall("too many states", "\"more\"", "[\"hidden\", \"cell\"]") {
      run([("hidden", sequence), ("cell", sequence), ("more", sequence)])
    },
    WrongCall("state of another batch", "hidden", "[1, 3, 4]", "[1, 2, 4]") {
      run([("hidden", Tensor(zeros: [1, 3, 4])), ("cell", sequence)])
    },
    WrongCall("state of a step for a sequence", "hidden", "[2, 4]", "[1, 2, 4]") {
      run([("hidden", row), ("cell", sequence)])
    },
    WrongCall("states of fewer layers", "hidden", "[1, 2, 4]", "[2, 2, 4]") {
      _ = lstm(layers: 2)(Tensor(zeros: [5, 2, 3]), from: lstm().zeroState(batch: 2))
    },
    WrongCall("states of one direction", "hidden", "[1, 2, 4]", "[2, 2, 4]") {
      let both = lstm(direction: .bidirectional(merge: .concatenate))
      _ = both(Tensor(zeros: [5, 2, 3]), from: lstm().zeroState(batch: 2))
    },
    WrongCall("step from states of another cell", "[\"hidden\"]", "[\"hidden\", \"cell\"]") {
      step([("hidden", row)])
    },
    WrongCall("step from too many states", "\"more\"", "[\"hidden\", \"cell\"]") {
      step([("hidden", row), ("cell", row), ("more", row)])
    },
    WrongCall("step from states of other names", "\"a\"", "[\"hidden\", \"cell\"]") {
      step([("a", row), ("b", row)])
    },
    WrongCall("step from a state of another batch", "cell", "[3, 4]", "[2, 4]") {
      step([("hidden", row), ("cell", Tensor(zeros: [3, 4]))])
    },
    WrongCall("step from a state of a layer", "hidden", "[1, 2, 4]", "[2, 4]") {
      step([("hidden", sequence), ("cell", row)])
    },
    WrongCall("two states of one name", "hidden") {
      _ = RecurrentState([("hidden", row), ("hidden", row)])
    },
    WrongCall("names without states", "2 names", "1 states") {
      _ = RecurrentState(names: ["hidden", "cell"], tensors: [row])
    },
    WrongCall("state that is not there", "cell", "[\"hidden\"]") {
      _ = RecurrentState([("hidden", row)])["cell"]
    },
    WrongCall("setting a state that is not there", "cell", "[\"hidden\"]") {
      var state = RecurrentState([("hidden", row)])
      state["cell"] = row
    },
  ]
}
