import Checkpoint
import Testing

/// A golden file of version 1, and the content that every later version must read from it.
struct GoldenFile: Sendable, CustomTestStringConvertible {
  var name: String
  var contents: Checkpoint
  /// The bytes for writing the golden file.
  var bytes: @Sendable () throws -> [UInt8]
  var path: String { fixture("version-1/\(name).rnnz") }
  var testDescription: String { name }

  private init(_ name: String, _ contents: Checkpoint, _ compression: Compression) {
    (self.name, self.contents) = (name, contents)
    bytes = { try contents.encoded(compression: compression) }
  }

  private init(_ name: String, _ contents: Checkpoint, crafted: CraftedFile) {
    (self.name, self.contents) = (name, contents)
    let bytes = crafted.bytes
    self.bytes = { bytes }
  }
}

extension GoldenFile {
  static let all: [GoldenFile] =
    Compression.allCases.map { GoldenFile("everything-\($0)", everything, $0) }
    + [
      GoldenFile("nothing", Checkpoint(), .fast), GoldenFile("names", names, .fast), later, plain,
      GoldenFile("short-integers", shortIntegers, .fast),
    ]

  /// Every element type but integers of 16 bits, every rank, section and kind; compressible and incompressible data; special numbers.
  private static var everything: Checkpoint {
    var (checkpoint, random) = (Checkpoint(), SplitMix(1))
    for type in ElementType.allCases where type != .int16 && type != .uint16 {
      for shape in [[], [0], [3, 0], [7], [40, 3], [2, 1, 2, 1, 2, 1, 2, 1]] {
        let bytes = (0..<shape.reduce(type.width, *)).map { _ in
          UInt8.random(in: 0...1, using: &random)
        }
        checkpoint.set(
          StoredArray(elementType: type, shape: shape, bytes: bytes), .model, "\(type) \(shape)")
      }
    }
    checkpoint.set(StoredArray(normals(600, seed: 2), shape: [20, 30]), .model, "normal")
    let pruned = normals(300, seed: 3).enumerated().map { $0.offset % 4 == 0 ? $0.element : 0 }
    checkpoint.set(StoredArray(pruned), .model, "pruned")
    checkpoint.set(StoredArray([Float](repeating: 0, count: 5000)), .optimizer, "exp_avg/normal")
    let noise = (0..<400).map { _ in UInt8.random(in: 0...255, using: &random) }
    checkpoint.set(StoredArray(noise), .data, "noise")
    let odd: [UInt32] = [
      0x8000_0000, 1, 0x807F_FFFF, 0x7F80_0000, 0xFF80_0000, 0x7FC0_0000, 0x7F80_0001, 0xFFC1_2345,
    ]
    checkpoint.set(StoredArray(odd.map { Float(bitPattern: $0) }), .carry, "odd numbers")
    checkpoint.set(StoredArray(Double(bitPattern: 0x7FF0_0000_0000_0001)), .trainer, "best")
    checkpoint.set(StoredArray(UInt64.max), .trainer, "step")
    let text =
      #"{"cell":"lstm","note":"déjà vu","sizes":[1,-2.5e3,true,null,{}],"\ud83d\ude42":""}"#
    checkpoint.set(.json(Array(text.utf8)), .init(.configuration, "model"))
    checkpoint.set(
      .json(Array(#"["\u00e9","\n"]"#.utf8)), .init(.tokenizer, "tokenizer"))
    checkpoint.set(bytes: Array("any bytes".utf8), .random, "state")
    checkpoint.set(bytes: [], .log, "empty")
    checkpoint.set(bytes: Array(repeating: 7, count: 300), .application(0), "first")
    checkpoint.set(bytes: [0], .application(127), "last")
    return checkpoint
  }

  /// Integers of 16 bits, of both signs, in arrays that are stored as they are and compressed.
  private static var shortIntegers: Checkpoint {
    var checkpoint = Checkpoint()
    checkpoint.set(StoredArray([-32768, -2, 0, 1, 32767] as [Int16]), .model, "int16")
    checkpoint.set(StoredArray([0, 1, 32768, 65535] as [UInt16]), .model, "uint16")
    checkpoint.set(StoredArray((0..<600).map { Int16($0 - 300) }, shape: [20, 30]), .data, "ramp")
    return checkpoint
  }

  /// Unusual valid names.
  private static var names: Checkpoint {
    let names = [
      "w", " ", "a b", "/", "..", "é", "e\u{301}", "漢字", "🙂", "\u{FFFD}", "\u{80}", "\"\\'",
      String(repeating: "n", count: 512), String(repeating: "é", count: 256),
    ]
    var checkpoint = Checkpoint()
    for (index, name) in names.enumerated() {
      checkpoint.set(StoredArray(Int64(index)), .model, name)
      checkpoint.set(StoredArray(Int64(-index)), .application(1), name)
    }
    return checkpoint
  }

  /// A file of a later minor version: with optional features, and a section that is not defined yet.
  private static var later: GoldenFile {
    var entry = CraftedEntry(Array(1...16))
    entry.section = 77
    var file = CraftedFile(entry)
    file.editPreamble = { bytes in
      bytes.put(UInt16(7), at: 10)
      bytes.put(UInt64.max, at: 48)
    }
    var contents = Checkpoint()
    contents.set(
      StoredArray(elementType: .float32, shape: [4], bytes: Array(1...16)), .init(rawValue: 77), "w"
    )
    return GoldenFile("later-minor-version", contents, crafted: file)
  }

  /// A file as another program may write it: compressed by zlib at its highest level, with and without the filter.
  private static var plain: GoldenFile {
    let floats = StoredArray([Float](repeating: 0.5, count: 100))
    var (first, second) = (CraftedEntry.compressed(floats.bytes), CraftedEntry(floats.bytes))
    first.name = Array("a".utf8)
    let planes = (0..<4).flatMap { plane in (0..<100).map { floats.bytes[4 * $0 + plane] } }
    second = .compressed(planes)
    (second.name, second.filter, second.rawChecksum) = (Array("b".utf8), 1, checksum(floats.bytes))
    var contents = Checkpoint()
    contents.set(floats, .model, "a")
    contents.set(floats, .model, "b")
    return GoldenFile("other-writer", contents, crafted: CraftedFile(first, second))
  }
}
