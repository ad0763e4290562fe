import Checkpoint
import FileCore
import Foundation
import Interop
import Models
import Testing

/// Files of Keras that describe their model are graph models, with Keras' numbers.
@Suite struct KerasGraphTests {
  static let names: [String] = {
    let files = try? FileManager.default.contentsOfDirectory(atPath: fixture("keras-graphs"))
    return (files ?? []).filter { !$0.hasSuffix(".npz") }.sorted()
  }()

  /// The model of a file, as it comes back from a checkpoint.
  private func model(_ path: String) throws -> GraphModel {
    let converted = NSTemporaryDirectory() + UUID().uuidString + ".rnnz"
    defer { try? FileManager.default.removeItem(atPath: converted) }
    try ModelConversion(ArrayFile(path: path)).save(to: converted, as: .rnnz)
    return try SavedGraphModel(reading: CheckpointReader(path: converted)).model
  }

  @Test(arguments: Self.names)
  func givesWhatKerasGives(_ name: String) throws {
    let graph = try model(fixture("keras-graphs/\(name)"))
    let values = try ArrayFile(path: fixture("keras-graphs/values.npz"))
    let base = name.prefix { $0 != "." }.split(separator: "-2").joined()
    var inputs = ExactDictionary<StoredArray>()
    let given = values.names.filter { $0.hasPrefix("\(base)/in/") }.sorted()
    #expect(given.count == graph.inputs.count)
    for input in graph.inputs {
      // A model without an input layer of its own names its input itself.
      let key = given.first { $0.hasSuffix("/\(input.name)") } ?? given[0]
      inputs[input.name] = try values.array(key)
    }
    // Later calls run by a program for these shapes.
    let outputs = try graph(inputs)
    for _ in 0..<2 { #expect(try graph(inputs) == outputs) }
    for (number, output) in graph.outputs.enumerated() {
      let expected = try values.array("\(base)/out/\(number)")
      let found = try #require(outputs[output.name])
      #expect(found.shape == expected.shape, "\(output.name)")
      let worst = zip(found.floats, expected.floats).map { abs($0 - $1) }.max() ?? 0
      #expect(worst <= 2e-6, "\(output.name): \(worst)")
    }
  }

  /// A stateful model's states are those of a session: a sequence in two calls is the whole.
  @Test func statefulLayersCarryTheirStates() throws {
    let whole = try model(fixture("keras-graphs/padded-2.h5"))
    var bytes = [UInt8](
      try Data(contentsOf: URL(fileURLWithPath: fixture("keras-graphs/padded-2.h5"))))
    bytes.replace(Array(#""stateful": false"#.utf8), with: Array(#""stateful":  true"#.utf8))
    bytes.replace(Array(#""mask_zero": true"#.utf8), with: Array(#""mask_zero": null"#.utf8))
    let path = NSTemporaryDirectory() + UUID().uuidString + ".h5"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let stateful = try model(path)
    #expect(stateful.states.count == 5)
    let tokens = StoredArray([3, 7, 1, 9, 4, 2] as [Int64], shape: [1, 6])
    func call(_ session: inout GraphSession, _ tokens: StoredArray) throws -> [Float] {
      let name = try #require(stateful.inputs.first { $0.elementType == .int64 }).name
      let output = try #require(whole.outputs.first).name
      return try #require(try session.run([name: tokens])[output]).floats
    }
    var session = GraphSession(stateful)
    let first = try call(&session, tokens)
    #expect(try call(&session, tokens) != first)
    session.reset()
    #expect(try call(&session, tokens) == first)
    // Without a mask and from zeros a stateful model is the other one.
    #expect(first.count == 18)
    let input = try #require(whole.inputs.first).name
    let expected = try #require(try whole([input: tokens])[whole.outputs[0].name]).floats
    #expect(zip(first, expected).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test func everyFixtureIsThere() { #expect(Self.names.count == 23) }

  /// What is not supported is refused by the layer's name; the arrays can still be had.
  @Test(arguments: [
    (
      "\"SpatialDropout1D\"", "\"SpatialDropoutXD\"",
      "SpatialDropoutXD spatial_dropout1d: the layer is not supported"
    ),
    ("\"relu\"", "\"rulu\"", "Dense dense_1: activation: rulu is not supported"),
    ("\"concat\"", "\"concut\"", "Bidirectional bidirectional_1: merge_mode: concut"),
    (
      "\"BatchNormalization\"", "\"GroupNormalization\"",
      "GroupNormalization batch_normalization: the layer is not supported"
    ),
    ("\"axis\": -1", "\"axis\":  1", "axis: expected the last one, found [1]"),
  ])
  func whatIsNotSupportedIsRefusedByName(_ text: String, _ other: String, _ reason: String) throws {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: fixture("keras-graphs/classifier-2.h5")))
    var changed = bytes
    let place = try #require(changed.range(of: Data(text.utf8)))
    #expect(text.utf8.count == other.utf8.count)
    changed.replaceSubrange(place, with: Data(other.utf8))
    let path = NSTemporaryDirectory() + UUID().uuidString
    defer {
      for ending in [".h5", ".safetensors"] {
        try? FileManager.default.removeItem(atPath: path + ending)
      }
    }
    try changed.write(to: URL(fileURLWithPath: path + ".h5"))
    let error = #expect(throws: CheckpointError.self) { _ = try model(path + ".h5") }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    try ModelConversion(ArrayFile(path: path + ".h5")).save(
      to: path + ".safetensors", as: .safetensors)
    #expect(try Safetensors(path: path + ".safetensors").arrays.count > 10)
  }
}
