import Checkpoint
import Requirements
import TensorCore

extension GraphOperator {
  /// Shares of the elements along an axis.
  static let softmax: [String: GraphOperator] = [
    "Softmax": alongAxis({ TensorCore.softmax($0, along: $1) }) { row in
      let most = row.max() ?? 0
      let powers = row.map { exponential($0 - most) }
      let sum = powers.reduce(0, +)
      return powers.map { $0 / sum }
    },
    "LogSoftmax": alongAxis({ TensorCore.logSoftmax($0, along: $1) }) { row in
      let most = row.max() ?? 0
      let logSum = logarithm(row.reduce(0) { $0 + exponential($1 - most) })
      return row.map { $0 - most - logSum }
    },
    // 1 for the first of the largest elements, 0 for the others.
    "Hardmax": alongAxis(nil) { row in
      let best = row.indices.reduce(row.startIndex) { row[$1] > row[$0] ? $1 : $0 }
      return row.indices.map { $0 == best ? 1 : 0 }
    },
  ]

  /// A function of the elements along an axis; before version 13 the axes from `axis` on are one.
  ///
  /// - Parameters:
  ///   - tensor: the function for floats of 32 bits or fewer; nil for the function of rows.
  ///   - row: the function of the elements of one row.
  private static func alongAxis(
    _ tensor: (@Sendable (Tensor, Int) -> Tensor)?,
    row: @escaping @Sendable (ArraySlice<Double>) -> [Double]
  ) -> GraphOperator {
    GraphOperator(1...1) { node throws(GraphFailure) in
      let isFlattened = node.version < 13
      let axis = try node.integer("axis") ?? (isFlattened ? 1 : -1)
      return { inputs, run throws(GraphFailure) in
        var x = try inputs.value(0)
        let (shape, type) = (x.shape, x.elementType)
        guard type.isFloat else { throw GraphFailure(expected: "floats", found: type) }
        try run.count(of: shape)
        var place =
          isFlattened && axis == x.rank ? axis : try position(ofAxis: axis, rank: x.rank)
        if x.count == 0 { return [x] }
        if isFlattened {
          let rows = shape[..<place].reduce(1, *)
          (x, place) = (x.reshaped(to: [rows, x.count / rows]), 1)
        }
        if let tensor, let values = x.tensor {
          return [GraphValue(tensor(values, place).reshaped(to: shape), as: type)]
        }
        let rows = try x.withAxesLast([place], &run)
        let (values, width) = (rows.doubles, x.shape[place])
        let results = stride(from: 0, to: values.count, by: width).flatMap { start in
          row(values[start..<start + width])
        }
        return [
          try GraphValue(results, shape: rows.shape).withLastAxis(at: place, &run)
            .reshaped(to: shape).converted(to: type)
        ]
      }
    }
  }
}
