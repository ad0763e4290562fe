import Checkpoint
import TensorCore

extension GraphOperator {
  /// Comparisons, truth values, and the choice between two arrays.
  static let comparisons: [String: GraphOperator] = [
    "Equal": comparison({ $0 == $1 }, { $0 == $1 }),
    "Greater": comparison({ $0 > $1 }, { $0 > $1 }),
    "GreaterOrEqual": comparison({ $0 >= $1 }, { $0 >= $1 }),
    "Less": comparison({ $0 < $1 }, { $0 < $1 }),
    "LessOrEqual": comparison({ $0 <= $1 }, { $0 <= $1 }),
    "And": logic { $0 & $1 },
    "Or": logic { $0 | $1 },
    "Xor": logic { $0 ^ $1 },
    "Not": GraphOperator(1...1) { _ throws(GraphFailure) in
      { inputs, run throws(GraphFailure) in
        let (values, shape) = try inputs.truth(0)
        try run.count(of: shape)
        return [GraphValue(values.map { 1 - $0 }, shape: shape, as: .bool)]
      }
    },
    "IsNaN": test { _ throws(GraphFailure) in \.isNaN },
    "IsInf": test { node throws(GraphFailure) in
      let countsNegative = try node.flag("detect_negative", default: true)
      let countsPositive = try node.flag("detect_positive", default: true)
      return { $0.isInfinite && ($0 < 0 ? countsNegative : countsPositive) }
    },
    "Where": GraphOperator(3...3) { _ throws(GraphFailure) in
      { inputs, run throws(GraphFailure) in
        let (mask, maskShape) = try inputs.truth(0)
        let (a, b) = (try inputs.value(1), try inputs.value(2))
        let common = try commonShape(a, b, &run)
        guard let shape = Broadcasting.shape(maskShape, common) else {
          throw GraphFailure(
            expected: "a condition that can be broadcast to \(common)", found: "\(maskShape)")
        }
        let count = try run.count(of: shape)
        let (left, right) = (
          try a.broadcast(to: shape, &run), try b.broadcast(to: shape, &run)
        )
        let places = stridedOffsets(shape, broadcastStrides(maskShape, in: shape))
        // The two values behind one another: the second's elements begin at `count`.
        let both = try GraphValue.concatenated(
          [left.reshaped(to: [count]), right.reshaped(to: [count])], along: 0, &run)
        let offsets = (0..<count).map { mask[places[$0]] == 1 ? $0 : count + $0 }
        return [both.picking(offsets, shape: shape)]
      }
    },
  ]

  private static func comparison(
    _ double: @escaping @Sendable (Double, Double) -> Bool,
    _ integer: @escaping @Sendable (Int64, Int64) -> Bool
  ) -> GraphOperator {
    GraphOperator(2...2) { _ throws(GraphFailure) in
      { inputs, run throws(GraphFailure) in
        let (a, b) = (try inputs.value(0), try inputs.value(1))
        let shape = try commonShape(a, b, &run)
        if case .integers(let x) = a.elements, case .integers(let y) = b.elements,
          a.elementType != .uint64
        {
          let truth = combined(x, a.shape, y, b.shape, shape) { integer($0, $1) ? Int64(1) : 0 }
          return [GraphValue(truth, shape: shape, as: .bool)]
        }
        let truth = combined(a.doubles, a.shape, b.doubles, b.shape, shape) {
          double($0, $1) ? Int64(1) : 0
        }
        return [GraphValue(truth, shape: shape, as: .bool)]
      }
    }
  }

  /// A property of every float.
  private static func test(
    _ make:
      @escaping @Sendable (inout GraphNode) throws(GraphFailure) -> (
        @Sendable (Double) -> Bool
      )
  ) -> GraphOperator {
    GraphOperator(1...1) { node throws(GraphFailure) in
      let holds = try make(&node)
      return { inputs, run throws(GraphFailure) in
        let x = try inputs.value(0)
        guard x.elementType.isFloat else {
          throw GraphFailure(expected: "floats", found: x.elementType)
        }
        try run.count(of: x.shape)
        let truth: [Int64] = x.doubles.map { holds($0) ? 1 : 0 }
        return [GraphValue(truth, shape: x.shape, as: .bool)]
      }
    }
  }

  private static func logic(
    _ function: @escaping @Sendable (Int64, Int64) -> Int64
  ) -> GraphOperator {
    GraphOperator(2...2) { _ throws(GraphFailure) in
      { inputs, run throws(GraphFailure) in
        let ((a, aShape), (b, bShape)) = (try inputs.truth(0), try inputs.truth(1))
        let shape = try commonShape(inputs.value(0), inputs.value(1), &run)
        return [
          GraphValue(combined(a, aShape, b, bShape, shape, function), shape: shape, as: .bool)
        ]
      }
    }
  }
}

extension [GraphValue?] {
  /// The truth values of an input, 0 and 1.
  func truth(_ index: Int) throws(GraphFailure) -> (values: [Int64], shape: [Int]) {
    let value = try value(index)
    guard value.elementType == .bool, case .integers(let values) = value.elements else {
      throw GraphFailure(expected: "input \(index) of bool", found: value.elementType)
    }
    return (values, value.shape)
  }
}
