import Checkpoint
import TensorCore

/// The sum or product of the elements before or behind each place of an axis, that place included or not.
enum RunningTotal: Sendable {
  case sum, product

  func callAsFunction(
    _ x: GraphValue, _ axis: Int, isExclusive: Bool, isReverse: Bool
  ) -> GraphValue {
    let (length, inner) = (x.shape[axis], x.shape[(axis + 1)...].reduce(1, *))
    func totals<Element: Numeric>(
      _ values: [Element], _ add: (Element, Element) -> Element,
      _ multiply: (Element, Element) -> Element
    ) -> [Element] {
      var result = values
      guard length > 0, !values.isEmpty else { return result }
      for start in 0..<values.count / (length * inner) {
        for offset in 0..<inner {
          var total: Element = self == .sum ? 0 : 1
          for step in 0..<length {
            let row = isReverse ? length - 1 - step : step
            let place = (start * length + row) * inner + offset
            let next = self == .sum ? add(total, values[place]) : multiply(total, values[place])
            result[place] = isExclusive ? total : next
            total = next
          }
        }
      }
      return result
    }
    switch x.elements {
    case .floats(let tensor):
      return GraphValue(Tensor(totals(tensor.scalars, +, *), shape: x.shape), as: x.elementType)
    case .doubles(let values): return GraphValue(totals(values, +, *), shape: x.shape)
    case .integers(let values):
      return GraphValue(totals(values, &+, &*), shape: x.shape, as: x.elementType)
    }
  }
}
