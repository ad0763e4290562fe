/// A path to write to, with its symbolic links followed, in the system's bytes: names need not be UTF-8.
struct ResolvedPath {
  /// The folder, with the zero at its end that C asks for.
  let folder: [CChar]
  /// The name in it, with a zero at its end.
  let name: [CChar]

  /// The target of a path; of a link whose target is not there, where that would be.
  init(_ path: String) {
    var target = path.utf8.map { CChar(bitPattern: $0) } + [0]
    for _ in 0..<Self.mostLinks {
      if let resolved = System.resolved(target) {
        target = resolved
        break
      }
      guard let next = System.target(ofLink: target) else { break }
      target = next.first == Self.slash ? next : Self.split(target).prefix + next
    }
    let parts = Self.split(target)
    name = parts.name
    // The slash at the end is left out but for the root's.
    folder = parts.prefix.isEmpty ? [CChar(UInt8(ascii: ".")), 0] : parts.prefix + [0]
  }

  /// Whether the name can be a file's.
  var namesFile: Bool {
    let dot = CChar(UInt8(ascii: "."))
    return ![[0], [dot, 0], [dot, dot, 0]].contains(name)
  }

  /// The name, or of a long one the beginning, which leaves room for an ending wherever names may have 143 bytes.
  var stemBytes: [UInt8] {
    let bytes = name.dropLast().map { UInt8(bitPattern: $0) }
    guard bytes.count > Self.longestStem else { return bytes }
    // A letter of several bytes stays whole.
    let end = (0...Self.longestStem).last { bytes[$0] & 0xC0 != 0x80 } ?? Self.longestStem
    return Array(bytes[..<end])
  }

  /// ``stemBytes`` as a text.
  var stem: String { String(decoding: stemBytes, as: UTF8.self) }

  private static let longestStem = 100
  private static let mostLinks = 40
  private static let slash = CChar(UInt8(ascii: "/"))

  /// What stands up to the last slash, and what follows it.
  private static func split(_ path: [CChar]) -> (prefix: [CChar], name: [CChar]) {
    guard let last = path.lastIndex(of: slash) else { return ([], path) }
    return (Array(path[...last]), Array(path[(last + 1)...]))
  }
}
