import Checkpoint
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

  @Test(.enabled(if: referenceDirectory != nil, "needs ../shared/reference"))
  func readsEveryReferenceFile() throws {
    let directory = try #require(referenceDirectory)
    var count = 0
    for folder in ["layers", "curves", "torch-model"] {
      for name in try fileNames(in: "\(directory)/\(folder)") where name.hasSuffix(".safetensors") {
        let file = try Safetensors(path: "\(directory)/\(folder)/\(name)")
        #expect(!file.arrays.isEmpty, "\(name)")
        count += 1
      }
    }
    #expect(count == 36)
  }
}
