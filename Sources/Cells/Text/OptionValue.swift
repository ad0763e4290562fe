/// The value of an option as it is saved: a number, text, truth value, list, or values by name.
///
/// It decodes any such value, so that the options of a cell whose type is not known stay as they are.
enum OptionValue: Hashable, Sendable {
  case none
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case list([OptionValue])
  case named([String: OptionValue])
}

extension OptionValue: Codable {
  init(from decoder: any Decoder) throws {
    if let values = try? decoder.container(keyedBy: OptionName.self) {
      var named: [String: OptionValue] = [:]
      for key in values.allKeys {
        named[key.stringValue] = try values.decode(OptionValue.self, forKey: key)
      }
      self = .named(named)
      return
    }
    if var values = try? decoder.unkeyedContainer() {
      var list: [OptionValue] = []
      while !values.isAtEnd { list.append(try values.decode(OptionValue.self)) }
      self = .list(list)
      return
    }
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .none
    } else if let bool = try? value.decode(Bool.self) {
      self = .bool(bool)
    } else if let integer = try? value.decode(Int.self) {
      self = .integer(integer)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else {
      self = .text(try value.decode(String.self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    switch self {
    case .named(let values):
      var container = encoder.container(keyedBy: OptionName.self)
      for (name, value) in values.sorted(by: { $0.key < $1.key }) {
        try container.encode(value, forKey: OptionName(name))
      }
    case .list(let values):
      var container = encoder.unkeyedContainer()
      for value in values { try container.encode(value) }
    case .none:
      var container = encoder.singleValueContainer()
      try container.encodeNil()
    case .bool(let value): try encode(value, encoder)
    case .integer(let value): try encode(value, encoder)
    case .number(let value): try encode(value, encoder)
    case .text(let value): try encode(value, encoder)
    }
  }

  private func encode(_ value: some Encodable, _ encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(value)
  }
}

/// An option's name as a coding key.
struct OptionName: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(_ name: String) { stringValue = name }
  init?(stringValue: String) { self.init(stringValue) }
  init?(intValue: Int) { nil }
}
