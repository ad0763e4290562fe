import Cells
import Checkpoint
import TensorCore
import Testing

/// Weights under the names of the programs that publish them are loaded by a map of names, and give the programs' numbers.
@Suite struct PublishedNameTests {
  /// Float32 through some hundred operations, relative to the largest output.
  private static let tolerance: Float = 2e-5

  /// A language model of blocks whose output layer may be tied to the embedding.
  private struct Writer: Module {
    var embedding: Embedding
    var layers: Recurrent
    var output: Linear?

    init(_ cell: some RecurrentCell, _ block: Recurrent.Block, isTied: Bool) {
      var options = Recurrent.Options()
      options.block = block
      embedding = Embedding(weight: Tensor(zeros: [7, 8]))
      layers = Recurrent(cell, inputSize: 8, hiddenSize: 8, layers: 2, options: options)
      output = isTied ? nil : Linear(inputSize: 8, outputSize: 7, bias: false)
    }

    mutating func visitParameters(_ visitor: inout ParameterVisitor) {
      visitor.visit("embedding", &embedding)
      visitor.visit("layers", &layers)
      if var output {
        visitor.visit("output", &output)
        self.output = output
      }
    }

    func callAsFunction(_ tokens: [Int32], shape: [Int]) -> Tensor {
      let y = layers(embedding(tokens, shape: shape)).output
      return affine(y, weight: output?.weight ?? embedding.weight, bias: nil)
    }
  }

  private static func mamba(epsilon: Double? = 1e-5) -> Writer {
    var block = Recurrent.Block()
    (block.feedForwardSize, block.epsilon) = (0, epsilon)
    return Writer(S6(inner: 16, states: 4, rank: 1), block, isTied: true)
  }

  private static func gla(epsilon: Double? = 1e-6) -> Writer {
    var block = Recurrent.Block()
    block.feedForwardSize = 24
    return Writer(
      GLA(heads: 2, keyWidth: 2, valueWidth: 4, rank: 3, epsilon: epsilon), block, isTied: false)
  }

  private static func nameInMamba(_ name: String) -> String? {
    if let match = name.wholeMatch(of: /backbone\.layers\.(\d+)\.mixer\.(.+)/) {
      return "layers.\(match.2)_l\(match.1)"
    }
    if let match = name.wholeMatch(of: /backbone\.layers\.(\d+)\.norm\.weight/) {
      return "layers.attn_norm.weight_l\(match.1)"
    }
    return switch name {
    case "backbone.embedding.weight": "embedding.weight"
    case "backbone.norm_f.weight": "layers.final_norm.weight_l1"
    default: nil
    }
  }

  private static func nameInGLA(_ name: String) -> String? {
    if let match = name.wholeMatch(of: /model\.layers\.(\d+)\.(?:attn\.)?(.+)/) {
      return "layers.\(match.2)_l\(match.1)"
    }
    return switch name {
    case "model.embeddings.weight": "embedding.weight"
    case "model.norm.weight": "layers.final_norm.weight_l1"
    case "lm_head.weight": "output.weight"
    default: name
    }
  }

  private func file(_ name: String) throws -> ArrayFile {
    try ArrayFile(path: fixture("published-names/\(name)"))
  }

  /// The largest difference from the published program's outputs, relative to the largest of them.
  private func difference(_ outputs: Tensor, of name: String) throws -> Float {
    let expected = try file("outputs.safetensors").array(name).tensor
    try #require(outputs.shape == expected.shape)
    let scale = expected.scalars.reduce(0) { max($0, abs($1)) }
    return zip(outputs.scalars, expected.scalars).reduce(0) { max($0, abs($1.0 - $1.1)) } / scale
  }

  private func difference(_ model: Writer, of name: String) throws -> Float {
    let tokens = try file("outputs.safetensors").array("tokens")
    let outputs = model(tokens.floats.map { Int32($0) }, shape: tokens.shape)
    return try difference(outputs, of: name)
  }

  @Test func aMambaGivesItsNumbers() throws {
    var model = Self.mamba()
    try file("mamba.pt").load(&model, parameter: Self.nameInMamba)
    #expect(try difference(model, of: "mamba") < Self.tolerance)
    // The embedding is as small as published ones are: what a norm adds shows.
    model = Self.mamba(epsilon: nil)
    try file("mamba.pt").load(&model, parameter: Self.nameInMamba)
    #expect(try difference(model, of: "mamba") > 10 * Self.tolerance)
  }

  @Test func aModelOfFlashLinearAttentionGivesItsNumbersFromHalfPrecision() throws {
    var model = Self.gla()
    try file("gla.pt").load(&model, parameter: Self.nameInGLA)
    #expect(try difference(model, of: "gla") < Self.tolerance)
    model = Self.gla(epsilon: nil)
    try file("gla.pt").load(&model, parameter: Self.nameInGLA)
    #expect(try difference(model, of: "gla") > 2 * Self.tolerance)
  }

  @Test func oneMixerOfManyIsLoaded() throws {
    var mixer = Recurrent(RWKV7(heads: 2, rank: 3), inputSize: 8, hiddenSize: 8)
    try file("rwkv7.pt").load(&mixer) { name in
      // The first layer has a value residual's parameters, which it does not use.
      name.wholeMatch(of: /blocks\.0\.att\.(?!v\d)(.+)/).map { "\($0.1)_l0" }
    }
    let x = try file("outputs.safetensors").array("x").tensor
    #expect(try difference(mixer(x).output, of: "rwkv7") < Self.tolerance)
  }

  @Test func everyErrorNamesFileArrayExpectedAndFound() throws {
    let path = fixture("published-names/mamba.pt")
    let cases: [(message: String, parameter: (String) -> String?)] = [
      (
        "embedding.weight: expected an array for this parameter of the model, found none",
        { _ in nil }
      ),
      (
        "backbone.layers.0.mixer.A_log: expected a parameter of this name in the model, found none",
        { $0.contains("A_log") ? $0 : nil }
      ),
      (
        "lm_head.weight: expected a parameter of the name output.weight in the model, found none",
        { $0 == "lm_head.weight" ? "output.weight" : Self.nameInMamba($0) }
      ),
      (
        "lm_head.weight: expected one array for the parameter embedding.weight, "
          + "found backbone.embedding.weight too",
        { $0 == "lm_head.weight" ? "embedding.weight" : Self.nameInMamba($0) }
      ),
      (
        "backbone.layers.0.norm.weight: expected shape [16, 4] of the parameter layers.A_log_l0, "
          + "found [8]",
        { name in
          if name.hasSuffix("0.norm.weight") { return "layers.A_log_l0" }
          return name.hasSuffix("0.mixer.A_log") ? nil : Self.nameInMamba(name)
        }
      ),
    ]
    for (message, parameter) in cases {
      var model = Self.mamba()
      let before = model.parameters.first { $0.name == "embedding.weight" }?.value.scalars
      let error = #expect(throws: CheckpointError.self) {
        try file("mamba.pt").load(&model, parameter: parameter)
      }
      #expect(error?.description == "\(path): PyTorch state_dict (.pt): \(message)")
      let after = model.parameters.first { $0.name == "embedding.weight" }?.value.scalars
      #expect(after == before)
    }
  }

  /// Without a map names are the model's own, and what is around the cells does not change.
  @Test func ownNamesNeedNoMap() throws {
    var (model, copy, generator) = (Self.mamba(), Self.mamba(), Philox(seed: 4))
    model.initialize(using: &generator)
    try withTemporaryFile("own.safetensors") { path in
      var file = Safetensors()
      file.set(parametersOf: model)
      try file.save(to: path)
      try ArrayFile(path: path).load(&copy)
    }
    #expect(copy.parameters.map(\.value.scalars) == model.parameters.map(\.value.scalars))
  }
}
