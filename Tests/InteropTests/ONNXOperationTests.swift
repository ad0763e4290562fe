import Cells
import Checkpoint
import FileCore
import Foundation
import Interop
import Models
import TensorCore
import Testing

/// Recurrent operations of ONNX models against results of onnxruntime.
@Suite struct ONNXOperationTests {
  static let names: [String] = {
    let files = try? FileManager.default.contentsOfDirectory(atPath: fixture("onnx"))
    return (files ?? []).filter { $0.hasSuffix(".onnx") }.map { String($0.dropLast(5)) }.sorted()
  }()

  @Test(arguments: Self.names)
  func givesWhatOnnxruntimeGives(_ name: String) throws {
    let model = try GraphModel(ONNXModel(path: fixture("onnx/\(name).onnx")), file: name)
    let arrays = try Safetensors(path: fixture("onnx/operations.safetensors")).arrays
    var inputs: ExactDictionary<StoredArray> = [:]
    for input in model.inputs { inputs[input.name] = arrays["\(name)/\(input.name)"] }
    let outputs = try model(inputs)
    #expect(outputs.count == model.outputs.count)
    // Later calls run by a program for these shapes.
    for _ in 0..<2 { #expect(try model(inputs) == outputs) }
    for (key, found) in outputs {
      let expected = try #require(arrays["\(name)/\(key)"])
      expect(found.tensor, equals: expected.tensor, key)
    }
  }

  private func expect(_ found: Tensor, equals expected: Tensor, _ what: String) {
    #expect(found.shape == expected.shape, "\(what)")
    let worst = zip(found.scalars, expected.scalars).map { abs($0 - $1) }.max() ?? 0
    #expect(worst <= 1e-5, "\(what): \(worst)")
  }

  @Test func everyFixtureIsThere() { #expect(Self.names.count == 30) }

  /// Equivalent nodes become cells of the registry, so that models can be saved.
  @Test(arguments: [
    ("rnn", "RNN"), ("gru", "GRU"), ("gru-after", "GRU"), ("lstm", "LSTM"),
    ("lstm-coupled", "LSTM"),
    ("lstm-clip", "ONNXCell"), ("rnn-elu", "ONNXCell"),
  ])
  func usualSettingsBecomeUsualCells(_ name: String, _ cell: String) throws {
    let model = try ONNXModel(path: fixture("onnx/\(name).onnx"))
    let known = try GraphProgram.prepared(model, file: name).known
    let node = try #require(
      try RecurrentNode(model.graph.nodes[0], version: 14, known: known, file: name))
    #expect("\(type(of: node.cells[0]))" == cell)
  }

  /// Unsupported operations are refused by name.
  @Test(arguments: [
    ("clip", ONNXNode.Attribute.float(-1), "clip: expected a number above 0"),
    ("teapot", .integer(1), "teapot: the attribute is not supported"),
    ("direction", .text("sideways"), "direction: expected forward, reverse or bidirectional"),
    ("activations", .texts(["Sigmoid"]), "activations: expected 3 names"),
    ("activations", .texts(["Sigmoid", "Sine", "Tanh"]), "found Sine"),
    ("hidden_size", .integer(7), "expected 4 gates of 7 units"),
    ("input_forget", .integer(2), "input_forget: expected a whole number from 0 to 1"),
    ("layout", .integer(2), "layout: expected a whole number from 0 to 1"),
    ("direction", .text("bidirectional"), "W: expected 2 directions"),
  ])
  func whatHasNoEqualIsRefused(
    _ name: String, _ value: ONNXNode.Attribute, _ reason: String
  ) throws {
    var model = try ONNXModel(path: fixture("onnx/lstm.onnx"))
    model.graph.nodes[0].attributes[name] = value
    try expectRefused(model, reason)
  }

  @Test func brokenWeightsAreRefused() throws {
    let original = try ONNXModel(path: fixture("onnx/lstm.onnx"))
    var model = original
    model.graph.initializers.removeAll { $0.name == "R" }
    try expectRefused(
      model, "expected an input, the result of an earlier node or a constant, found R")
    model = original
    model.graph.initializers[0].array = StoredArray(
      [Float](repeating: 0, count: 6), shape: [1, 2, 3])
    try expectRefused(model, "expected 4 gates of 4 units")
    model = original
    model.graph.nodes[0].inputs += ["", "", "", "", "W", "W", "W"]
    try expectRefused(model, "more inputs than the operator has")
  }

  private func expectRefused(_ model: ONNXModel, _ reason: String) throws {
    do {
      _ = try GraphModel(model, file: "model.onnx")
      Issue.record("accepted: \(reason)")
    } catch {
      #expect("\(error)".contains(reason), "\(error)")
      #expect("\(error)".contains("LSTM operation"))
    }
  }
}
