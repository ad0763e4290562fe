/// Pickle programs, and archives that contain them.
enum Pickle {
  /// The opcodes of all allowed instructions, and some others.
  static let instructions: [UInt8] = [
    0x28, 0x29, 0x2E, 0x4B, 0x4D, 0x4A, 0x4E, 0x51, 0x52, 0x58, 0x61, 0x62, 0x63, 0x68, 0x6A, 0x71,
    0x72, 0x73, 0x74, 0x75, 0x7D, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x5D, 0x47, 0x30, 0x31, 0x32,
    0x42, 0x43, 0x46, 0x49, 0x53, 0x54, 0x55, 0x56, 0x64, 0x65, 0x67, 0x69, 0x6C, 0x6F, 0x70, 0x80,
    0x81, 0x8B, 0x8C, 0x8F, 0x90, 0x91, 0x93, 0x94, 0x95, 0x96,
  ]

  /// Pieces of valid programs, so that more mutated programs are accepted.
  static let phrases: [[UInt8]] = [
    text("a"), text("storage"), bytes("ctorch\nFloatStorage\n"), bytes("ctorch\nBoolStorage\n"),
    bytes("ccollections\nOrderedDict\n)R"), bytes("ctorch._utils\n_rebuild_tensor_v2\n"),
    integer(.max), integer(-1), storage(), tensor(offset: 0, shape: [], strides: []),
    tensor(offset: 2, shape: [0, 3], strides: [3, 1]), [0x8A, 8, 0, 0, 0, 0, 0, 0, 0, 0x80],
  ]

  /// One change of a program.
  static func damage(_ program: inout [UInt8], with other: [UInt8], _ random: inout ByteMutator) {
    guard !program.isEmpty else { return }
    switch random.number(below: 4) {
    case 0: program[random.number(below: program.count)] = random.choice(instructions)
    case 1: random.insert([random.choice(instructions)], into: &program)
    case 2: random.insert(random.choice(phrases), into: &program)
    default: random.damage(&program, with: other)
    }
  }

  /// A dictionary of arrays, texts and objects, in protocols 2 and 0.
  static let arrays: [[UInt8]] = [
    [0x80, 2]
      + bytes(
        "}(U\u{1}acnumpy.core.multiarray\n_reconstruct\n)R(K\u{1}K\u{2}K\u{1}\u{86}cnumpy\ndtype\n")
      + bytes("U\u{2}f4\u{85}R(K\u{3}U\u{1}<tb\u{89}U\u{8}abcdefghtbU\u{1}b]q\u{0}(K\u{1}NG@\u{8}")
      + [0, 0, 0, 0, 0, 0] + bytes("eU\u{1}ccnets\nLayer\n)\u{81}}U\u{1}wh\u{0}sbu."),
    bytes("(dp0\nS'a'\ncnumpy.core.multiarray\n_reconstruct\n(tR(I1\n(I2\ntcnumpy\ndtype\n")
      + bytes("(S'i1'\ntRI01\nS'\\x01b'\ntbsV\\u00e9\n(lp1\nL5L\nasS'o'\n")
      + bytes(
        "ccopy_reg\n_reconstructor\n(cnets\nLayer\nc__builtin__\nobject\nNtR(dS'k'\nF0.5\nsbs."),
  ]

  /// A dictionary of two tensors over one storage of sixteen bytes.
  static let small: [UInt8] =
    [0x80, 2] + bytes("}q\u{0}(") + text("a") + tensor(offset: 0, shape: [2, 2], strides: [2, 1])
    + text("b") + tensor(offset: 1, shape: [3], strides: [1]) + bytes("u.")

  static func bytes(_ string: String) -> [UInt8] { string.unicodeScalars.map { UInt8($0.value) } }

  static func text(_ string: String) -> [UInt8] {
    bytes("X") + little(UInt32(string.utf8.count)) + Array(string.utf8)
  }

  static func integer(_ number: Int32) -> [UInt8] {
    bytes("J") + little(UInt32(bitPattern: number))
  }

  static func storage(_ key: String = "0", count: Int32 = 4) -> [UInt8] {
    bytes("(") + text("storage") + bytes("ctorch\nFloatStorage\n") + text(key) + text("cpu")
      + integer(count) + bytes("tQ")
  }

  static func tensor(
    offset: Int32, shape: [Int32], strides: [Int32], storage: [UInt8] = Pickle.storage()
  ) -> [UInt8] {
    func tuple(_ numbers: [Int32]) -> [UInt8] {
      bytes("(") + numbers.flatMap { integer($0) } + bytes("t")
    }
    return bytes("ctorch._utils\n_rebuild_tensor_v2\n(") + storage + integer(offset) + tuple(shape)
      + tuple(strides) + [0x89] + bytes("ccollections\nOrderedDict\n)RtR")
  }

  private static func one(_ value: [UInt8]) -> [UInt8] {
    [0x80, 2] + bytes("}") + text("a") + value + bytes("s.")
  }

  /// A program that must be refused, and the reason.
  struct Attack: Sendable, CustomStringConvertible {
    var name: String
    var reason: String
    var program: [UInt8]
    var description: String { name }
  }

  static let costly: [Attack] = [
    .init(
      name: "nested tuples", reason: "too many or too deep elements",
      program: [0x80, 2] + bytes(")") + [UInt8](repeating: 0x85, count: 1_000_000)),
    .init(
      name: "a tall stack", reason: "too many values at a time",
      program: [0x80, 2] + [UInt8](repeating: 0x4E, count: 1_000_000)),
    .init(
      name: "many groups", reason: "too many open groups",
      program: [0x80, 2] + [UInt8](repeating: 0x28, count: 1_000_000)),
    .init(
      name: "a wide storage", reason: "expected a storage data/0 of 2147483647 elements",
      program: one(
        tensor(offset: 0, shape: [4], strides: [1], storage: storage(count: .max)))),
    .init(
      name: "a wide shape", reason: "expected a tensor inside its storage",
      program: one(
        tensor(offset: 0, shape: [.max, .max, .max], strides: [.max, .max, .max]))),
    .init(
      name: "a far stride", reason: "expected a tensor inside its storage",
      program: one(tensor(offset: 0, shape: [2], strides: [.max]))),
    .init(
      name: "a far offset", reason: "expected a tensor inside its storage",
      program: one(tensor(offset: 4, shape: [1], strides: [1]))),
    .init(
      name: "a negative offset", reason: "expected a tensor inside its storage",
      program: one(tensor(offset: -1, shape: [1], strides: [1]))),
    .init(
      name: "a long number", reason: "found a long integer",
      program: [0x80, 2, 0x8A, 255] + [UInt8](repeating: 1, count: 255) + bytes(".")),
    .init(
      name: "a dictionary in itself", reason: "found none among 'a'",
      program: [0x80, 2] + bytes("}q\u{0}") + text("a") + bytes("h\u{0}s.")),
    .init(
      name: "two storages of one name", reason: "described in two ways",
      program: [0x80, 2] + storage() + storage(count: 5) + bytes(".")),
    .init(
      name: "a name twice", reason: "a: stands there twice",
      program: [0x80, 2] + bytes("}(") + text("a") + tensor(offset: 0, shape: [], strides: [])
        + text("a") + tensor(offset: 0, shape: [], strides: []) + bytes("u.")),
    .init(
      name: "a call", reason: "found os.system; nothing of it was run",
      program: [0x80, 2] + bytes("cos\nsystem\n") + text("true") + bytes("\u{85}R.")),
  ]

  /// An archive with this program and one storage of sixteen bytes.
  static func archive(_ program: [UInt8]) -> [UInt8] {
    zip([("m/data.pkl", program), ("m/data/0", Array(0..<16))])
  }

  /// A zip archive of stored entries.
  static func zip(_ entries: [(name: String, bytes: [UInt8])]) -> [UInt8] {
    ZipFile(entries.map { .init(name: Array($0.name.utf8), stored: $0.bytes) }).bytes
  }
}
