import Checkpoint
import Foundation
import Testing

@Suite(.enabled(if: Peers.areInstalled, Peers.comment)) struct SafetensorsPeerTests {
  /// Python reads our file and writes it again; every bit is equal, for any numbers.
  @Test func pythonsPackageReadsAndWritesOurBits() throws {
    var file = Safetensors(metadata: ["format": "pt", "text": "é\n\"\\"])
    var generator = SystemRandomNumberGenerator()
    for type in ElementType.allCases {
      for shape in [[], [0], [5], [3, 2, 4], [2, 0, 3]] {
        let bytes = (0..<shape.reduce(type.width, *)).map { _ in
          type == .bool ? UInt8.random(in: 0...1) : .random(in: 0...255, using: &generator)
        }
        file.arrays["\(type) \(shape)"] = StoredArray(
          elementType: type, shape: shape, bytes: bytes)
      }
    }
    let special: [Float] = [.nan, -.nan, .signalingNaN, .infinity, -0.0, .leastNonzeroMagnitude]
    file.arrays["special"] = StoredArray(special)
    try withTemporaryDirectory { directory in
      let (ours, theirs) = (directory + "/ours.safetensors", directory + "/theirs.safetensors")
      try file.save(to: ours)
      _ = try Peers.run("rewrite_safetensors.py", ours, theirs)
      let back = try Safetensors(path: theirs)
      #expect(back.arrays == file.arrays)
      #expect(back.metadata == file.metadata)
    }
  }
}
