import Requirements
import TensorCore

extension Tensor {
  /// The rows in another order of gates: a letter for each block of equally many rows.
  ///
  /// ONNX's `iofc` as PyTorch's `ifgo`, say: `weight.reorderingGates("iofc", as: "ifco")`. The blocks of `negated` letters change
  /// their sign, which turns a gate z into 1 - z.
  ///
  /// - Precondition: both orders have the same letters, and the rows fall into as many blocks.
  func reorderingGates(_ order: String, as wanted: String, negating negated: String = "") -> Tensor
  {
    let (order, wanted) = (Array(order), Array(wanted))
    require(
      order.count == wanted.count && shape[0].isMultiple(of: order.count),
      "\(shape[0]) rows in the orders \(order) and \(wanted)")
    let rows = shape[0] / order.count
    let blocks = wanted.map { letter in
      let index = order.firstIndex(of: letter) ?? 0
      let block = slice(index * rows..<(index + 1) * rows)
      return negated.contains(letter) ? -block : block
    }
    return concatenate(blocks)
  }

  /// One block of rows of several.
  func gate(_ index: Int, of count: Int) -> Tensor {
    let rows = shape[0] / count
    return slice(index * rows..<(index + 1) * rows)
  }
}
