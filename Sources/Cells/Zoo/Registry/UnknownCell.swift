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

/// The Levenshtein distance of two texts.
private func editDistance(_ a: String, _ b: String) -> Int {
  let b = Array(b)
  var row = Array(0...b.count)
  for (index, character) in a.enumerated() {
    var diagonal = row[0]
    row[0] = index + 1
    for column in b.indices {
      let substituted = diagonal + (character == b[column] ? 0 : 1)
      diagonal = row[column + 1]
      row[column + 1] = min(substituted, row[column] + 1, diagonal + 1)
    }
  }
  return row[b.count]
}
