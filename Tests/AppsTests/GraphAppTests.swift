import Checkpoint
import FileCore
import Foundation
import Models
import Testing

/// `convert` makes a graph model of an ONNX file, and `predict` runs it on arrays.
@Suite struct GraphAppTests {
  /// y = x + state, new = y.
  private func saveGraph(in directory: String) throws {
    var graph = ONNXGraph(name: "sum")
    let shape: [ONNXGraph.Value.Extent] = [.fixed(2)]
    graph.inputs = [.init("x", .float32, shape), .init("state", .float32, shape)]
    graph.nodes = [
      ONNXNode("Add", ["x", "state"], ["y"]), ONNXNode("Identity", ["y"], ["new"]),
    ]
    graph.outputs = [.init("y", .float32, shape), .init("new", .float32, shape)]
    try ONNXModel(graph).save(to: directory + "/sum.onnx")
  }

  private func convert(in directory: String) throws {
    try saveGraph(in: directory)
    let outcome = try Program("convert").run(
      "sum.onnx", "sum.rnnz", "--state", "state=new", in: directory)
    #expect(
      outcome.output == "sum.rnnz: graph: 2 nodes, x float32 [2], state float32 [2] to "
        + "y float32 [2], new float32 [2], states state from new, 0 numbers\n")
    #expect(outcome.status == 0, "\(outcome.error)")
  }

  /// A line is a call that goes on from the line before; an empty line starts again.
  @Test func linesAreCalls() throws {
    try withTemporaryDirectory { directory in
      try convert(in: directory)
      let outcome = try Program.shell(
        #"printf '[1, 2]\n{"x": [1, 0]}\n\n[0, 1]\n[1]\n[5, 5]\n' | predict --ckpt sum.rnnz"#,
        in: directory
      )
      #expect(
        outcome.output == #"{"y":[1.0,2.0]}"# + "\n" + #"{"y":[2.0,2.0]}"# + "\n"
          + #"{"y":[0.0,1.0]}"# + "\n" + #"{"y":[5.0,6.0]}"# + "\n")
      #expect(outcome.status == 1)
      #expect(
        outcome.error.contains(
          "standard input:5: sum.rnnz: ONNX model: input x: expected float32 [2], "
            + "found float32 of shape [1]"), "\(outcome.error)")
    }
  }

  /// A file of JSON holds the answer of every line.
  @Test func everyLineHasItsAnswerInAFile() throws {
    try withTemporaryDirectory { directory in
      try convert(in: directory)
      let outcome = try Program.shell(
        #"printf '[1, 2]\n[1, 0]\n' | predict --ckpt sum.rnnz --out out.json"#, in: directory)
      #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome.error)")
      let answers = try String(contentsOfFile: directory + "/out.json", encoding: .utf8)
      #expect(answers == #"{"y":[1.0,2.0]}"# + "\n" + #"{"y":[2.0,2.0]}"# + "\n")
    }
  }

  /// Arrays with an axis of calls, from and to files of NumPy.
  @Test func arraysComeFromFilesAndGoToFiles() throws {
    try withTemporaryDirectory { directory in
      try convert(in: directory)
      let frames = StoredArray([1, 2, 1, 0, 1, 1] as [Float], shape: [3, 2])
      try NumPyArchive.save(["x": frames], to: directory + "/in.npz")
      try frames.saveNumPy(to: directory + "/in.npy")
      let first = try Program("predict").run(
        "--ckpt", "sum.rnnz", "in.npz", "--out", "out.npz", in: directory)
      #expect(first.status == 0 && first.output.isEmpty, "\(first.error)")
      let results = try NumPyArchive(path: directory + "/out.npz")
      #expect(results.names == ["new", "y"])
      #expect(try results.array("y").floats == [1, 2, 2, 2, 3, 3])
      #expect(try results.array("new").floats == [3, 3])
      let second = try Program("predict").run(
        "--ckpt", "sum.rnnz", "in.npy", "--out", "out.npy", in: directory)
      #expect(second.status == 0, "\(second.error)")
      #expect(try StoredArray(numPyPath: directory + "/out.npy") == results.array("y"))
    }
  }

  @Test func wrongFlagsAreNamed() throws {
    try withTemporaryDirectory { directory in
      try saveGraph(in: directory)
      for (state, reason) in [
        ("state", "--state: expected INPUT=OUTPUT, found state"),
        ("x=z", "state x=z: expected an output, one of y, new"),
      ] {
        let outcome = try Program("convert").run(
          "sum.onnx", "sum.rnnz", "--state", state, in: directory)
        #expect(outcome.status != 0 && outcome.error.contains(reason), "\(outcome.error)")
      }
      try convert(in: directory)
      let text = try Program("generate").run("--ckpt", "sum.rnnz", in: directory)
      #expect(
        text.status == 1 && text.error.contains("expected a language model, found another"),
        "\(text.error)")
      let measured = try Program("evaluate").run("--ckpt", "sum.rnnz", in: directory)
      #expect(measured.status == 1 && measured.error.contains("holds a graph"))
      let out = try Program("predict").run(
        "--ckpt", "sum.rnnz", "--out", "out.txt", in: directory)
      #expect(out.error.contains("expected a name that ends with .npz, .npy or .json"))
    }
  }
}
