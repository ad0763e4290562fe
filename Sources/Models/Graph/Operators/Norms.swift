import Checkpoint
import TensorCore

extension GraphOperator {
  /// Normalization of floats of every type by the size of the elements along axes.
  static let norms: [String: GraphOperator] = [
    // x / sqrt(mean of squares + epsilon) * scale, over the axes from `axis` on.
    "RMSNormalization": GraphOperator(2...2) { node throws(GraphFailure) in
      let axis = try node.integer("axis") ?? -1
      let root = try node.root()
      _ = try node.integer("stash_type", in: 1...1)
      return { inputs, run throws(GraphFailure) in
        let x = try inputs.normalizable(&run)
        let axes = Array(try position(ofAxis: axis, rank: x.rank)..<x.rank)
        let y = try x.exact.divided(byRootOfMeanSquare: axes, root, &run)
        let scale = try inputs.value(1)
        return [try y.combined(scale, .multiply, &run).converted(to: x.elementType)]
      }
    },
    // x less its mean, divided by its deviation, over groups of channels of each sample; then scaled and shifted.
    "GroupNormalization": GraphOperator(3...3) { node throws(GraphFailure) in
      let root = try node.root()
      _ = try node.integer("stash_type", in: 1...1)
      guard let groups = try node.integer("num_groups", in: 1...1 << 27) else {
        throw GraphFailure("num_groups: expected a whole number")
      }
      // Before version 21 scale and bias have one number for each group.
      let isOfGroups = node.version < 21
      return { inputs, run throws(GraphFailure) in
        let x = try inputs.normalizable(&run)
        guard x.rank >= 2, x.shape[1].isMultiple(of: groups) else {
          throw GraphFailure(
            expected: "x [N, C, ...] with channels in \(groups) groups", found: "shape \(x.shape)")
        }
        let width = x.shape[1] / groups
        let shape = [x.shape[0], groups, width, x.count / x.shape[0] / x.shape[1]]
        var y = try x.exact.reshaped(to: shape).centred(along: [2, 3], &run)
          .divided(byRootOfMeanSquare: [2, 3], root, &run)
        let parts = isOfGroups ? [groups, 1, 1] : [groups, width, 1]
        for (index, function) in [(1, BinaryFunction.multiply), (2, .add)] {
          let numbers = try inputs.value(index)
          guard numbers.shape == [isOfGroups ? groups : x.shape[1]] else {
            throw GraphFailure(
              expected: "input \(index) of \(isOfGroups ? groups : x.shape[1]) numbers",
              found: "shape \(numbers.shape)")
          }
          y = try y.combined(numbers.reshaped(to: parts), function, &run)
        }
        return [y.reshaped(to: x.shape).converted(to: x.elementType)]
      }
    },
    // x divided by the sum of its magnitudes, or by its length; zeros stay zeros.
    "LpNormalization": GraphOperator(1...1) { node throws(GraphFailure) in
      let axis = try node.integer("axis") ?? -1
      let isLength = try node.integer("p", in: 1...2) != 1
      let nonzero = UnaryFunction({ $0 + ($0 .== 0) }, { $0 == 0 ? 1 : $0 })
      return { inputs, run throws(GraphFailure) in
        let x = try inputs.normalizable(&run)
        let place = try position(ofAxis: axis, rank: x.rank)
        let size = try (isLength ? Reduction.norm : .magnitudes)(
          x.exact, along: [place], keepsAxes: true, &run)
        return [
          try BinaryFunction.divide(x.exact, nonzero(size), &run).converted(to: x.elementType)
        ]
      }
    },
    "MeanVarianceNormalization": GraphOperator(1...1) { node throws(GraphFailure) in
      let axes = try node.integers("axes") ?? [0, 2, 3]
      let root = UnaryFunction({ sqrt($0) + 1e-9 }, { $0.squareRoot() + 1e-9 })
      return { inputs, run throws(GraphFailure) in
        let x = try inputs.normalizable(&run)
        let places = try positions(ofAxes: axes, rank: x.rank)
        let y = try x.exact.centred(along: places, &run)
        return [
          try y.divided(byRootOfMeanSquare: places, root, &run).converted(to: x.elementType)
        ]
      }
    },
  ]
}

extension GraphNode {
  /// sqrt(x + epsilon)
  fileprivate mutating func root() throws(GraphFailure) -> UnaryFunction {
    let epsilon = try float("epsilon") ?? 1e-5
    return UnaryFunction({ sqrt($0 + epsilon) }, { ($0 + Double(epsilon)).squareRoot() })
  }
}

extension [GraphValue?] {
  /// The first input, whose work is counted: floats, at least one.
  fileprivate func normalizable(_ run: inout GraphRun) throws(GraphFailure) -> GraphValue {
    let x = try value(0)
    guard x.elementType.isFloat, x.count > 0 else {
      throw GraphFailure(
        expected: "an array of floats with elements",
        found: "\(x.elementType) of shape \(x.shape)")
    }
    try run.charge(product: x.count, 4)
    return x
  }
}

extension GraphValue {
  /// The array less its mean along axes.
  fileprivate func centred(
    along axes: [Int], _ run: inout GraphRun
  ) throws(GraphFailure) -> GraphValue {
    let mean = try Reduction.mean(self, along: axes, keepsAxes: true, &run)
    return try BinaryFunction.subtract(self, mean, &run)
  }

  /// The array divided by a function of the mean of the squares along axes.
  fileprivate func divided(
    byRootOfMeanSquare axes: [Int], _ root: UnaryFunction, _ run: inout GraphRun
  ) throws(GraphFailure) -> GraphValue {
    let squares = try BinaryFunction.multiply(self, self, &run)
    let mean = try Reduction.mean(squares, along: axes, keepsAxes: true, &run)
    return try BinaryFunction.divide(self, root(mean), &run)
  }

  /// A function of the array and of numbers that are broadcast to it.
  fileprivate func combined(
    _ numbers: GraphValue, _ function: BinaryFunction, _ run: inout GraphRun
  ) throws(GraphFailure) -> GraphValue {
    guard numbers.elementType.isFloat, Broadcasting.shape(numbers.shape, shape) == shape else {
      throw GraphFailure(
        expected: "scale and bias of floats that fit \(shape)",
        found: "\(numbers.elementType) of shape \(numbers.shape)")
    }
    return try function(self, numbers.converted(to: elementType), &run)
  }
}
