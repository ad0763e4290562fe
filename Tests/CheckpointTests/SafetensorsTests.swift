import Checkpoint
import TensorCore
import Testing

struct SafetensorsTests {
  @Test func readsWhatPyTorchWrote() throws {
    let file = try Safetensors(path: fixture("gru.safetensors"))
    #expect(file.metadata["torch"] == "2.15.0+cu132")
    #expect(file.arrays.count == 20)
    let weight = try file.array("weight_ih_l0")
    #expect(weight.shape == [3, 33])
    #expect(weight.elementType == .float32)
    #expect(weight.values(as: Float.self)?.count == 99)
    struct Configuration: Decodable, Equatable {
      var kind: String, hidden_size: Int, bias: Bool
    }
    let configuration = try file.json(Configuration.self, metadata: "config")
    #expect(configuration == Configuration(kind: "GRU", hidden_size: 1, bias: false))
  }

  /// The names are Å, U+00C5, and the angstrom sign, U+212B.
  @Test func namesOfOtherBytesAreOtherTensors() throws {
    let file = try ArrayFile(path: fixture("names.safetensors"))
    let names = file.names
    #expect(names.count == 2 && !names[0].utf8.elementsEqual(names[1].utf8))
    #expect(try names.map { try file.array($0).shape } == [[2], [3]])
    #expect(try file.arrays().count == 2)
    #expect(try Inspection(file).parameters.map(\.shape) == [[2], [3]])
  }

  @Test func readsEveryTypeThatPythonWrote() throws {
    let file = try Safetensors(path: fixture("types.safetensors"))
    #expect(file.arrays.count == 14 && file.metadata == ["quoted": "é\"\n"])
    for type in ElementType.allCases where type != .bfloat16 {
      let array = try file.array("\(type)")
      #expect(array.elementType == type && array.shape == [2, 3])
      #expect(array.floats == (type == .bool ? [0, 1, 1, 1, 1, 1] : [0, 1, 2, 3, 4, 5]))
    }
    #expect(try file.array("empty").shape == [0, 3])
    #expect(try file.array("scalar").tensor.scalar == 3.5)
  }

  @Test(.enabled(if: referenceDirectory != nil, "needs ../shared/reference"))
  func readsAndRewritesEveryReferenceFile() throws {
    let directory = try #require(referenceDirectory)
    var count = 0
    for folder in ["layers", "curves", "torch-model"] {
      for name in try fileNames(in: "\(directory)/\(folder)") where name.hasSuffix(".safetensors") {
        let file = try Safetensors(path: "\(directory)/\(folder)/\(name)")
        let copy = try Safetensors(bytes: file.encoded())
        #expect(!file.arrays.isEmpty && copy.arrays == file.arrays, "\(name)")
        #expect(copy.metadata == file.metadata, "\(name)")
        count += 1
      }
    }
    #expect(count == 36)
  }

  @Test func everyElementTypeAndShapeSurvives() throws {
    var (file, generator) = (Safetensors(metadata: ["format": "pt", "é\n": "\"x\\"]), SplitMix(4))
    for type in ElementType.allCases {
      for shape in [[], [0], [3], [2, 0, 5], [2, 3, 1]] {
        let bytes = (0..<shape.reduce(type.width, *)).map { _ in
          UInt8.random(in: 0...255, using: &generator)
        }
        file.arrays["\(type) \(shape)"] = StoredArray(
          elementType: type, shape: shape, bytes: bytes)
      }
    }
    let bytes = try file.encoded()
    let copy = try Safetensors(bytes: bytes)
    #expect(copy.arrays == file.arrays && copy.metadata == file.metadata)
    #expect(try copy.encoded() == bytes)
    let header = Int(bytes[0]) | Int(bytes[1]) << 8
    #expect((8 + header) % 64 == 0)
  }

  @Test func anEmptyFileIsAFile() throws {
    #expect(try Safetensors(bytes: Safetensors().encoded()).arrays.isEmpty)
  }

  @Test func numbersOfEveryTypeBecomeFloats() {
    func floats(_ type: ElementType, _ bytes: [UInt8]) -> [Float] {
      StoredArray(elementType: type, shape: [bytes.count / type.width], bytes: bytes).floats
    }
    // 1, -2, the largest, the smallest subnormal, infinity.
    #expect(
      floats(.float16, [0, 0x3C, 0, 0xC0, 0xFF, 0x7B, 1, 0, 0, 0x7C])
        == [1, -2, 65504, 0x1p-24, .infinity])
    #expect(floats(.float16, [0, 0x80]).map(\.bitPattern) == [0x8000_0000])
    #expect(floats(.float16, [1, 0xFE]).map(\.bitPattern) == [0xFFC0_2000])
    #expect(floats(.bfloat16, [0x80, 0x3F, 0, 0xC0]) == [1, -2])
    #expect(StoredArray([0.1, -1e300] as [Double]).floats == [0.1, -.infinity])
    #expect(StoredArray([-5, .max] as [Int64]).floats == [-5, 0x1p63])
    #expect(StoredArray([7, .max] as [UInt64]).floats == [7, 0x1p64])
    #expect(StoredArray([-5, 16_777_217] as [Int32]).floats == [-5, 16_777_216])
    #expect(StoredArray([5] as [UInt32]).floats == [5])
    #expect(StoredArray([-128] as [Int8]).floats == [-128])
    #expect(StoredArray([255] as [UInt8]).floats == [255])
    #expect(floats(.bool, [0, 1]) == [0, 1])
  }

  /// Headers that a less strict reader may accept, each with its error.
  @Test(arguments: [
    (#" {"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, "byte 8: expected '{'"),
    (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}x"#, "byte 61: text after the value"),
    (#"{"a":{"dtype":"U9","shape":[1],"data_offsets":[0,1]}}"#, "unknown element type U9"),
    (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}}"#, "unknown key"),
    (#"{"a":{"dtype":"U8","shape":[1]}}"#, "expected dtype, shape and two data_offsets"),
    (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}"#, "in rising order"),
    (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}"#, "more than 2 numbers"),
    (#"{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}"#, "expected a whole number"),
    (#"{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}"#, "expected a whole number"),
    (#"{"a":{"dtype":"U8","shape":[01],"data_offsets":[0,1]}}"#, "expected ',' or ']'"),
    (
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"#
        + #""a":{"dtype":"U8","shape":[0],"data_offsets":[1,1]}}"#, "duplicate key"
    ),
    (#"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#, "expected 0 bytes of data"),
    (#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#, "expected 2 bytes of data"),
    (
      #"{"a":{"dtype":"F8_E5M2","shape":[1],"data_offsets":[0,1]}}"#, "unknown element type F8_E5M2"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,1]}}"#,
      "a: expected 4 bytes for shape [1]"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#, "a: expected at byte 0 of the data"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[9223372036854775807,4],"data_offsets":[0,1]}}"#,
      "beyond any memory"
    ),
    (#"{"__metadata__":{"a":1}}"#, "expected a string"),
    (#"{"__metadata__":{"a":"\ud800"}}"#, "lone surrogate"),
    (#"[1]"#, "expected '{'"),
    (#""#, "expected '{'"),
  ])
  func refusesMalformedHeaders(header: String, message: String) {
    let bytes = little(UInt64(header.utf8.count)) + Array(header.utf8) + [0]
    let error = #expect(throws: CheckpointError.self) { try Safetensors(bytes: bytes) }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
  }

  @Test func refusesLengthsThatDoNotFit() {
    for length in [3, 1 << 40, UInt64.max] {
      let error = #expect(throws: CheckpointError.self) {
        try Safetensors(bytes: little(length) + [0x7B, 0x7D])
      }
      #expect(error?.description.contains("expected a header inside the 10 bytes") == true)
    }
    let error = #expect(throws: CheckpointError.self) { try Safetensors(bytes: [1, 2, 3]) }
    #expect(error?.description.contains("expected at least 8 bytes, found 3") == true)
  }

  @Test func everyTruncationOfAFileIsDetected() throws {
    var file = Safetensors(metadata: ["format": "pt"])
    file.arrays["w"] = StoredArray(normals(12, seed: 1), shape: [3, 4])
    let bytes = try file.encoded()
    for count in bytes.indices {
      #expect(throws: CheckpointError.self) { try Safetensors(bytes: Array(bytes[..<count])) }
    }
    #expect(throws: CheckpointError.self) { try Safetensors(bytes: bytes + [0]) }
  }
}
