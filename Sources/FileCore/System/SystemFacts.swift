/// What Linux says about the machine in files such as `/proc/cpuinfo`.
package enum SystemFacts {
  /// The processor's name; nil where the system does not say it.
  package static var processor: String? { value(of: "model name", in: "/proc/cpuinfo") }

  /// The value of the first line `name : value` of a file; nil without one.
  package static func value(of name: String, in path: String) -> String? {
    guard let line = lines(of: path)?.first(where: { $0.hasPrefix(name) }),
      let colon = line.firstIndex(of: ":")
    else { return nil }
    let value = line[line.index(after: colon)...]
    return value.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// The lines of a file; nil where there is none.
  package static func lines(of path: String) -> [Substring]? {
    guard let bytes = try? FileBytes.read(path, limit: 1 << 24) else { return nil }
    return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
  }
}
