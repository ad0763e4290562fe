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
}
