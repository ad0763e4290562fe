import Checkpoint
import TensorCore

/// Layers that combine several values, and what they and their callers do with masks.
extension KerasGraph {
  /// Layers that combine values; nil for others.
  mutating func merged(
    _ layer: KerasDescription.Layer, _ inputs: [Value]
  ) throws(CheckpointError) -> Value? {
    let names = inputs.map(\.name)
    switch layer.type {
    case "Add": return Value(name: builder.add("Sum", names), mask: mask(of: inputs))
    case "Average": return Value(name: builder.add("Mean", names), mask: mask(of: inputs))
    case "Maximum": return extreme("Max", inputs)
    case "Minimum": return extreme("Min", inputs)
    case "Multiply": return product(of: inputs)
    case "Subtract":
      guard names.count == 2 else {
        throw failure(layer, "expected two inputs, found \(names.count)")
      }
      return Value(name: builder.add("Sub", names), mask: mask(of: inputs))
    case "Concatenate":
      let axis = layer.options.member("axis")?.integer ?? -1
      let joined = builder.add("Concat", names, ["axis": .integer(axis)])
      return Value(name: joined, mask: mask(of: inputs, joinedAlong: axis))
    default: return nil
    }
  }

  /// The product. Since Keras 3.4 a masked step counts as 1; where all are masked, the product is 0.
  private mutating func product(of inputs: [Value]) -> Value {
    let mask = mask(of: inputs)
    var factors = inputs.map(\.name)
    if !weights.mergesMasksByAnd {
      for (index, input) in inputs.enumerated() {
        guard let own = input.mask else { continue }
        factors[index] = builder.add("Where", [column(own), input.name, number(1)])
      }
    }
    var y = factors.dropFirst().reduce(factors[0]) { builder.add("Mul", [$0, $1]) }
    if let mask, !weights.mergesMasksByAnd {
      y = builder.add("Where", [column(mask), y, number(0)])
    }
    return Value(name: y, mask: mask)
  }

  /// The largest or smallest. Since Keras 3.4 a masked step counts as the other value's.
  private mutating func extreme(_ operation: String, _ inputs: [Value]) -> Value {
    guard !weights.mergesMasksByAnd, inputs.contains(where: { $0.mask != nil }) else {
      return Value(name: builder.add(operation, inputs.map(\.name)), mask: mask(of: inputs))
    }
    return inputs.dropFirst().reduce(inputs[0]) { found, next in
      var (y, x) = (found.name, next.name)
      if let mask = next.mask { x = builder.add("Where", [column(mask), x, y]) }
      if let mask = found.mask { y = builder.add("Where", [column(mask), y, x]) }
      return Value(name: builder.add(operation, [y, x]), mask: mask(of: [found, next]))
    }
  }

  /// A mask as truth values `[B, T, 1]`.
  private mutating func column(_ mask: String) -> String {
    builder.add("Unsqueeze", [cast(mask, to: .bool), builder.integers([-1])])
  }

  /// The mask of values that are combined step by step. Since Keras 3.4 there is none unless all have one.
  private mutating func mask(of values: [Value]) -> String? {
    let masks = values.compactMap(\.mask)
    if masks.count < values.count, !weights.mergesMasksByAnd { return nil }
    return masks.dropFirst().reduce(masks.first) { mask, other in
      mask == other
        ? mask
        : mask.map { builder.add(weights.mergesMasksByAnd ? "Min" : "Max", [$0, other]) }
    }
  }

  /// The mask of values that are joined: one after the other in time, or unit by unit.
  private mutating func mask(of values: [Value], joinedAlong axis: Int) -> String? {
    guard values.contains(where: { $0.mask != nil }) else { return nil }
    guard axis == 1 || axis == -2 else { return mask(of: values) }
    let masks = values.map { $0.mask ?? unmasked($0.name) }
    return builder.add("Concat", masks, ["axis": .integer(1)])
  }

  /// A mask `[B, T]` that masks no step of `[B, T, I]`.
  private mutating func unmasked(_ x: String) -> String {
    let (start, end) = (builder.integers([0]), builder.integers([2]))
    let shape = builder.add("Slice", [builder.add("Shape", [x]), start, end])
    return builder.add(
      "ConstantOfShape", [shape], ["value": .tensor(StoredArray([1 as Int64], shape: [1]))])
  }

  /// The mask that a value is: what differs from 0 is not masked.
  mutating func mask(from value: Value) -> String {
    cast(cast(value.name, to: .bool), to: .int64)
  }

  /// Operations by which Keras 3 computes masks, whose results are truth values; nil for other layers.
  mutating func logical(
    _ layer: KerasDescription.Layer, _ inputs: [Value], _ numbers: [Double]
  ) -> Value? {
    let names = inputs.map(\.name)
    let axis = layer.options.member("axis")?.integer
    switch (layer.type, inputs.count) {
    case ("NotEqual", 1) where numbers.count == 1:
      let equal = builder.add("Equal", [cast(names[0], to: .float32), number(numbers[0])])
      return Value(name: builder.add("Not", [equal]))
    case ("LogicalOr", 2): return Value(name: builder.add("Or", names))
    case ("LogicalAnd", 2): return Value(name: builder.add("And", names))
    case ("Any", 1), ("All", 1):
      guard let axis else { return nil }
      let keeps = layer.options.member("keepdims")?.flag == true ? 1 : 0
      let found = builder.add(
        layer.type == "Any" ? "ReduceMax" : "ReduceMin",
        [cast(names[0], to: .float32), builder.integers([axis])], ["keepdims": .integer(keeps)])
      return Value(name: cast(found, to: .bool))
    case ("ExpandDims", 1):
      return axis.map { Value(name: builder.add("Unsqueeze", [names[0], builder.integers([$0])])) }
    case ("ZerosLike", 1), ("OnesLike", 1):
      let shape = builder.add("Shape", [names[0]])
      let value = StoredArray(
        elementType: .bool, shape: [1], bytes: [layer.type == "OnesLike" ? 1 : 0])
      return Value(name: builder.add("ConstantOfShape", [shape], ["value": .tensor(value)]))
    default: return nil
    }
  }
}
