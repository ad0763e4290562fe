import Checkpoint
import FileCore
import Testing

/// Files of h5py with superblocks of version 0, 2 and 3: groups of both kinds, every layout and filter.
struct HDF5FileTests {
  private func path(_ name: String) -> String { fixture("hdf5/\(name).h5") }

  private static let versions = ["version-0", "version-2", "version-3"]

  /// All datasets count from 0.
  @Test(arguments: HDF5FileTests.versions)
  func arraysHaveTheirNumbers(_ name: String) throws {
    let file = try HDF5File(path: path(name))
    let shapes: [String: [Int]] = [
      "dense/dense/kernel:0": [4, 5], "chunks/plain": [7, 5], "chunks/one": [3, 4],
      "chunks/all": [5, 3, 4], "chunks/line": [50], "scalar": [], "empty": [0, 3],
      "types/f2": [2, 3], "types/i8": [2, 3],
    ]
    for (name, shape) in shapes {
      let array = try file.array(name)
      #expect(array.shape == shape, "\(name)")
      let numbers = (0..<shape.reduce(1, *)).map { Float($0) }
      #expect(array.floats == numbers, "\(name)")
    }
    let elsewhere: Set<ElementType> = [.bfloat16, .bool, .int16, .uint16]
    for type in ElementType.allCases where !elsewhere.contains(type) {
      let first = type.description.prefix(1)
      let code = ["f", "u"].contains(first) ? first : "i"
      let array = try file.array("types/\(code)\(type.width)")
      #expect(array.elementType == type && array.floats == [0, 1, 2, 3, 4, 5])
    }
    #expect(
      try file.array("types/bool") == StoredArray(elementType: .bool, shape: [2], bytes: [0, 1]))
    #expect(try file.array("chunks/missing").floats == [Float](repeating: 2.5, count: 16))
    #expect(file.names.filter { $0.hasPrefix("many/") }.count == 30)
    #expect(try file.array("many/number29").floats == [0])
    #expect(try file.array("types/i2") == StoredArray([0, 1, 2] as [Int16]))
    for other in ["types/big", "types/text"] {
      #expect(!file.names.contains(other))
      #expect(message { _ = try file.array(other) }.contains("no such array of numbers"))
    }
  }

  @Test(arguments: HDF5FileTests.versions)
  func attributesAreTextsAndNumbers(_ name: String) throws {
    let file = try HDF5File(path: path(name))
    #expect(file.text("keras_version") == "2.2.0")
    #expect(file.texts("layer_names") == ["dense", "lstm_1"])
    #expect(file.attributes[""]?["units"] == .number("7.0"))
    #expect(file.texts("weight_names", of: "dense") == ["dense/kernel:0", "dense/é:0"])
    #expect(file.texts("backend", of: "dense") == ["one", "zwei"])
    #expect(file.texts("empty", of: "dense") == [])
    #expect(file.attributes["many"]?.count == 30)
    #expect(file.attributes["many"]?["attribute17"] == .number("17"))
  }

  @Test func otherContentCanComeFirst() throws {
    #expect(try HDF5File(path: path("block")).array("numbers").floats == [0, 1, 2])
    #expect(try ArrayFile(path: path("block")).names == ["numbers"])
  }

  @Test func otherFiltersAreRefusedByName() {
    #expect(
      message { _ = try HDF5File(path: path("refused")) }
        .contains("expected the filters deflate, shuffle and fletcher32, found filter 32000 (lzf)"))
  }

  @Test func anArrayFileIsRecognizedAndInspected() throws {
    let inspection = try Inspection(ArrayFile(path: path("version-0")), verifying: true)
    #expect(inspection.format == "HDF5 file")
    #expect(inspection.configuration.contains { $0.name == "keras_version" })
  }

  /// A `.keras` file is a zip archive around the weights.
  @Test func aKerasArchiveHasWeightsAndADescription() throws {
    let bytes = Pickle.zip([
      ("metadata.json", Array("{}".utf8)), ("config.json", Array(#"{"class_name":"A"}"#.utf8)),
      ("model.weights.h5", try readFile(path("version-0"))),
    ])
    let file = try KerasArchive(bytes: bytes)
    #expect(file.configuration.text == #"{"class_name":"A"}"#)
    #expect(try file.weights.array("chunks/plain").shape == [7, 5])
  }

  /// Any byte changed: refused, or read without a trap. Truncations are refused or give the same.
  @Test(arguments: HDF5FileTests.versions)
  func damageIsRefusedOrRead(_ name: String) throws {
    let original = try readFile(path(name))
    var generator = SplitMix(7)
    for _ in 0..<(isDeep ? 1_500 : 500) {
      var bytes = original
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        // Most of the structure is in bytes that are not zero.
        var index = Int.random(in: bytes.indices, using: &generator)
        while bytes[index] == 0, index > 0 { index -= 1 }
        bytes[index] = .random(in: 0...255, using: &generator)
      }
      if Bool.random(using: &generator) {
        bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator))
      }
      if case .violation(let violation) = Oracles.hdf5(bytes) { Issue.record("\(violation)") }
    }
  }

  /// The checksum of metadata in new files is verified.
  @Test func aChangedHeaderIsDamaged() throws {
    var bytes = try readFile(path("version-3"))
    let header = try #require(
      bytes.indices.first { $0 + 4 < bytes.count && bytes[$0..<$0 + 4].elementsEqual("OHDR".utf8) })
    bytes[header + 8] ^= 1
    #expect(message { _ = try HDF5File(bytes: bytes) }.contains("damaged: expected checksum"))
  }
}
