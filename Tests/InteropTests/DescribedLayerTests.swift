import Checkpoint
import FileCore
import Foundation
import Interop
import Models
import TensorCore
import Testing

/// Layers of described networks against PyTorch's numbers, and descriptions that cannot be right.
@Suite struct DescribedLayerTests {
  private func network(_ name: String, json: String? = nil) throws(CheckpointError)
    -> DescribedNetwork
  {
    let path = fixture("described/\(name)")
    let description =
      if let json {
        try NetworkDescription(json: json)
      } else {
        try NetworkDescription(path: path + ".json")
      }
    return try DescribedNetwork(description, weights: ArrayFile(path: path + ".pt"))
  }

  private func value(_ name: String) throws -> StoredArray {
    try ArrayFile(path: fixture("described/values.npz")).array(name)
  }

  private func expect(_ found: Tensor, equals name: String) throws {
    let expected = try value(name)
    #expect(found.shape == expected.shape)
    let worst = zip(found.scalars, expected.floats).map { abs($0 - $1) }.max() ?? 1
    #expect(worst <= 2e-6, "\(name): \(worst)")
  }

  @Test func tagsAreTheLikeliestTogether() throws {
    let tokens = try value("tagger/tokens")
    let outputs = try network("tagger")(
      .tokens(tokens.floats.map { Int32($0) }, shape: tokens.shape))
    try expect(outputs["scores"], equals: "tagger/scores")
    let tags = outputs["tags"]
    let best = tags.reshaped(to: [14, 4]).argmax()
    #expect(try best.map { Float($0) } == value("tagger/tags").floats)
    #expect(try best.map { Float($0) } != value("tagger/greedy").floats)
    #expect(tags.scalars.allSatisfy { $0 == 0 || $0 == 1 } && tags.sum().scalar == 14)
  }

  /// A network that reads tokens takes their numbers where the description has no texts for them.
  @Test func tokensMayBeNumbers() throws {
    let path = fixture("described/tagger")
    let network = try VectorNetwork(
      NetworkDescription(path: path + ".json"), weights: ArrayFile(path: path + ".pt"))
    let tokens = try value("tagger/tokens").tensor
    let expected = try value("tagger/tags").tensor
    for sample in 0..<2 {
      let found = try network.numbers(for: tokens.at(sample, along: 1))
      #expect(found.shape == [7, 4])
      #expect(found.argmax().map { Float($0) } == expected.at(sample, along: 1).scalars)
    }
    for (wrong, found) in [
      (Tensor([12]), "12.0"), (Tensor([-1]), "-1.0"), (Tensor([0.5]), "0.5"),
      (Tensor([.nan]), "nan"),
    ] {
      let error = #expect(throws: UnreadableInput.self) { try network.numbers(for: wrong) }
      #expect(error.map { "\($0)" } == "expected tokens from 0 to 11, found \(found)")
    }
    #expect(throws: UnreadableInput.self) { try network.numbers(for: Tensor(zeros: [3, 1])) }
  }

  @Test func residualNetworksAreThoseOfPyTorch() throws {
    let outputs = try network("residual")(.vectors(try value("residual/x").tensor))
    try expect(outputs["last"], equals: "residual/last")
  }

  /// Windows of several widths, each pooled, are put together whatever their steps.
  @Test func pooledConvolutionsAreJoined() throws {
    let joined = try network(
      "residual",
      json: """
        {"layers": [{"name": "one", "kind": "convolution", "prefix": "first."},
          {"name": "two", "kind": "convolution", "groups": 4, "prefix": "depth."},
          {"name": "a", "kind": "max", "reads": ["one"]}, {"name": "b", "kind": "mean", "reads": ["two"]},
          {"name": "both", "kind": "join", "reads": ["a", "b"]}]}
        """)
    let outputs = joined(.vectors(try value("residual/x").tensor))
    #expect(outputs["both"].shape == [2, 16])
    #expect(outputs["both"].scalars.suffix(8).elementsEqual(outputs["b"].scalars.suffix(8)))
  }

  /// A decoder starts from the states of a recurrent layer like its own.
  @Test func initialStatesFit() {
    func message(_ encoder: String, _ start: String) -> String? {
      let layers = """
        {"layers": [{"name": "rows", "kind": "embedding", "prefix": "embed."}, \(encoder)],
         "decoder": [{"name": "inputs", "kind": "embedding", "prefix": "embed."},
           {"name": "writer", "kind": "recurrent", "weights": {"input": "read.weight_ih_l0", "recurrent": "read.weight_hh_l0"},
            "initialState": "\(start)"}]}
        """
      do {
        _ = try network("tagger", json: layers)
        return nil
      } catch { return "\(error)" }
    }
    let both = #"{"name": "read", "kind": "recurrent", "isBidirectional": true, "prefix": "read."}"#
    let one =
      #"{"name": "read", "kind": "recurrent", "weights": {"input": "read.weight_ih_l0", "recurrent": "read.weight_hh_l0"}}"#
    #expect(message(one, "read") == nil)
    #expect(message(both, "read")?.contains("of shape [1, 1, 5], found") == true)
    #expect(
      message(one, "rows")?.contains("expected a recurrent layer of the encoder, found rows")
        == true)
  }

  /// Whatever a description says, it is run or refused: nothing stops the program.
  @Test(arguments: [
    (
      #"{"name": "last", "kind": "last"}, {"name": "again", "kind": "recurrent", "prefix": "lstm."}"#,
      "again: reads last: expected steps, found one vector"
    ),
    (
      #"{"name": "last", "kind": "max"}, {"name": "tags", "kind": "tags", "prefix": "crf."}"#,
      "tags: reads last: expected steps, found one vector"
    ),
    (
      #"{"name": "last", "kind": "mean"}, {"name": "both", "kind": "sum", "reads": ["one", "last"]}"#,
      "both: expected layers of the same steps"
    ),
    (
      #"{"name": "two", "kind": "convolution", "groups": 4, "prefix": "depth."}, "#
        + #"{"name": "both", "kind": "join", "reads": ["one", "two"]}"#,
      "both: expected layers of the same steps"
    ),
    (
      #"{"name": "both", "kind": "sum", "reads": ["one"]}"#,
      "both: expected layers to read, found 1"
    ),
    (
      #"{"name": "norm", "kind": "layerNorm", "prefix": "wide."}"#,
      "norm: scale: expected shape [8], found [6, 8]"
    ),
    (
      #"{"name": "norm", "kind": "batchNorm", "prefix": "wide."}"#,
      "norm: expected wide.running_mean"
    ),
    (
      #"{"name": "two", "kind": "convolution", "groups": 3, "prefix": "depth."}"#,
      "two: expected weights"
    ),
    (#"{"name": "tags", "kind": "tags", "prefix": "wide."}"#, "tags: expected wide.transitions"),
  ])
  func impossibleDescriptionsAreRefused(_ layers: String, _ reason: String) {
    let first = #"{"name": "one", "kind": "convolution", "prefix": "first."}"#
    let error = #expect(throws: CheckpointError.self) {
      _ = try network("residual", json: "{\"layers\": [\(first), \(layers)]}")
    }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }
}
