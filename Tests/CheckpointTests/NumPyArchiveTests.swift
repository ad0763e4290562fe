import Checkpoint
import Testing

struct NumPyArchiveTests {
  private func path(_ name: String) -> String { fixture("torch/" + name) }

  /// Every element type, both orders of the axes, scalars and empty arrays, stored and compressed.
  @Test(arguments: ["stored.npz", "deflated.npz"])
  func arraysAreTheirSafetensors(_ name: String) throws {
    let file = try NumPyArchive(path: path(name))
    let expected = try Safetensors(path: path("numpy.safetensors"))
    #expect(Set(file.names) == Set(expected.arrays.keys))
    for name in file.names { #expect(try file.array(name) == expected.array(name), "\(name)") }
  }

  @Test func integersOf16BitsKeepTheirSign() throws {
    let file = try NumPyArchive(path: path("short.npz"))
    let signed: [Int16] = [-32768, -2, 0, 1, 32767]
    let unsigned: [UInt16] = [0, 1, 32768, 65535]
    #expect(try file.array("int16") == StoredArray(signed))
    #expect(try file.array("uint16") == StoredArray(unsigned))
    #expect(try file.array("int16").floats == signed.map { Float($0) })
    #expect(try file.array("uint16").doubles == unsigned.map { Double($0) })
    #expect(try file.array("int16").statistics.minimum == -32768)
    let copy = try NumPyArchive(
      bytes: NumPyArchive.encoded(["int16": StoredArray(signed), "uint16": StoredArray(unsigned)]))
    #expect(try copy.array("int16") == file.array("int16"))
    #expect(try copy.array("uint16") == file.array("uint16"))
  }

  /// A file of one array is a file of arrays: its own, under the file's name.
  @Test func aSingleArrayIsInspected() throws {
    let array = StoredArray([1, -2], shape: [2])
    let directory = try TemporaryDirectory()
    let path = "\(directory.path)/x.npy"
    try array.saveNumPy(to: path)
    let file = try ArrayFile(path: path)
    #expect(file.names == ["x"])
    #expect(try file.array("x") == array)
    #expect(message { _ = try file.array("y") }.contains("no such array"))
    #expect(try Inspection(file, verifying: true).parameters.map(\.shape) == [[2]])
  }

  @Test func pythonsObjectsAndOtherByteOrdersAreRefused() throws {
    let objects = try NumPyArchive(path: path("objects.npz"))
    #expect(message { _ = try objects.array("objects") }.contains("found '|O'"))
    let big = try NumPyArchive(path: path("big-endian.npz"))
    #expect(message { _ = try big.array("numbers") }.contains("found '>f4'"))
    #expect(message { _ = try big.array("teapot") }.contains("no such array"))
    #expect(
      message { _ = try NumPyArchive(path: path("views.pt")) }.contains("expected a NumPy array"))
  }

  /// Bytes changed at random: refused, or the same arrays.
  @Test func damageIsRefusedOrHarmless() throws {
    let original = try readFile(path("deflated.npz"))
    let arrays = try contents(original)
    var generator = SplitMix(3)
    for _ in 0..<5_000 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let index = Int.random(in: bytes.indices, using: &generator)
        bytes[index] = .random(in: 0...255, using: &generator)
      }
      do {
        let found = try contents(bytes)
        // Names are stored twice and compared; everything else is protected by checksums.
        for (name, array) in found { #expect(arrays[name] == array, "\(name)") }
      } catch is CheckpointError {}
    }
    for count in original.indices {
      #expect(throws: CheckpointError.self) { try contents(Array(original[..<count])) }
    }
  }

  /// Wrong headers in archives with correct checksums.
  @Test(arguments: [
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "expected numbers for shape [2]"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1, }", "header"),
    ("{'descr': '<f4', 'fortran_order': False, }", "expected descr"),
    ("{'descr': '<f4', 'fortran_order': 3, 'shape': (1,), }", "expected True or False"),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }",
      "expected numbers for shape"
    ),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
      "whole numbers"
    ),
    ("{'descr': '<f4', 'descr': '<f4', 'shape': (1,), }", "stands there twice"),
    ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "header"),
    ("", "header"),
  ])
  func headersThatLieAreRefused(_ header: String, _ reason: String) throws {
    let content =
      [0x93] + Pickle.bytes("NUMPY\u{1}\u{0}") + little(UInt16(header.utf8.count))
      + Array(header.utf8) + [0, 0, 0, 0]
    let file = try NumPyArchive(bytes: Pickle.zip([("a.npy", content)]))
    #expect(
      message { _ = try file.array("a") }.contains(reason), "\(message { _ = try file.array("a") })"
    )
  }

  private func contents(_ bytes: [UInt8]) throws -> [String: StoredArray] {
    let file = try NumPyArchive(bytes: bytes)
    var arrays: [String: StoredArray] = [:]
    for name in file.names { arrays[name] = try file.array(name) }
    return arrays
  }
}
