import Checkpoint

extension GraphOperator {
  /// Operators that repeat, move or leave out elements, by places alone.
  static let arrangements: [String: GraphOperator] = [
    "Tile": GraphOperator(2...2, .arranges) { node throws(GraphFailure) in
      let repeats = node.integers(ofInput: 1, "repeats")
      return { inputs, run throws(GraphFailure) in
        [try tiled(inputs.value(0), try repeats.values(inputs) ?? [], &run)]
      }
    },
    "Trilu": GraphOperator(1...2, .arranges) { node throws(GraphFailure) in
      let isUpper = try node.flag("upper", default: true)
      return { inputs, run throws(GraphFailure) in
        let diagonal = try inputs.optional(1) == nil ? 0 : inputs.integer(1, "k")
        return [try triangle(inputs.value(0), isUpper: isUpper, diagonal, &run)]
      }
    },
    "EyeLike": GraphOperator(1...1, .measures) { node throws(GraphFailure) in
      let type = try node.elementType("dtype")
      let diagonal = try node.integer("k") ?? 0
      return { inputs, run throws(GraphFailure) in
        let x = try inputs.value(0)
        guard x.rank == 2 else {
          throw GraphFailure(expected: "a matrix", found: "shape \(x.shape)")
        }
        try run.count(of: x.shape)
        let ones = stridedOffsets(x.shape, [-1, 1]).map { Int64($0 == diagonal ? 1 : 0) }
        return [GraphValue(ones, shape: x.shape).converted(to: type ?? x.elementType)]
      }
    },
    "ReverseSequence": GraphOperator(2...2, .arranges) { node throws(GraphFailure) in
      let batch = try node.integer("batch_axis", in: 0...1) ?? 1
      let time = try node.integer("time_axis", in: 0...1) ?? 0
      guard batch != time else { throw GraphFailure("batch_axis and time_axis are the same axis") }
      return { inputs, run throws(GraphFailure) in
        [try reversed(inputs.value(0), inputs.value(1), batch: batch, time: time, &run)]
      }
    },
    // Blocks of channels become blocks of positions.
    "DepthToSpace": GraphOperator(1...1, .arranges) { node throws(GraphFailure) in
      let size = try node.blockSize()
      let mode = try node.choice("mode", of: ["DCR", "CRD"])
      return { inputs, run throws(GraphFailure) in
        let x = try inputs.value(0)
        guard x.rank == 4, x.shape[1].isMultiple(of: size * size) else {
          throw GraphFailure(
            expected: "x [N, C, H, W] with a multiple of \(size * size) channels",
            found: "shape \(x.shape)")
        }
        try run.count(of: x.shape)
        let (n, c, h, w) = (x.shape[0], x.shape[1] / (size * size), x.shape[2], x.shape[3])
        let parts = mode == "CRD" ? [n, c, size, size, h, w] : [n, size, size, c, h, w]
        let order = mode == "CRD" ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]
        return [
          try x.reshaped(to: parts).transposed(order, &run)
            .reshaped(to: [n, c, h * size, w * size])
        ]
      }
    },
    "SpaceToDepth": GraphOperator(1...1, .arranges) { node throws(GraphFailure) in
      let size = try node.blockSize()
      return { inputs, run throws(GraphFailure) in
        let x = try inputs.value(0)
        guard x.rank == 4, x.shape[2].isMultiple(of: size), x.shape[3].isMultiple(of: size) else {
          throw GraphFailure(
            expected: "x [N, C, H, W] with multiples of \(size) positions",
            found: "shape \(x.shape)")
        }
        try run.count(of: x.shape)
        let (n, c, h, w) = (x.shape[0], x.shape[1], x.shape[2] / size, x.shape[3] / size)
        return [
          try x.reshaped(to: [n, c, h, size, w, size]).transposed([0, 3, 5, 1, 2, 4], &run)
            .reshaped(to: [n, c * size * size, h, w])
        ]
      }
    },
  ]
}

extension GraphNode {
  fileprivate mutating func blockSize() throws(GraphFailure) -> Int {
    guard let size = try integer("blocksize", in: 1...1 << 13) else {
      throw GraphFailure("blocksize: expected a whole number")
    }
    return size
  }
}

/// The array several times along each axis.
private func tiled(
  _ x: GraphValue, _ repeats: [Int], _ run: inout GraphRun
) throws(GraphFailure) -> GraphValue {
  guard repeats.count == x.rank, repeats.allSatisfy({ $0 >= 0 }) else {
    throw GraphFailure(
      expected: "\(x.rank) repeats of 0 or more", found: "\(repeats.prefix(GraphRun.maximumRank))")
  }
  // An axis becomes two, of which the first one repeats.
  var (source, target, result) = ([Int](), [Int](), [Int]())
  for (extent, times) in zip(x.shape, repeats) {
    source += times == 1 ? [extent] : [1, extent]
    target += times == 1 ? [extent] : [times, extent]
    result.append(extent.multipliedReportingOverflow(by: times).partialValue)
  }
  // What is inside the limits does not overflow.
  try run.count(of: target)
  return try x.reshaped(to: source).broadcast(to: target, &run).reshaped(to: result)
}

/// The matrices of the last two axes with zeros below a diagonal, or above it.
private func triangle(
  _ x: GraphValue, isUpper: Bool, _ diagonal: Int, _ run: inout GraphRun
) throws(GraphFailure) -> GraphValue {
  guard x.rank >= 2 else { throw GraphFailure(expected: "matrices", found: "shape \(x.shape)") }
  try run.count(of: x.shape)
  let (rows, columns) = (x.shape[x.rank - 2], x.shape[x.rank - 1])
  let offsets = (0..<x.count).map { offset in
    let distance = offset % columns - offset / columns % rows
    return (isUpper ? distance >= diagonal : distance <= diagonal) ? offset : -1
  }
  return x.picking(offsets, shape: x.shape)
}

/// The first steps of every sequence in reverse order, as many as its length says.
private func reversed(
  _ x: GraphValue, _ lengths: GraphValue, batch: Int, time: Int, _ run: inout GraphRun
) throws(GraphFailure) -> GraphValue {
  guard x.rank >= 2, lengths.shape == [x.shape[batch]], let lengths = lengths.integers,
    lengths.allSatisfy({ (0...x.shape[time]).contains(Int($0)) })
  else {
    throw GraphFailure(
      expected: "a length for each sequence of \(x.shape), time along axis \(time)",
      found: "\(lengths.elementType) of shape \(lengths.shape)")
  }
  try run.count(of: x.shape)
  let strides = rowMajorStrides(x.shape)
  let offsets = (0..<x.count).map { offset in
    let length = Int(lengths[offset / strides[batch] % x.shape[batch]])
    let step = offset / strides[time] % x.shape[time]
    return step < length ? offset + (length - 1 - 2 * step) * strides[time] : offset
  }
  return x.picking(offsets, shape: x.shape)
}
