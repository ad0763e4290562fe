import Datasets
import FileCore
import Foundation
import Testing

/// The files beside these tests.
enum Fixture {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
  private static let package = folder.deletingLastPathComponent().deletingLastPathComponent()

  static let excerpt = folder.appending(path: "Fixtures/excerpt.txt").path()

  /// GPT-2's two files, of a small vocabulary.
  static let bytePairs = folder.appending(path: "Fixtures/byte-pairs").path()

  /// Files as found in practice.
  static let reading = folder.appending(path: "Fixtures/reading").path()

  /// Optional larger reference data beside the package.
  static func shared(_ path: String) -> String {
    package.deletingLastPathComponent().appending(path: "shared/\(path)").path()
  }

  static func hasShared(_ path: String) -> Bool {
    FileManager.default.isReadableFile(atPath: shared(path))
  }

  /// Runs a test with the path of a temporary file of these bytes.
  static func withFile(_ bytes: [UInt8], _ test: (String) throws -> Void) throws {
    let name = "datasets-\(UInt64.random(in: 0 ... .max)).txt"
    let url = FileManager.default.temporaryDirectory.appending(path: name)
    try Data(bytes).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    try test(url.path())
  }
}

/// A temporary folder of files.
func withFolder(_ files: [String: [UInt8]], _ test: (String) throws -> Void) throws {
  let url = FileManager.default.temporaryDirectory
    .appending(path: "datasets-\(UInt64.random(in: 0 ... .max))")
  defer { try? FileManager.default.removeItem(at: url) }
  for (name, bytes) in files {
    let file = url.appending(path: name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
  }
  try test(url.path())
}

/// A temporary folder with one file; the test gets the file's path.
func withFile(_ name: String, _ text: String, _ test: (String) throws -> Void) throws {
  try withFolder([name: Array(text.utf8)]) { try test("\($0)/\(name)") }
}

/// All samples of a source, read `limit` at a time.
func samples(of source: any SampleSource, limit: Int = 3) throws -> [Sample] {
  var (place, all) = (SamplePlace(), [Sample]())
  while true {
    let more = try source.samples(from: &place, limit: limit)
    if more.isEmpty { return all }
    #expect(more.count <= limit)
    all += more
  }
}

/// The CRC-32 of some tokens as little-endian 32-bit integers.
func digest(_ tokens: [Int32]) -> UInt32 {
  var crc = CRC32()
  for token in tokens {
    crc.update((0..<4).map { UInt8(truncatingIfNeeded: token >> ($0 * 8)) })
  }
  return crc.value
}

/// Random text from all planes: control characters, combining marks, emoji, unassigned scalars.
func randomText(_ count: Int, using generator: inout SplitMix64) -> String {
  let ceilings = [0x80, 0x300, 0x3000, 0x1_0000, 0x11_0000]
  var text = String.UnicodeScalarView()
  while text.count < count {
    let ceiling = ceilings[generator.draw(below: ceilings.count)]
    guard let scalar = Unicode.Scalar(UInt32(generator.draw(below: ceiling))) else { continue }
    text.append(scalar)
  }
  return String(text)
}

/// Whether two texts are equal byte by byte; `==` of `String` is more lenient.
func sameBytes(_ left: String, _ right: String) -> Bool {
  left.utf8.elementsEqual(right.utf8)
}
