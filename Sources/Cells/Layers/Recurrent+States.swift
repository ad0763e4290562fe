import TensorCore

extension Recurrent {
  /// The part of a state `[L * D, B, width]` that belongs to one direction of one layer, `[B, own width]`:
  /// in place, or copied where the layer has fewer units than the largest.
  func part(of tensor: Tensor, batch: Int, state: Int, _ place: Int) -> Floats {
    let width = stateWidths[state]
    let own = plans[place].cell.states[state].width
    let start = tensor.elements + place * batch * width
    if own == width { return start }
    let part = Floats(Storage(count: batch * own))
    copyRows(start, stride: width, rows: batch, width: own, into: part, stride: own)
    return part
  }

  /// Sets that part.
  func set(_ part: Floats, in tensor: inout Tensor, batch: Int, state: Int, _ place: Int) {
    let width = stateWidths[state]
    let own = plans[place].cell.states[state].width
    copyRows(
      part, stride: own, rows: batch, width: own,
      into: tensor.writableElements() + place * batch * width, stride: width)
  }

  /// Memory for a state, zero where a layer has fewer units than the largest.
  func emptyState(_ shape: [Int]) -> Tensor {
    hasEqualStates ? Tensor(uninitialized: shape) : Tensor(zeros: shape)
  }
}
