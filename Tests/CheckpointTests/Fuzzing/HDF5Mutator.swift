#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Damages HDF5 files: numbers after the signatures of their structures, and repairs the checksums of object headers.
enum HDF5Mutator {
  private static let signatures: [[UInt8]] = [
    "TREE", "SNOD", "HEAP", "GCOL", "OHDR", "FRHP", "BTHD",
  ]
  .map { Array($0.utf8) }

  /// The files `seed-0.h5` and `seed-1.h5` of the folder `Fixtures`, with superblocks of version 0 and 3.
  static func seeds(file: String = #filePath) -> [[UInt8]] {
    let parts = file.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    return (0..<2).map { number in
      let path = parts.joined(separator: "/") + "/../Fixtures/hdf5/seed-\(number).h5"
      guard let file = fopen(path, "rb") else { return [] }
      defer { fclose(file) }
      var bytes = [UInt8](repeating: 0, count: 65_536)
      return Array(bytes[..<fread(&bytes, 1, bytes.count, file)])
    }
  }

  static func damage(_ bytes: inout [UInt8], with other: [UInt8], _ random: inout ByteMutator) {
    guard bytes.count > 128 else { return random.damage(&bytes, with: other) }
    var position = random.number(below: bytes.count - 64)
    if random.happens(oneIn: 2) {
      // From the next structure on.
      let signature = random.choice(signatures)
      let start = position
      while position < bytes.count - 64, position < start + 2_048,
        !bytes[position..<position + 4].elementsEqual(signature)
      {
        position += 1
      }
      position += 4 + random.number(below: 56)
    }
    switch random.number(below: 3) {
    case 0: bytes[position] = UInt8(random.number(below: 256))
    case 1: bytes[position] ^= 1 << UInt8(random.number(below: 8))
    default: bytes[position] = random.choice([0, 1, 2, 8, 0x7F, 0x80, 0xFF])
    }
    repairHeaders(&bytes)
  }

  /// Writes the checksum of every object header of version 2 again.
  private static func repairHeaders(_ bytes: inout [UInt8]) {
    for start in 0..<bytes.count - 16
    where bytes[start] == 0x4F && bytes[start + 1] == 0x48 && bytes[start + 2] == 0x44 {
      let flags = bytes[start + 5]
      let before = 6 + (flags & 0x20 != 0 ? 16 : 0) + (flags & 0x10 != 0 ? 4 : 0)
      let width = 1 << Int(flags & 3)
      guard width <= 4, start + before + 8 <= bytes.count else { continue }
      var size = 0
      for index in (0..<width).reversed() {
        size = size << 8 | Int(bytes[start + before + index])
      }
      let end = start + before + width + size
      guard end + 4 <= bytes.count else { continue }
      bytes.put(lookup3(Array(bytes[start..<end])), at: end)
    }
  }

  /// Bob Jenkins' hash, word by word; shares no code with the library.
  private static func lookup3(_ bytes: [UInt8]) -> UInt32 {
    var state = [UInt32](repeating: 0xDEAD_BEEF &+ UInt32(bytes.count), count: 3)
    func turned(_ x: UInt32, _ k: UInt32) -> UInt32 { x << k | x >> (32 - k) }
    var rest = bytes[...]
    func add(_ block: ArraySlice<UInt8>) {
      for (index, byte) in block.enumerated() {
        state[index / 4] &+= UInt32(byte) << UInt32(8 * (index % 4))
      }
    }
    while rest.count > 12 {
      add(rest.prefix(12))
      rest = rest.dropFirst(12)
      for (x, y, z, k) in [
        (0, 2, 1, 4), (1, 0, 2, 6), (2, 1, 0, 8), (0, 2, 1, 16), (1, 0, 2, 19), (2, 1, 0, 4),
      ] as [(Int, Int, Int, UInt32)] {
        state[x] = (state[x] &- state[y]) ^ turned(state[y], k)
        state[y] &+= state[z]
      }
    }
    guard !rest.isEmpty else { return state[2] }
    add(rest)
    for (x, y, k) in [
      (2, 1, 14), (0, 2, 11), (1, 0, 25), (2, 1, 16), (0, 2, 4), (1, 0, 14), (2, 1, 24),
    ] as [(Int, Int, UInt32)] {
      state[x] = (state[x] ^ state[y]) &- turned(state[y], k)
    }
    return state[2]
  }
}
