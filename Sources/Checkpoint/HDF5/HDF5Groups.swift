import FileCore

/// What a link of a group leads to: the name, and the address of an object's header.
typealias HDF5Link = (name: String, address: Int)

/// Reads the structures that metadata are kept in, and counts them: addresses may form circles.
struct HDF5Metadata {
  let file: HDF5Bytes
  /// How many nodes and blocks may still be read.
  private var budget = 1 << 18

  init(_ file: HDF5Bytes) { self.file = file }

  /// Counts one node; throws if there are too many, or one of them again and again.
  mutating func count(_ nodes: Int = 1, at address: Int) throws(FormatError) {
    budget -= nodes
    guard budget >= 0 else {
      throw FormatError(offset: address, problem: "too many nodes, or a circle of them")
    }
  }

  /// The links of a group, of either kind. Links to other names and files are left out.
  mutating func links(of group: HDF5Object) throws(FormatError) -> [HDF5Link] {
    var links: [HDF5Link] = []
    for message in group.all(.link) {
      if let link = try Self.link(message) { links.append(link) }
    }
    if var table = group.first(.symbolTable) {
      guard let tree = try table.address(), let heap = try table.address() else {
        throw table.failure("expected the addresses of a tree and a heap, found none")
      }
      let names = try localHeap(at: heap)
      try collectSymbols(at: tree, level: nil, names, &links)
    }
    if var info = group.first(.linkInfo) {
      _ = try info.expect(version: 0...0, of: "link info")
      if try info.byte() & 1 != 0 { try info.skip(8) }
      if let heap = try info.address(), let tree = try info.address() {
        for message in try records(heap: heap, tree: tree, type: 5, idOffset: 4) {
          if let link = try Self.link(message) { links.append(link) }
        }
      }
    }
    return links
  }

  /// The attribute messages of an object.
  mutating func attributes(of object: HDF5Object) throws(FormatError) -> [HDF5Scanner] {
    var messages = object.all(.attribute)
    if var info = object.first(.attributeInfo) {
      _ = try info.expect(version: 0...0, of: "attribute info")
      if try info.byte() & 1 != 0 { try info.skip(2) }
      if let heap = try info.address(), let tree = try info.address() {
        messages += try records(heap: heap, tree: tree, type: 8, idOffset: 0)
      }
    }
    return messages
  }

  /// Reads a link message; nil for a link to a name or to another file.
  private static func link(_ message: HDF5Scanner) throws(FormatError) -> HDF5Link? {
    var scanner = message
    _ = try scanner.expect(version: 1...1, of: "link")
    let flags = try scanner.byte()
    let type = flags & 8 != 0 ? try scanner.byte() : 0
    if flags & 4 != 0 { try scanner.skip(8) }
    if flags & 16 != 0 { try scanner.skip(1) }
    let name = try scanner.name(try scanner.number(1 << (flags & 3)))
    guard type == 0 else { return nil }
    guard let address = try scanner.address() else {
      throw scanner.failure("\(name): expected the address of an object, found none")
    }
    return (name, address)
  }

  // MARK: Groups of version 1: a tree of symbol tables, and their names in a local heap.

  private mutating func localHeap(at address: Int) throws(FormatError) -> HDF5Scanner {
    try count(at: address)
    var scanner = try file.scanner(at: address)
    try scanner.expect("HEAP")
    _ = try scanner.expect(version: 0...0, of: "local heap")
    try scanner.skip(3)
    let size = try scanner.length()
    _ = try scanner.length()
    guard let data = try scanner.address() else {
      throw scanner.failure("expected the address of names, found none")
    }
    return try file.scanner(at: data, count: size)
  }

  private mutating func collectSymbols(
    at address: Int, level: Int?, _ names: HDF5Scanner, _ links: inout [HDF5Link]
  ) throws(FormatError) {
    try count(at: address)
    var scanner = try file.scanner(at: address)
    try scanner.expect("TREE")
    guard try scanner.byte() == 0 else { throw scanner.failure("expected the tree of a group") }
    let found = try scanner.byte()
    guard level.map({ $0 == found }) ?? (found <= 16) else {
      throw scanner.failure("expected a node of level \(level ?? 16), found level \(found)")
    }
    let entries = try scanner.number(2)
    try scanner.skip(2 * file.offsetWidth)
    for _ in 0..<entries {
      _ = try scanner.length()
      guard let child = try scanner.address() else { throw scanner.failure("a missing node") }
      if found > 0 {
        try collectSymbols(at: child, level: found - 1, names, &links)
      } else {
        try collectTable(at: child, names, &links)
      }
    }
  }

  private mutating func collectTable(
    at address: Int, _ names: HDF5Scanner, _ links: inout [HDF5Link]
  ) throws(FormatError) {
    try count(at: address)
    var scanner = try file.scanner(at: address)
    try scanner.expect("SNOD")
    _ = try scanner.expect(version: 1...1, of: "symbol table")
    try scanner.skip(1)
    for _ in 0..<(try scanner.number(2)) {
      let nameOffset = try scanner.number(file.offsetWidth)
      let object = try scanner.address()
      let cacheType = try scanner.number(4)
      try scanner.skip(20)
      try count(at: address)
      var name = names
      try name.skip(nameOffset)
      // Cache type 2 is a link to a name.
      guard let object, cacheType != 2 else { continue }
      links.append((try name.name(min(name.remaining, Format.maximumNameSize + 1)), object))
    }
  }
}
