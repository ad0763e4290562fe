import TensorCore

extension Recurrent {
  /// The part of a state `[L * D, B, width]` that belongs to one direction of one layer, `[B, own width]`:
  /// in place, or copied where the layer has fewer units than the largest.
  func part(
    of tensor: Tensor, batch: Int, state: Int, _ place: Int
  ) -> (pointer: UnsafePointer<Float>, owner: Storage?) {
    let width = stateWidths[state]
    let own = plans[place].cell.states[state].width
    let start = tensor.readPointer + place * batch * width
    if own == width { return (start, nil) }
    let storage = Storage(count: batch * own)
    for row in 0..<batch {
      (storage.pointer + row * own).update(from: start + row * width, count: own)
    }
    return (UnsafePointer(storage.pointer), storage)
  }

  /// Sets that part.
  func set(_ part: Storage, in tensor: inout Tensor, batch: Int, state: Int, _ place: Int) {
    let width = stateWidths[state]
    let own = plans[place].cell.states[state].width
    tensor.withUnsafeMutablePointer { base in
      for row in 0..<batch {
        (base + (place * batch + row) * width).update(
          from: part.pointer + row * own, count: own)
      }
    }
  }

  /// Memory for a state, zero where a layer has fewer units than the largest.
  func emptyState(like tensor: Tensor) -> Tensor {
    hasEqualStates ? Tensor(uninitialized: tensor.shape) { _ in } : Tensor(zeros: tensor.shape)
  }
}
