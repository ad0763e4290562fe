/// An error in a JSON text, and its place.
package struct JSONError: Error, Hashable {
  /// The offset of the wrong byte.
  package var offset: Int
  /// What was expected there, or the rule that is broken.
  package var problem: String

  package init(offset: Int, problem: String) {
    self.offset = offset
    self.problem = problem
  }

  /// What was found, for an error that says the place: `invalid JSON: duplicate key`.
  package var found: String { "invalid JSON: \(problem)" }
  /// What was found in a text without other place: `invalid JSON at byte 3: duplicate key`.
  package var foundWithOffset: String { "invalid JSON at byte \(offset): \(problem)" }
}

/// A strict pull parser for JSON; it builds only the values that the caller reads.
///
/// Strict means RFC 8259 with nothing added: strings are valid UTF-8 without lone surrogates or raw
/// control characters, numbers have no leading zero or plus sign, there is no NaN or Infinity,
/// no comment, no trailing comma, no duplicate key in an object. The caller (`JSONValue.init(parsing:)`) refuses
/// text after the value.
package struct JSONScanner {
  let bytes: [UInt8]
  /// The offset of the next byte.
  package private(set) var position: Int
  private var depth = 0
  private let maximumDepth: Int

  /// The most bytes of a key. A decoder hashes keys as strings, and normalizing a string takes time quadratic in a run
  /// of combining marks: a key of a megabyte of them takes minutes.
  private static let maximumKeySize = 512

  package init(_ bytes: [UInt8], position: Int = 0, maximumDepth: Int) {
    self.bytes = bytes
    self.position = position
    self.maximumDepth = maximumDepth
  }

  package func failure(_ problem: String, at offset: Int? = nil) -> JSONError {
    JSONError(offset: offset ?? position, problem: problem)
  }

  /// The next byte, without reading it; nil at the end.
  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// Skips bytes that the caller has looked at.
  mutating func advance(by count: Int) { position += count }

  mutating func skipWhitespace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  /// Skips white space; throws unless the text ends there.
  package mutating func expectEnd() throws(JSONError) {
    skipWhitespace()
    guard position == bytes.count else { throw failure("text after the value") }
  }

  mutating func expect(_ character: Unicode.Scalar) throws(JSONError) {
    guard let byte = next, byte == UInt8(ascii: character) else {
      throw failure("expected '\(character)'")
    }
    position += 1
  }

  mutating func expect(word: StaticString) throws(JSONError) {
    let end = position + word.utf8CodeUnitCount
    guard end <= bytes.count,
      word.withUTF8Buffer({ $0.elementsEqual(bytes[position..<end]) })
    else { throw failure("expected a value") }
    position = end
  }

  /// Reads `null` if it is next; returns whether it was.
  package mutating func null() throws(JSONError) -> Bool {
    guard next == UInt8(ascii: "n") else { return false }
    try expect(word: "null")
    return true
  }

  /// Reads an object, calling `body` for each key with the scanner before the value.
  package mutating func forEachMember(
    _ body: (inout JSONScanner, String) throws(JSONError) -> Void
  ) throws(JSONError) {
    _ = try members { (scanner, key) throws(JSONError) in try body(&scanner, key) }
  }

  /// Reads an object; `value` reads the value of each key.
  ///
  /// Duplicate keys are checked at the end: with all keys at hand the dictionary never grows, so that each key is
  /// hashed once.
  package mutating func members<Value>(
    _ value: (inout JSONScanner, String) throws(JSONError) -> Value
  ) throws(JSONError) -> [ExactString: Value] {
    var members: [(key: String, value: Value)] = []
    var offsets: [Int] = []
    try enter("{")
    skipWhitespace()
    if next == UInt8(ascii: "}") {
      leave()
      return [:]
    }
    while true {
      skipWhitespace()
      let start = position
      let key = try string()
      guard key.utf8.count <= JSONScanner.maximumKeySize else {
        throw failure("key of more than \(JSONScanner.maximumKeySize) bytes", at: start)
      }
      skipWhitespace()
      try expect(":")
      skipWhitespace()
      members.append((key, try value(&self, key)))
      offsets.append(start)
      skipWhitespace()
      if next == UInt8(ascii: "}") { break }
      guard next == UInt8(ascii: ",") else { throw failure("expected ',' or '}'") }
      position += 1
    }
    leave()
    var result = [ExactString: Value](minimumCapacity: members.count)
    for (index, member) in members.enumerated()
    where result.updateValue(member.value, forKey: ExactString(member.key)) != nil {
      throw failure("duplicate key", at: offsets[index])
    }
    return result
  }

  /// Reads an array, calling `body` with the scanner before each element.
  package mutating func forEachElement(
    _ body: (inout JSONScanner) throws(JSONError) -> Void
  ) throws(JSONError) {
    try enter("[")
    skipWhitespace()
    if next == UInt8(ascii: "]") { return leave() }
    while true {
      skipWhitespace()
      try body(&self)
      skipWhitespace()
      if next == UInt8(ascii: "]") { return leave() }
      guard next == UInt8(ascii: ",") else { throw failure("expected ',' or ']'") }
      position += 1
    }
  }

  private mutating func enter(_ bracket: Unicode.Scalar) throws(JSONError) {
    try expect(bracket)
    depth += 1
    guard depth <= maximumDepth else {
      throw failure("nested more than \(maximumDepth) deep", at: position - 1)
    }
  }

  private mutating func leave() {
    position += 1
    depth -= 1
  }

  /// Reads a number; returns its text, which is valid but may be out of any type's range.
  mutating func number() throws(JSONError) -> String {
    let start = position
    if next == UInt8(ascii: "-") { position += 1 }
    if next == UInt8(ascii: "0") { position += 1 } else { try digits() }
    if next == UInt8(ascii: ".") {
      position += 1
      try digits()
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      position += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      try digits()
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func digits() throws(JSONError) {
    let start = position
    while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
    guard position > start else { throw failure("expected a digit") }
  }

  /// Reads a whole number that is not negative.
  package mutating func count() throws(JSONError) -> Int {
    let start = position
    guard let value = Int(try number()), value >= 0 else {
      throw failure("expected a whole number from 0 to \(Int.max)", at: start)
    }
    return value
  }
}
