import FileCore

/// What a file of Keras says of its model: layers, and which values each call of a layer reads.
///
/// Read are the descriptions of Keras 1 to 3, of sequential and of functional models.
struct KerasDescription {
  /// A value: what a call of a layer gives.
  struct Reference: Hashable {
    var layer: String
    /// The number of the call; a layer that is shared has several.
    var call = 0
    /// The number of the result; a recurrent layer may give its states too.
    var output = 0
  }

  /// A call of a layer.
  struct Call {
    /// The values that it reads.
    var inputs: [Reference] = []
    /// The value of its argument `mask`, if it has one.
    var mask: Reference?
    /// The numbers among its arguments.
    var numbers: [Double] = []
  }

  struct Layer {
    var name: String
    /// The name of the layer's class.
    var type: String
    var options: JSONValue
    var calls: [Call]
  }

  private(set) var layers: [Layer] = []
  private(set) var inputs: [Reference] = []
  private(set) var outputs: [Reference] = []

  /// The most layers, and the most calls of them.
  private static let mostLayers = 1_024

  /// Nil if the value describes no model.
  init?(_ model: JSONValue) {
    guard let options = model.member("config") else { return nil }
    let elements = Self.elements(of: model)
    guard (1...Self.mostLayers).contains(elements.count) else { return nil }
    for (number, element) in elements.enumerated() {
      guard let type = element.member("class_name")?.stringValue,
        let options = element.member("config")
      else { return nil }
      let name = options.member("name")?.stringValue ?? element.member("name")?.stringValue
      layers.append(
        Layer(
          name: name ?? "layer \(number)", type: type, options: options,
          calls: Self.calls(element.member("inbound_nodes"))))
    }
    guard layers.reduce(0, { $0 + $1.calls.count }) <= Self.mostLayers else { return nil }
    if model.member("class_name")?.stringValue == "Sequential" {
      connectInOrder()
    } else {
      inputs = Self.references(options.member("input_layers"))
      outputs = Self.references(options.member("output_layers"))
    }
  }

  /// The descriptions of a model's layers.
  static func elements(of model: JSONValue) -> [JSONValue] {
    let options = model.member("config")
    if case .array(let layers)? = options?.member("layers") ?? options { return layers }
    return []
  }

  /// Each layer of a sequential model reads the one before it; the first one may say the input's shape itself.
  private mutating func connectInOrder() {
    if layers[0].type != "InputLayer" {
      layers.insert(
        Layer(name: "input", type: "InputLayer", options: layers[0].options, calls: [Call()]), at: 0
      )
    }
    for index in layers.indices {
      layers[index].calls = [
        Call(inputs: index == 0 ? [] : [Reference(layer: layers[index - 1].name)])
      ]
    }
    inputs = [Reference(layer: layers[0].name)]
    outputs = layers.last.map { [Reference(layer: $0.name)] } ?? []
  }

  /// The calls of a layer: `inbound_nodes`.
  private static func calls(_ value: JSONValue?) -> [Call] {
    guard case .array(let nodes)? = value, !nodes.isEmpty else { return [Call()] }
    return nodes.map { node in
      var numbers: [Double] = []
      if case .array(let arguments)? = node.member("args") {
        numbers = arguments.compactMap(\.double)
      }
      return Call(inputs: references(node), mask: mask(node), numbers: numbers)
    }
  }

  /// The value of a call's argument `mask`: among the named arguments of Keras 3, before in an object behind a value.
  private static func mask(_ call: JSONValue) -> Reference? {
    switch call {
    case .array(let elements): elements.lazy.compactMap { mask($0) }.first
    case .object:
      references(call.member("mask")).first ?? call.member("kwargs").flatMap { mask($0) }
    default: nil
    }
  }

  /// The values in a description, in their order: of Keras 3 as tensors with a history, before as name, call and result.
  private static func references(_ value: JSONValue?) -> [Reference] {
    switch value {
    case .array(let elements)?:
      if elements.count >= 3, let layer = elements[0].stringValue, let call = elements[1].integer,
        let output = elements[2].integer
      {
        let others = elements.count > 3 ? references(elements[3]) : []
        return [Reference(layer: layer, call: call, output: output)] + others
      }
      return elements.flatMap { references($0) }
    case .object(let members)?:
      if value?.member("class_name")?.stringValue == "__keras_tensor__" {
        return references(value?.member("config")?.member("keras_history"))
      }
      // The call's arguments come before those that have names. A mask is no input.
      return members.filter { $0.key != "mask" }.sorted { $0.key < $1.key }
        .flatMap { references($0.value) }
    default: return []
    }
  }
}

extension JSONValue {
  /// The whole number; nil for other values.
  var integer: Int? {
    if case .number(let text) = self {
      Int(text) ?? Double(text).flatMap { Int(exactly: $0) }
    } else {
      nil
    }
  }

  /// The number; nil for other values.
  var double: Double? { if case .number(let text) = self { Double(text) } else { nil } }

  /// The truth value; nil for other values.
  var flag: Bool? { if case .bool(let flag) = self { flag } else { nil } }

  /// The elements of an array of whole numbers, or the number itself; nil for other values.
  var integers: [Int]? {
    if let integer { return [integer] }
    guard case .array(let elements) = self else { return nil }
    let numbers = elements.compactMap(\.integer)
    return numbers.count == elements.count ? numbers : nil
  }
}
