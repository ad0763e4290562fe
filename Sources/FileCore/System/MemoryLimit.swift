/// The most memory that this process can have: the machine's, or less where a container, a service or `ulimit` limits it.
package struct MemoryLimit: Hashable, Sendable {
  /// Its bytes.
  package let bytes: Int
  /// What limits it: `the machine's memory`.
  package let name: String

  /// A limit.
  package init(bytes: Int, name: String) { (self.bytes, self.name) = (bytes, name) }

  /// The smallest limit of this process; nil where the system says none.
  package static var current: MemoryLimit? {
    let machine = System.physicalMemory.map { MemoryLimit(bytes: $0, name: "the machine's memory") }
    let container = controlGroup(under: "").map {
      MemoryLimit(bytes: $0, name: "the memory limit of this container or control group")
    }
    let shell = System.addressSpace.map { MemoryLimit(bytes: $0, name: "the limit of ulimit -v") }
    return [machine, container, shell].compactMap(\.self).min { $0.bytes < $1.bytes }
  }

  /// The smallest limit of the control groups of this process, in bytes; nil where there is none.
  ///
  /// Linux lists the process's groups in `/proc/self/cgroup`, a line each: `0::/a/b` in version 2, whose limits are files
  /// `memory.max`, and `4:memory:/a/b` in version 1, with `memory.limit_in_bytes`. A group's limit holds for those
  /// in it too. Inside a container the listed path may be the one outside, which is not to be found: then the container's own
  /// group lies at the root.
  ///
  /// - Parameter root: the folder in which `/proc` and `/sys` lie; empty for the system's own.
  package static func controlGroup(under root: String) -> Int? {
    let places = (SystemFacts.lines(of: root + "/proc/self/cgroup") ?? []).flatMap { line in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { return [String]() }
      let folders = groups(above: parts[2])
      if parts[0] == "0", parts[1].isEmpty {
        return ["", "/unified"].flatMap { mount in folders.map { mount + $0 + "/memory.max" } }
      }
      guard parts[1].split(separator: ",").contains("memory") else { return [] }
      return folders.map { "/memory" + $0 + "/memory.limit_in_bytes" }
    }
    return places.compactMap { place in
      guard let text = SystemFacts.lines(of: root + "/sys/fs/cgroup" + place)?.first,
        let bytes = UInt64(text.filter { !$0.isWhitespace }), bytes > 0
      else { return nil }
      return Int(clamping: bytes)
    }.min()
  }

  /// The folder of a group and of all above it: `/a/b`, `/a` and the root, which is empty.
  private static func groups(above path: Substring) -> [String] {
    let names = path.split(separator: "/")
    guard !names.contains("..") else { return [""] }
    return (0...names.count).reversed().map { count in
      names.prefix(count).map { "/" + $0 }.joined()
    }
  }
}
