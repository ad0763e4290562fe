import Checkpoint
import FileCore
import Foundation
import Interop
import TensorCore
import Testing

/// Weights are found by the names of their library; where one is missing, the error says the name that it should have.
@Suite struct DescribedNameTests {
  /// A recurrent layer and a linear one of a file with these names.
  private func output(
    _ names: [String: Tensor], _ layers: String
  ) throws(CheckpointError) -> [Float] {
    let path = NSTemporaryDirectory() + UUID().uuidString + ".npz"
    defer { try? FileManager.default.removeItem(atPath: path) }
    var arrays = ExactDictionary<StoredArray>()
    for (name, tensor) in names { arrays[name] = StoredArray(tensor) }
    try NumPyArchive.save(arrays, to: path)
    let network = try DescribedNetwork(
      NetworkDescription(json: "{\"layers\": [\(layers)]}"), weights: ArrayFile(path: path))
    let x = Tensor((0..<6).map { Float($0) / 6 }, shape: [3, 1, 2])
    return network(.vectors(x))["out"].scalars
  }

  private func keras(_ end: String) -> [String: Tensor] {
    func numbers(_ shape: [Int]) -> Tensor {
      Tensor((0..<shape.reduce(1, *)).map { Float($0 % 7) / 7 - 0.4 }, shape: shape)
    }
    return [
      "lstm/cell/kernel\(end)": numbers([2, 12]),
      "lstm/cell/recurrent_kernel\(end)": numbers([3, 12]),
      "lstm/cell/bias\(end)": numbers([12]), "dense/kernel\(end)": numbers([3, 2]),
      "dense/bias\(end)": numbers([2]),
    ]
  }

  private let layers = """
    {"name": "read", "kind": "recurrent", "convention": "keras", "prefix": "lstm/cell/"},
    {"name": "out", "kind": "linear", "convention": "keras", "prefix": "dense/"}
    """

  @Test func kerasNamesHaveANumberOrNone() throws {
    let (old, new) = (try output(keras(":0"), layers), try output(keras(""), layers))
    #expect(old == new && old.contains { $0 != 0 })
    var without = keras("")
    without["lstm/cell/bias"] = nil
    #expect(try output(without, layers) != new)
  }

  @Test func missingNamesAreThoseOfTheLibrary() throws {
    let renamed = Dictionary(uniqueKeysWithValues: keras("").map { ("model." + $0, $1) })
    let error = #expect(throws: CheckpointError.self) { try output(renamed, layers) }
    #expect(
      error?.description.contains(
        "read: expected lstm/cell/kernel in the file, found model.lstm/cell/kernel: the prefix lacks its beginning"
      )
        == true, "\(error?.description ?? "")")
    let torch = #expect(throws: CheckpointError.self) {
      try output(
        ["module.rnn.weight_ih_l0": Tensor(zeros: [8, 2])],
        #"{"name": "out", "kind": "recurrent", "prefix": "rnn."}"#)
    }
    #expect(
      torch?.description.contains(
        "expected rnn.weight_ih_l0 in the file, found module.rnn.weight_ih_l0")
        == true, "\(torch?.description ?? "")")
  }

  /// An array that can't be read does not matter beside the weights, and is named where it is one of them.
  @Test func arraysOfTextMatterOnlyWhereTheyAreMeant() throws {
    let path = NSTemporaryDirectory() + UUID().uuidString + ".npz"
    defer { try? FileManager.default.removeItem(atPath: path) }
    var bytes = try NumPyArchive.encoded([
      "weight": StoredArray(Tensor([1, 2], shape: [1, 2])), "note": StoredArray(Tensor([3, 4])),
    ])
    // Other elements under the same checksums are not looked at before the array is asked for.
    let code = Array("'descr': '<f4', 'fortran_order': False, 'shape': (2,)".utf8)
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: code) })
    bytes[place + 11] = UInt8(ascii: "U")
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    func network(_ name: String) throws -> DescribedNetwork {
      let layer = #"{"name": "out", "kind": "linear", "weights": {"weight": "\#(name)"}}"#
      return try DescribedNetwork(
        NetworkDescription(json: "{\"layers\": [\(layer)]}"), weights: ArrayFile(path: path))
    }
    let x = Tensor([5, 6], shape: [1, 1, 2])
    #expect(try network("weight")(.vectors(x))["out"].scalars == [17])
    #expect(throws: CheckpointError.self) { try network("note") }
  }
}
