/// Changes random bytes, whatever their meaning.
struct ByteMutator {
  var generator: SplitMix
  /// The largest file that it makes.
  var maximumSize = 4096

  /// A number from 0 to `limit` - 1.
  mutating func number(below limit: Int) -> Int { Int.random(in: 0..<limit, using: &generator) }

  /// True with probability 1 / `chances`.
  mutating func happens(oneIn chances: Int) -> Bool { number(below: chances) == 0 }

  /// A random choice; there must be at least one.
  mutating func choice<Element>(_ choices: [Element]) -> Element {
    choices[number(below: choices.count)]
  }

  /// One change: of a byte, of the length, or a piece of another file.
  mutating func damage(_ bytes: inout [UInt8], with other: [UInt8]) {
    switch number(below: 8) {
    case 0...3: damageByte(&bytes)
    case 4: resize(&bytes)
    case 5:
      insert([UInt8](repeating: choice([0, 1, 0xFF]), count: 1 + number(below: 8)), into: &bytes)
    case 6:
      guard !bytes.isEmpty else { return }
      let start = number(below: bytes.count)
      bytes.removeSubrange(start..<min(bytes.count, start + 1 + number(below: 8)))
    default:
      guard !bytes.isEmpty, !other.isEmpty else { return }
      let start = number(below: min(bytes.count, other.count))
      let end = min(bytes.count, other.count, start + 1 + number(below: 64))
      bytes.replaceSubrange(start..<end, with: other[start..<end])
    }
  }

  /// Puts a piece anywhere, if there is room for it.
  mutating func insert(_ piece: [UInt8], into bytes: inout [UInt8]) {
    guard bytes.count + piece.count <= maximumSize else { return }
    bytes.insert(contentsOf: piece, at: number(below: bytes.count + 1))
  }

  private mutating func damageByte(_ bytes: inout [UInt8]) {
    guard !bytes.isEmpty else { return }
    let index = number(below: bytes.count)
    switch number(below: 3) {
    case 0: bytes[index] ^= 1 << UInt8(number(below: 8))
    case 1: bytes[index] = UInt8(number(below: 256))
    default: bytes[index] = choice([0, 1, 0x7F, 0x80, 0xFF])
    }
  }

  private mutating func resize(_ bytes: inout [UInt8]) {
    let count = 1 + number(below: 96)
    if happens(oneIn: 2) {
      bytes.removeLast(min(count, bytes.count))
    } else if bytes.count + count <= maximumSize {
      bytes += [UInt8](repeating: UInt8(number(below: 2)), count: count)
    }
  }
}
