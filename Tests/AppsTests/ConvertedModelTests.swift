import Foundation
import Testing

/// What `convert` must not lose.
@Suite struct ConvertedModelTests {
  @Test func nothingIsReplacedOrLeftOutUnasked() throws {
    try withTemporaryDirectory { directory in
      let small = "--dataset tales:5000 --hidden 8 --batch-size 4 --steps 16 --max-steps 3"
      #expect(try Program.shell("train \(small) --threads 1", in: directory).status == 0)
      let url = URL(fileURLWithPath: directory + "/model.rnnz")
      let model = try Data(contentsOf: url)
      for (arguments, message) in [
        ("model.rnnz model.rnnz", "model.rnnz: expected another file than the one that is read"),
        (
          "model.rnnz ./model.rnnz --overwrite --model-only",
          "./model.rnnz: expected another file than the one that is read"
        ),
        (
          "model.rnnz copy.rnnz",
          "copy.rnnz: would leave out what training needs to go on from model.rnnz: --model-only does"
        ),
      ] {
        let outcome = try Program.shell("convert \(arguments)", in: directory)
        #expect(outcome.status == 1 && outcome.output.isEmpty)
        #expect(outcome.error == "Error: \(message)\n")
      }
      #expect(
        try Program.shell("convert model.rnnz copy.rnnz --model-only", in: directory).status == 0)
      let classifier =
        "train lab parity:5 --max-steps 1 --hidden 4 --batch-size 4 --out c.rnnz --threads 1"
      #expect(try Program.shell(classifier, in: directory).status == 0)
      let nameless = try Program.shell("convert c.rnnz c.safetensors", in: directory)
      #expect(
        nameless.error
          == "Error: c.safetensors: would leave out the names of what c.rnnz reads and answers: "
          + "--model-only does\n")
      #expect(
        try Program.shell("convert c.rnnz c.safetensors --model-only", in: directory).status == 0)
      // A model without its training still says what it was trained on, and how that is read.
      #expect(
        try Program.shell("convert c.rnnz alone.rnnz --model-only", in: directory).status == 0)
      let whole = try Program.shell("evaluate --ckpt c.rnnz", in: directory)
      #expect(try Program.shell("evaluate --ckpt alone.rnnz", in: directory).output == whole.output)
      let ended = try Program.shell("train --resume alone.rnnz", in: directory)
      #expect(
        ended.error
          == "Error: alone.rnnz: holds a model without its training, which cannot go on\n")
      let copy = try Data(contentsOf: URL(fileURLWithPath: directory + "/copy.rnnz"))
      let refused = try Program.shell("convert copy.rnnz model.rnnz", in: directory)
      #expect(
        refused.error
          == "Error: model.rnnz: a file is there already: --overwrite replaces it\n")
      #expect(try Data(contentsOf: url) == model)
      #expect(
        try Program.shell("convert copy.rnnz model.rnnz --overwrite", in: directory).status == 0)
      #expect(try Data(contentsOf: url) == copy)
    }
  }

  /// An ending says what a file is in capitals too.
  @Test func endingsMayBeCapitals() throws {
    try withTemporaryDirectory { directory in
      let small = "--dataset tales:5000 --hidden 8 --batch-size 4 --steps 16 --max-steps 1"
      #expect(try Program.shell("train \(small) --threads 1", in: directory).status == 0)
      for (name, kind) in [("A.ONNX", "ONNX model"), ("b.SafeTensors", "safetensors file")] {
        #expect(try Program.shell("convert model.rnnz \(name)", in: directory).status == 0)
        let shown = try Program.shell("inspect \(name)", in: directory)
        #expect(shown.output.hasPrefix("\(name): \(kind), "), "\(shown)")
      }
      let copied = try Program.shell("convert model.rnnz C.RNNZ --model-only", in: directory)
      #expect(copied.status == 0, "\(copied.error)")
    }
  }

  /// A model in 8 or 16 bits is used as it is, and is not trained.
  @Test(arguments: ["int8", "bf16"])
  func smallWeightsAreForUseAlone(_ format: String) throws {
    try withTemporaryDirectory { directory in
      func run(_ line: String) throws -> Program.Outcome {
        try Program.shell(line, in: directory)
      }
      let small = "--dataset tales:5000 --hidden 24 --batch-size 4 --steps 16 --max-steps 30"
      #expect(try run("train \(small) --threads 1").status == 0)
      let converted = try run("convert model.rnnz small.rnnz --weights \(format)")
      #expect(converted.status == 0, "\(converted.error)")
      #expect(converted.output.hasSuffix(", weights in \(format)\n"), "\(converted.output)")
      let inspected = try run("inspect small.rnnz --verify").output
      #expect(inspected.contains("weights in \(format)\n"), "\(inspected)")
      #expect(inspected.contains(format == "int8" ? " int8 " : " bfloat16 "), "\(inspected)")
      #expect(try run("generate --ckpt small.rnnz --length 20 --greedy").status == 0)

      let measured = try run("evaluate --ckpt small.rnnz --original model.rnnz")
      #expect(measured.output.contains("\nmodel.rnnz: loss "), "\(measured.output)")
      let json = try run("evaluate --ckpt small.rnnz --original model.rnnz --json").output
      let object = try #require(
        JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
      let loss = try #require(object["loss"] as? Double)
      let original = try #require(object["original loss"] as? Double)
      let change = try #require(object["change in percent"] as? Double)
      #expect(loss != original && abs(change - 100 * (loss / original - 1)) < 1e-6)
      #expect(abs(change) < 0.5)

      let refused = try run("train --resume small.rnnz")
      #expect(
        refused.error
          == "Error: small.rnnz: expected weights in float32, which alone can be trained, found "
          + "\(format)\n")
      #expect(
        try run("convert small.rnnz again.rnnz --weights float32").output.hasSuffix(" numbers\n"))
      #expect(
        try run("generate --ckpt again.rnnz --length 20 --greedy").output
          == run("generate --ckpt small.rnnz --length 20 --greedy").output)
      #expect(
        try run("convert small.rnnz small.onnx --weights int8").error.contains(
          "--weights: expected an output that ends with .rnnz, found small.onnx"))
    }
  }

  @Test func aSmallClassifierPredicts() throws {
    try withTemporaryDirectory { directory in
      func run(_ line: String) throws -> Program.Outcome {
        try Program.shell(line, in: directory)
      }
      let trained = try run(
        "train lab parity:5 --max-steps 5 --hidden 8 --batch-size 4 --out c.rnnz --threads 1")
      #expect(trained.status == 0, "\(trained.error)")
      #expect(try run("convert c.rnnz s.rnnz --weights int8").status == 0)
      let measured = try run("evaluate --ckpt s.rnnz --original c.rnnz")
      #expect(measured.status == 0 && measured.output.contains("\nc.rnnz: loss "))
    }
  }
}
