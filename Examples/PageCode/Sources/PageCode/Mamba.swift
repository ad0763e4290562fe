import Cells
import Checkpoint
import Interop

/// Mamba: blocks without a feed-forward part, and the embedding again as the output layer.
struct Mamba: Module {
  var embedding = Embedding(weight: Tensor(zeros: [7, 8]))
  var layers: Recurrent

  init() {
    var options = Recurrent.Options()
    options.block = Recurrent.Block()
    options.block?.feedForwardSize = 0
    options.block?.epsilon = 1e-5
    layers = Recurrent(
      S6(inner: 16, states: 4, rank: 1), inputSize: 8, hiddenSize: 8, layers: 2, options: options)
  }

  mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("embedding", &embedding)
    visitor.visit("layers", &layers)
  }

  /// The logits of each next token.
  func callAsFunction(_ tokens: [Int32], shape: [Int]) -> Tensor {
    affine(layers(embedding(tokens, shape: shape)).output, weight: embedding.weight)
  }
}

/// The page "Bring weights": weights under published names.
extension PageCode {
  static func published() throws {
    var mamba = Mamba()
    let file = try ArrayFile(path: "Tests/InteropTests/Fixtures/published-names/mamba.pt")
    try file.load(&mamba) { name in
      if let match = name.wholeMatch(of: /backbone\.layers\.(\d+)\.mixer\.(.+)/) {
        return "layers.\(match.2)_l\(match.1)"
      }
      if let match = name.wholeMatch(of: /backbone\.layers\.(\d+)\.norm\.weight/) {
        return "layers.attn_norm.weight_l\(match.1)"
      }
      return switch name {
      case "backbone.embedding.weight": "embedding.weight"
      case "backbone.norm_f.weight": "layers.final_norm.weight_l1"
      default: nil  // lm_head.weight is the embedding
      }
    }
    print("logits of a Mamba:", mamba([2, 5, 3], shape: [3, 1]).shape)

    var mixer = Recurrent(RWKV7(heads: 2, rank: 3), inputSize: 8, hiddenSize: 8)
    let weights = try ArrayFile(path: "Tests/InteropTests/Fixtures/published-names/rwkv7.pt")
    try weights.load(&mixer) { name in
      name.wholeMatch(of: /blocks\.0\.att\.(?!v\d)(.+)/).map { "\($0.1)_l0" }
    }
    print("outputs of a mixer of RWKV-7:", mixer(Tensor(zeros: [3, 1, 8])).output.shape)
  }
}
