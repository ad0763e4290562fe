import Checkpoint
import TensorCore

extension GraphOperator {
  /// Sums of products along axes that an equation names.
  static let einsum: [String: GraphOperator] = [
    "Einsum": GraphOperator(1...1024) { node throws(GraphFailure) in
      guard let text = try node.text("equation") else {
        throw GraphFailure("equation: expected a text")
      }
      let equation = try EinsumEquation(text)
      guard equation.operands.count == node.node.inputs.count else {
        throw GraphFailure(
          expected: "an equation of \(node.node.inputs.count) operands",
          found: equation.operands.count)
      }
      return { inputs, run throws(GraphFailure) in [try equation(inputs, &run)] }
    }
  ]
}

extension EinsumEquation {
  /// An operand, or the product of some: an array whose axes have labels, each its own.
  fileprivate struct Factor {
    var value: GraphValue
    var labels: [Label]
  }

  /// The sum of the products of the operands, one after the other: each step is a batch of matrix products.
  func callAsFunction(
    _ inputs: [GraphValue?], _ run: inout GraphRun
  ) throws(GraphFailure) -> GraphValue {
    var (rest, sizes, result) = try factors(inputs, &run)
    let type = try inputs.value(0).elementType
    var product = rest.removeFirst()
    while !rest.isEmpty {
      try run.charge(product: GraphRun.nodeWork, rest.count)
      // The next one that has an axis in common: what is summed early takes no room.
      let own = Set(product.labels)
      let next = rest.firstIndex { !own.isDisjoint(with: $0.labels) } ?? 0
      let factor = rest.remove(at: next)
      let needed = Set(result + rest.flatMap(\.labels))
      product = try multiplied(product, factor, needed, sizes, &run)
    }
    let sum = try summed(product, keeping: Set(result), &run)
    // Axes of size 1 that no operand needed.
    let missing = result.filter { !sum.labels.contains($0) }
    for label in missing { sizes[label] = 1 }
    let labels = sum.labels + missing
    try run.count(of: labels.map { sizes[$0] ?? 1 })
    let value = sum.value.reshaped(to: labels.map { sizes[$0] ?? 1 })
    let order = result.map { label in labels.firstIndex(of: label) ?? 0 }
    return try value.transposed(order, &run).converted(to: type)
  }

  /// The operands with the sizes of all labels, and the labels of the result.
  private func factors(
    _ inputs: [GraphValue?], _ run: inout GraphRun
  ) throws(GraphFailure) -> (factors: [Factor], sizes: [Label: Int], result: [Label]) {
    var (all, sizes, widest) = ([Factor](), [Label: Int](), 0)
    let type = try inputs.value(0).elementType
    for (index, term) in operands.enumerated() {
      let value = try inputs.value(index)
      let open = value.rank - term.letterCount
      guard value.elementType == type, type != .bool, term.hasEllipsis ? open >= 0 : open == 0
      else {
        throw GraphFailure(
          expected: "operand \(index) of \(type) of \(term.letterCount) axes"
            + (term.hasEllipsis ? " or more" : ""),
          found: "\(value.elementType) of shape \(value.shape)")
      }
      if term.hasEllipsis { widest = max(widest, open) }
      let labels = term.labels(ellipsis: open)
      for (label, size) in zip(labels, value.shape) where sizes[label] ?? 1 != size {
        guard size == 1 || sizes[label] ?? 1 == 1 else {
          throw GraphFailure(
            expected: "size \(sizes[label] ?? 1) of an axis of operand \(index)",
            found: "shape \(value.shape)")
        }
        if size != 1 { sizes[label] = size }
      }
      try run.count(of: value.shape)
      all.append(Factor(value: value.exact, labels: labels))
    }
    for index in all.indices { all[index] = try diagonal(all[index], sizes, &run) }
    return (all, sizes, result.labels(ellipsis: widest))
  }

  /// The elements whose places along axes of one label are the same, without the axes that are broadcast.
  private func diagonal(
    _ factor: Factor, _ sizes: [Label: Int], _ run: inout GraphRun
  ) throws(GraphFailure) -> Factor {
    var (labels, shape, strides) = ([Label](), [Int](), [Int]())
    let value = factor.value
    for (axis, stride) in rowMajorStrides(value.shape).enumerated() {
      let (label, size) = (factor.labels[axis], value.shape[axis])
      if size == 1 { continue }
      if let known = labels.firstIndex(of: label) {
        strides[known] += stride
      } else {
        labels.append(label)
        shape.append(sizes[label] ?? size)
        strides.append(stride)
      }
    }
    let isWhole = labels.count == value.shape.count { $0 != 1 }
    try run.count(of: shape)
    return Factor(
      value: isWhole
        ? value.reshaped(to: shape) : value.picking(stridedOffsets(shape, strides), shape: shape),
      labels: labels)
  }

  private func summed(
    _ factor: Factor, keeping needed: Set<Label>, _ run: inout GraphRun
  ) throws(GraphFailure) -> Factor {
    let axes = factor.labels.indices.filter { !needed.contains(factor.labels[$0]) }
    if axes.isEmpty { return factor }
    return Factor(
      value: try Reduction.sum(factor.value, along: axes, keepsAxes: false, &run),
      labels: factor.labels.filter(needed.contains))
  }

  /// The product of two, summed along the labels that are not needed any more.
  private func multiplied(
    _ a: Factor, _ b: Factor, _ needed: Set<Label>, _ sizes: [Label: Int], _ run: inout GraphRun
  ) throws(GraphFailure) -> Factor {
    let left = try summed(a, keeping: needed.union(b.labels), &run)
    let right = try summed(b, keeping: needed.union(a.labels), &run)
    let shared = left.labels.filter(right.labels.contains)
    let batch = shared.filter(needed.contains)
    let inner = shared.filter { !needed.contains($0) }
    let rows = left.labels.filter { !shared.contains($0) }
    let columns = right.labels.filter { !shared.contains($0) }
    func size(_ labels: [Label]) -> Int { labels.reduce(1) { $0 * (sizes[$1] ?? 1) } }
    let labels = batch + rows + columns
    try run.count(of: labels.map { sizes[$0] ?? 1 })
    let x = try left.ordered(batch + rows + inner, &run)
      .reshaped(to: [size(batch), size(rows), size(inner)])
    let y = try right.ordered(batch + inner + columns, &run)
      .reshaped(to: [size(batch), size(inner), size(columns)])
    let product = try matrixProduct(x, y, &run)
    return Factor(value: product.reshaped(to: labels.map { sizes[$0] ?? 1 }), labels: labels)
  }
}

extension EinsumEquation.Factor {
  /// The array with its axes in the order of labels, all of them.
  fileprivate func ordered(
    _ order: [EinsumEquation.Label], _ run: inout GraphRun
  ) throws(GraphFailure) -> GraphValue {
    try value.transposed(order.map { label in labels.firstIndex(of: label) ?? 0 }, &run)
  }
}
