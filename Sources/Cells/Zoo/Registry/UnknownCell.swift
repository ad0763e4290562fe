/// The error for a name that is not in a registry.
public struct UnknownCell: Error, Hashable, CustomStringConvertible {
  /// The name that was asked for.
  public let name: String
  /// The most similar names of the registry, the nearest first.
  public let nearest: [String]
  /// All names of the registry.
  public let known: [String]

  init(name: String, known: [String]) {
    self.name = name
    self.known = known
    let distances = known.map { (name: $0, distance: editDistance(name.lowercased(), $0)) }
    let limit = max(2, name.count / 2)
    nearest =
      distances.filter { $0.distance <= limit || $0.name.hasPrefix(name) }
      .sorted { $0.distance < $1.distance }.prefix(4).map(\.name)
  }

  /// One line: the name, and the nearest names.
  public var description: String {
    let choice = nearest.isEmpty ? known : nearest
    return "\(name): no such cell: expected "
      + (nearest.isEmpty ? "one of " : "perhaps ") + choice.joined(separator: ", ")
  }
}
