import Checkpoint
import TensorCore

extension Optimizer {
  /// Adds the optimizer's state to a checkpoint, in section `optimizer`.
  func write(to checkpoint: inout Checkpoint) {
    for (name, state) in state {
      checkpoint.set(StoredArray(state.step), .optimizer, "step/\(name)")
      for (moment, tensor) in zip(Self.momentNames, state.moments) {
        checkpoint.set(tensor, .optimizer, "\(moment)/\(name)")
      }
    }
  }

  /// Reads the state that was written for a model.
  mutating func read(
    from reader: CheckpointReader, for model: some Module
  ) throws(CheckpointError) {
    state = [:]
    for (name, parameter) in model.parameters
    where reader.contains(.optimizer, "step/\(name)") {
      var moments: [Tensor] = []
      for moment in Self.momentNames {
        moments.append(
          try reader.tensor(.optimizer, "\(moment)/\(name)", shape: parameter.shape))
      }
      state[name] = OptimizerState(
        step: try reader.value(UInt64.self, .optimizer, "step/\(name)"), moments: moments)
    }
  }
}
