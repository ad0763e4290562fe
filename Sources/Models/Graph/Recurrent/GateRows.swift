import Requirements
import TensorCore

extension Tensor {
  /// Reorders the blocks of rows of the gates; each letter is one block, all of equal size.
  ///
  /// For example from ONNX's order to PyTorch's: `weight.reorderingGates("iofc", as: "ifco")`. The blocks of the
  /// letters `negated` are negated, which turns a gate z into 1 - z.
  ///
  /// - Precondition: both orders have the same letters, and their number divides the number of rows.
  package func reorderingGates(_ order: String, as wanted: String, negating negated: String = "")
    -> Tensor
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

  /// Block `index` of `count` equal blocks of rows.
  package func gate(_ index: Int, of count: Int) -> Tensor {
    let rows = shape[0] / count
    return slice(index * rows..<(index + 1) * rows)
  }
}
