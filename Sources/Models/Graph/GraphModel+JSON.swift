public import Checkpoint
public import FileCore

extension GraphSession {
  /// The arrays of a JSON text: an object of inputs, each a number or nested lists of numbers; or the lists alone for a
  /// model with one input beside its states.
  ///
  /// - Throws: ``UnreadableInput``.
  public func arrays(
    reading line: String
  ) throws(UnreadableInput) -> ExactDictionary<StoredArray> {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(parsing: Array(line.utf8), maximumDepth: 32)
    } catch {
      throw UnreadableInput(expected: "JSON", found: error.foundWithOffset)
    }
    var arrays = ExactDictionary<StoredArray>()
    if case .object(let members) = value {
      for (name, member) in members {
        guard let input = model.inputs.first(where: { ExactString($0.name) == name }) else {
          let names = model.inputs.map(\.name).listed()
          throw UnreadableInput(expected: "inputs of \(names)", found: name.string)
        }
        arrays[name.string] = try StoredArray(member, as: input)
      }
      return arrays
    }
    let others = model.inputs.filter { !isState($0.name) }
    guard others.count == 1, let input = others.first else {
      let names = model.inputs.map(\.name).listed()
      throw UnreadableInput(expected: "an object of \(names)", found: String(value.text.prefix(60)))
    }
    arrays[input.name] = try StoredArray(value, as: input)
    return arrays
  }

  /// Outputs as a JSON object, without the new states.
  public func json(_ outputs: ExactDictionary<StoredArray>) -> JSONValue {
    var members: [ExactString: JSONValue] = [:]
    for (name, array) in outputs where !isNewState(name) {
      members[ExactString(name)] = array.json
    }
    return .object(members)
  }
}

extension StoredArray {
  /// An input's array from nested lists, each level as long at every place.
  fileprivate init(_ json: JSONValue, as input: ONNXGraph.Value) throws(UnreadableInput) {
    var shape: [Int] = []
    var level = json
    while case .array(let elements) = level {
      shape.append(elements.count)
      guard let first = elements.first else { break }
      level = first
    }
    var numbers: [String] = []
    func read(_ value: JSONValue, _ axis: Int) throws(UnreadableInput) {
      switch value {
      case .array(let elements) where axis < shape.count && elements.count == shape[axis]:
        for element in elements { try read(element, axis + 1) }
      case .number(let text) where axis == shape.count: numbers.append(text)
      case .bool(let truth) where axis == shape.count: numbers.append(truth ? "1" : "0")
      default:
        throw UnreadableInput(
          expected: "\(input.name): \(input.text)",
          found: "lists of different lengths, or no number: \(value.text.prefix(40))")
      }
    }
    try read(json, 0)
    try self.init(numbers, shape: shape, as: input)
  }

  /// An input's array from the texts of its numbers.
  private init(
    _ numbers: [String], shape: [Int], as input: ONNXGraph.Value
  ) throws(UnreadableInput) {
    func parsed<Element: StoredElement & LosslessStringConvertible>(
      _ type: Element.Type
    ) throws(UnreadableInput) -> StoredArray {
      var values: [Element] = []
      for text in numbers {
        guard let value = Element(text) else {
          throw UnreadableInput(expected: "\(input.name): \(input.text)", found: text)
        }
        values.append(value)
      }
      return StoredArray(values, shape: shape)
    }
    switch input.elementType {
    case .float32: self = try parsed(Float.self)
    case .float64: self = try parsed(Double.self)
    case .int64: self = try parsed(Int64.self)
    case .int32: self = try parsed(Int32.self)
    case .int8: self = try parsed(Int8.self)
    case .int16: self = try parsed(Int16.self)
    case .uint8: self = try parsed(UInt8.self)
    case .uint16: self = try parsed(UInt16.self)
    case .uint32: self = try parsed(UInt32.self)
    case .uint64: self = try parsed(UInt64.self)
    case .bool:
      let bytes = try parsed(UInt8.self).bytes
      guard bytes.allSatisfy({ $0 < 2 }) else {
        throw UnreadableInput(expected: "\(input.name): 0, 1, true or false", found: "a number")
      }
      self = StoredArray(elementType: .bool, shape: shape, bytes: bytes)
    case .float16, .bfloat16:
      let value = GraphValue(try parsed(Float.self).tensor, as: input.elementType)
      self = value.array
    }
  }

  /// The elements in nested lists; what is no number is null.
  fileprivate var json: JSONValue {
    let texts: [JSONValue]
    switch elementType {
    case .int64: texts = (values(as: Int64.self) ?? []).map { JSONValue($0) }
    case .uint64: texts = (values(as: UInt64.self) ?? []).map { JSONValue($0) }
    case .bool: texts = bytes.map { .bool($0 != 0) }
    case .float64: texts = doubles.map { JSONValue($0) }
    case .int32, .int16, .int8, .uint8, .uint16, .uint32:
      texts = doubles.map { JSONValue(Int64($0)) }
    case .float32, .float16, .bfloat16:
      texts = floats.map { JSONValue($0) }
    }
    guard !texts.isEmpty, let last = shape.last else { return texts.first ?? .array([]) }
    var level = texts
    for extent in ([last] + shape.dropLast().reversed()).prefix(max(0, shape.count)) {
      level = stride(from: 0, to: level.count, by: extent).map {
        .array(Array(level[$0..<$0 + extent]))
      }
    }
    return level[0]
  }
}
