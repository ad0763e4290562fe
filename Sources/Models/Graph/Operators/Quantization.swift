import Checkpoint
import TensorCore

extension GraphOperator {
  /// Numbers of 8 or 16 bits in place of floats: integers with a scale and a zero point.
  static let quantization: [String: GraphOperator] = [
    // saturate(round(x / scale) + zero point)
    "QuantizeLinear": GraphOperator(2...3) { node throws(GraphFailure) in
      let grid = try QuantizationGrid(&node)
      _ = try node.flag("saturate")
      let (declared, precision) = (
        try node.optionalType("output_dtype"), try node.optionalType("precision")
      )
      if let precision, !precision.isTensor {
        throw GraphFailure("precision: \(precision) is not supported")
      }
      return { inputs, run throws(GraphFailure) in
        let (x, scale) = (try inputs.value(0), try inputs.tensor(1))
        let zero = inputs.optional(2)
        let type = zero?.elementType ?? declared ?? .uint8
        guard type == declared ?? type, !type.isFloat, type != .bool, type.width <= 2 else {
          throw GraphFailure(expected: "a result of 8 or 16 bits", found: type)
        }
        guard x.elementType.isTensor || x.elementType == .int32 else {
          throw GraphFailure(expected: "floats or int32", found: x.elementType)
        }
        let offset = try grid.offsets(zero, of: x.shape, &run)
        let divisor = try grid.numbers(scale.tensor, of: x.shape)
        try run.count(of: x.shape)
        let numbers = x.converted(to: .float32).tensor ?? Tensor(zeros: x.shape)
        guard numbers.count > 0 else { return [x.converted(to: type)] }
        let ratio = GraphValue(numbers / divisor, as: precision ?? scale.type)
        let whole = GraphValue(ratio.doubles.map { $0.rounded(.toNearestOrEven) }, shape: x.shape)
        return [try BinaryFunction.add(whole, offset, &run).converted(to: type)]
      }
    },
    // (x - zero point) * scale
    "DequantizeLinear": GraphOperator(2...3) { node throws(GraphFailure) in
      let grid = try QuantizationGrid(&node)
      let declared = try node.optionalType("output_dtype")
      return { inputs, run throws(GraphFailure) in
        let (x, scale, zero) = (
          try inputs.value(0), try inputs.tensor(1), inputs.optional(2)
        )
        guard !x.elementType.isFloat, x.elementType != .bool, x.elementType.width <= 4 else {
          throw GraphFailure(expected: "integers of 8, 16 or 32 bits", found: x.elementType)
        }
        guard zero?.elementType ?? x.elementType == x.elementType else {
          throw GraphFailure(
            expected: "a zero point of \(x.elementType)", found: zero?.elementType ?? x.elementType)
        }
        let factor = try grid.numbers(scale.tensor, of: x.shape)
        let type = declared ?? scale.type
        guard type.isTensor else { throw GraphFailure(expected: "a result of floats", found: type) }
        let offset = try grid.offsets(zero, of: x.shape, &run)
        let distance = try BinaryFunction.subtract(
          GraphValue(x.doubles, shape: x.shape), offset, &run)
        let numbers = distance.converted(to: .float32).tensor ?? Tensor(zeros: x.shape)
        return [GraphValue(numbers.count > 0 ? numbers * factor : numbers, as: type)]
      }
    },
    // The scale and the zero point of the numbers themselves, whose range is made to contain 0.
    "DynamicQuantizeLinear": GraphOperator(1...1, outputs: 3) { _ throws(GraphFailure) in
      { inputs, run throws(GraphFailure) in
        let x = try inputs.tensor(0)
        try run.count(of: x.shape)
        guard x.tensor.count > 0 else {
          throw GraphFailure(expected: "numbers to quantize", found: "shape \(x.shape)")
        }
        let numbers = x.tensor.scalars
        let (least, most) = (numbers.reduce(0, smaller), numbers.reduce(0, larger))
        let scale = (most - least) / 255
        let type = ElementType.uint8
        let zero = type.integer(Double((0 - least / scale).rounded(.toNearestOrEven)))
        let integers = numbers.map {
          type.integer(Double(($0 / scale).rounded(.toNearestOrEven)) + Double(zero))
        }
        return [
          GraphValue(integers, shape: x.shape, as: type), GraphValue(Tensor(scale)),
          GraphValue([zero], shape: [], as: type),
        ]
      }
    },
  ]
}

/// How scales and zero points belong to the numbers: one for all, or one for each place along an axis.
private struct QuantizationGrid: Sendable {
  private let axis: Int

  init(_ node: inout GraphNode) throws(GraphFailure) {
    axis = try node.integer("axis") ?? 1
    guard try node.integer("block_size") ?? 0 == 0 else {
      throw GraphFailure("block_size: scales for blocks: the form is not supported")
    }
  }

  /// The shape of scales that are broadcast to an array of a shape.
  private func layout(_ scales: [Int], of shape: [Int]) throws(GraphFailure) -> [Int] {
    if scales.allSatisfy({ $0 == 1 }), scales.count <= 1 { return [] }
    let place = try position(ofAxis: axis, rank: shape.count)
    guard scales == [shape[place]] else {
      throw GraphFailure(
        expected: "one scale and zero point, or \(shape[place])", found: "shape \(scales)")
    }
    return scales + [Int](repeating: 1, count: shape.count - place - 1)
  }

  func numbers(_ scales: Tensor, of shape: [Int]) throws(GraphFailure) -> Tensor {
    scales.reshaped(to: try layout(scales.shape, of: shape))
  }

  /// The zero points as numbers to add or subtract; 0 if there are none.
  func offsets(
    _ zero: GraphValue?, of shape: [Int], _ run: inout GraphRun
  ) throws(GraphFailure) -> GraphValue {
    guard let zero else { return GraphValue([0], shape: []) }
    try run.count(of: zero.shape)
    return GraphValue(zero.doubles, shape: try layout(zero.shape, of: shape))
  }
}

extension GraphNode {
  /// An element type that an attribute names by its code; nil if there is none, or 0.
  fileprivate mutating func optionalType(_ name: String) throws(GraphFailure) -> ElementType? {
    if case .integer(0)? = node.attributes[name] {
      _ = attribute(name)
      return nil
    }
    return try elementType(name)
  }
}
