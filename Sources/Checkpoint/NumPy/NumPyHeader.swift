import FileCore

/// The header of a NumPy array in a `.npy` file.
///
/// ```
/// 0  \x93NUMPY  6  version, two bytes  8  length of the text, u16 (version 1) or u32
/// {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
/// ```
struct NumPyHeader {
  var elementType = ElementType.float32
  /// Whether the array is column-major (Fortran order).
  var isColumnMajor = false
  var shape: [Int] = []
  /// The offset of the numbers.
  var size = 0

  private static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]
  private static let maximumRank = 64
  /// The first bytes of a file in which its header ends; of one that is longer NumPy itself reads only the start.
  static let maximumSize = 1 << 17

  /// Reads a header; the error describes what is wrong with it.
  init(_ bytes: [UInt8]) throws(NumPyError) {
    guard bytes.count >= 12, bytes.starts(with: Self.magic), (1...3).contains(bytes[6]) else {
      throw NumPyError("expected a NumPy array of format 1, 2 or 3, found something else")
    }
    let isShort = bytes[6] == 1
    let start = isShort ? 10 : 12
    let length =
      isShort
      ? Int(bytes.littleEndian(UInt16.self, at: 8)) : Int(bytes.littleEndian(UInt32.self, at: 8))
    guard length <= bytes.count - start else {
      throw NumPyError("cut off: expected a header of \(length) bytes")
    }
    size = start + length
    var scanner = Scanner(bytes: bytes[start..<size])
    try read(&scanner)
  }

  /// Throws unless the shape takes as many bytes as a file of `byteCount` bytes has after the header.
  func check(byteCount: Int) throws(NumPyError) {
    let needed = StoredArray.byteCount(shape: shape, elementType: elementType)
    guard let needed, needed == byteCount - size else {
      throw NumPyError("expected numbers for shape \(shape), found \(byteCount - size) bytes")
    }
  }

  private mutating func read(_ scanner: inout Scanner) throws(NumPyError) {
    var found: Set<String> = []
    try scanner.expect("{")
    while scanner.next != UInt8(ascii: "}") {
      let key = try scanner.text()
      guard found.insert(key).inserted else { throw NumPyError("\(key): stands there twice") }
      try scanner.expect(":")
      switch key {
      case "descr":
        let code = try scanner.text()
        guard let order = code.first, let type = ElementType(numPyCode: String(code.dropFirst())),
          order == "<" || order == "|" && type.width == 1
        else {
          throw NumPyError(
            "expected little-endian numbers of type \(ElementType.numPyCodes), found '\(code)'")
        }
        elementType = type
      case "fortran_order": isColumnMajor = try scanner.truth()
      case "shape": shape = try scanner.tuple(atMost: Self.maximumRank)
      default: throw NumPyError("expected descr, fortran_order and shape, found \(key)")
      }
      if scanner.next != UInt8(ascii: "}") { try scanner.expect(",") }
    }
    try scanner.expect("}")
    guard found.count == 3, scanner.next == nil else {
      throw NumPyError("expected descr, fortran_order and shape alone")
    }
  }
}

/// What is wrong with a NumPy array, in words.
struct NumPyError: Error {
  var reason: String
  init(_ reason: String) { self.reason = reason }
}

/// Reads the few Python tokens of a header; skips white space.
private struct Scanner {
  var bytes: ArraySlice<UInt8>

  /// The next byte after white space, without reading it; nil at the end.
  var next: UInt8? {
    mutating get {
      bytes = bytes.drop { $0 == 0x20 || $0 == 0x0A }
      return bytes.first
    }
  }

  mutating func expect(_ character: Unicode.Scalar) throws(NumPyError) {
    guard next == UInt8(ascii: character) else {
      throw NumPyError("header: expected '\(character)'")
    }
    bytes.removeFirst()
  }

  private mutating func word(while isPart: (UInt8) -> Bool) -> String {
    let word = bytes.prefix { isPart($0) }.prefix(64)
    bytes = bytes.dropFirst(word.count)
    return String(decoding: word, as: UTF8.self)
  }

  mutating func text() throws(NumPyError) -> String {
    try expect("'")
    let text = word { (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "'") }
    guard bytes.first == UInt8(ascii: "'") else {
      throw NumPyError("header: expected a short text")
    }
    bytes.removeFirst()
    return text
  }

  mutating func truth() throws(NumPyError) -> Bool {
    _ = next
    switch word(while: { $0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z") }) {
    case "True": return true
    case "False": return false
    default: throw NumPyError("header: expected True or False")
    }
  }

  mutating func tuple(atMost maximum: Int) throws(NumPyError) -> [Int] {
    var numbers: [Int] = []
    try expect("(")
    while next != UInt8(ascii: ")") {
      guard let number = Int(word { (0x30...0x39).contains($0) }), numbers.count < maximum else {
        throw NumPyError("header: expected at most \(maximum) whole numbers")
      }
      numbers.append(number)
      if next != UInt8(ascii: ")") { try expect(",") }
    }
    try expect(")")
    return numbers
  }
}

extension ElementType {
  /// The type of a NumPy type code, for example `f4`, without the byte order.
  init?(numPyCode code: String) {
    switch code {
    case "f4": self = .float32
    case "f8": self = .float64
    case "f2": self = .float16
    case "i2": self = .int16
    case "i4": self = .int32
    case "i8": self = .int64
    case "u1": self = .uint8
    case "u2": self = .uint16
    case "u4": self = .uint32
    case "u8": self = .uint64
    case "i1": self = .int8
    case "b1": self = .bool
    default: return nil
    }
  }

  /// The codes of the types that are read, for messages.
  static let numPyCodes = "f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8 or b1"
}
