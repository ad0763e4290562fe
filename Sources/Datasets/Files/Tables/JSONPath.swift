import FileCore

/// Paths into nested JSON: names of members and indices of elements, separated by points: `user.name`, `turns.0.text`.
enum JSONPath {
  /// The most fields of an object that are considered.
  private static let mostLeaves = 64

  /// The value at a path; a member whose own name contains points takes precedence.
  static func value(_ path: String, in object: [ExactString: JSONValue]) -> JSONValue? {
    if let value = object[ExactString(path)] { return value }
    var found = JSONValue.object(object)
    for part in path.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
      let name = String(Substring(part))
      switch found {
      case .object(let members):
        guard let member = members[ExactString(name)] else { return nil }
        found = member
      case .array(let elements):
        guard let index = Int(name), elements.indices.contains(index) else { return nil }
        found = elements[index]
      default: return nil
      }
    }
    return found
  }

  /// The paths and texts of all fields of an object, sorted by name.
  static func leaves(of object: [ExactString: JSONValue]) -> [(path: String, text: String)] {
    var leaves: [(path: String, text: String)] = []
    add(.object(object), "", to: &leaves)
    return leaves
  }

  private static func add(
    _ value: JSONValue, _ path: String, to leaves: inout [(path: String, text: String)]
  ) {
    guard leaves.count < mostLeaves else { return }
    let prefix = path.isEmpty ? "" : path + "."
    switch value {
    case .object(let members):
      for (name, member) in members.sorted(by: { $0.key < $1.key }) {
        add(member, prefix + name.string, to: &leaves)
      }
    case .array(let elements):
      for (index, element) in elements.enumerated() {
        add(element, prefix + "\(index)", to: &leaves)
      }
    default:
      if let text = value.fieldText { leaves.append((path, text)) }
    }
  }
}
