import Cells
import Checkpoint
import Datasets
import Downloads
import Foundation
import Interop
import Models

/// Runs the code of documentation pages that stands in no other example.
@main
struct PageCode {
  static func main() throws {
    var generator = Philox(seed: 1)
    wrapped(using: &generator)
    stacked(using: &generator)
    try savedAndRead()
    differentiated()
    try described()
    try published()
    try Sound.writtenAndRead()
    let report = checkGradients(of: FastMemory(), hiddenSize: 8)
    print("gradients of a cell with a matrix for a state:", report.passed ? "right" : "\(report)")
  }

  /// The page "Around the cell".
  static func wrapped(using generator: inout Philox) {
    let x = Tensor(zeros: [20, 32, 64])
    let starts = [[Int]](repeating: [0, 7, 14], count: 32)
    let lengths = (0..<32).map { 1 + $0 % 20 }

    var options = Recurrent.Options()
    options.layerSizes = [256, 128]
    options.connection = .residual
    options.recurrentDropout = 0.25
    options.zoneout = ["cell": 0.5, "hidden": 0.05]
    options.learnsInitialState = true
    let layer = Recurrent(
      LSTM(), inputSize: 64, hiddenSize: 128, layers: 3,
      direction: .bidirectional(merge: .mean), dropout: 0.1, options: options, using: &generator)

    let learned = layer(x, from: layer.zeroState(batch: 32), resets: starts, using: &generator)
    let predicted = layer(x, lengths: lengths)  // no dropout, no zoneout
    print("a wrapped layer's outputs:", learned.output.shape, predicted.output.shape)

    options.initialization = .keras
    options.initialization.blocks["bias_ih.f"] = .constant(1)
  }

  /// The page "Around the cell": stacks of blocks.
  static func stacked(using generator: inout Philox) {
    var options = Recurrent.Options()
    options.block = Recurrent.Block()
    let stack = Recurrent(
      GatedDeltaNet(), inputSize: 128, hiddenSize: 128, layers: 4, options: options,
      using: &generator)
    print("a stack of blocks:", stack(Tensor(zeros: [3, 1, 128])).output.shape)
  }

  /// The overview of Checkpoint.
  static func savedAndRead() throws {
    let configuration = Configuration(inputSize: 3, outputSize: 2)
    let model = Model(configuration)
    try save(model, configuration)
    let same = try read().weights.scalars == model.weights.scalars
    print("a model that is saved and read back:", same ? "the same" : "another one")
  }

  private static func save(_ model: Model, _ configuration: Configuration) throws {
    var checkpoint = Checkpoint()
    checkpoint.set(parametersOf: model)
    try checkpoint.setJSON(configuration, .configuration, "model")
    checkpoint.set(StoredArray(UInt64(1500)), .trainer, "step")
    try checkpoint.save(to: "model.rnnz")
  }

  private static func read() throws -> Model {
    let reader = try CheckpointReader(path: "model.rnnz")
    var model = Model(try reader.json(Configuration.self, .configuration, "model"))
    try reader.load(&model, nonFinite: .refused)
    return model
  }

  /// The overview of TensorCore.
  static func differentiated() {
    let model = Model(Configuration(inputSize: 3, outputSize: 2))
    let (x, targets): (Tensor, [Int32]) = (Tensor(zeros: [4, 3]), [0, 1, 1, 0])
    let (loss, gradients) = valueAndGradient(of: model) { model in
      crossEntropy(model(x), targets)
    }
    let update = model.updated(by: gradients)
    print("a loss falls:", crossEntropy(update(x), targets).scalar < loss.scalar)
  }

  /// The page "Bring weights".
  static func described() throws {
    let json = """
      {"layers": [
        {"name": "letters", "kind": "embedding", "prefix": "embed."},
        {"name": "read", "kind": "recurrent", "cell": "gru", "layers": 2, "prefix": "rnn."},
        {"name": "logits", "kind": "linear", "prefix": "fc."}
      ]}
      """
    let description = try JSONDecoder().decode(NetworkDescription.self, from: Data(json.utf8))
    let network = try DescribedNetwork(
      description, weights: ArrayFile(path: "Tests/InteropTests/Fixtures/torch-model/model.pt"))
    let outputs = network(.tokens([2, 17, 5, 3], shape: [4, 1]))
    print(outputs["logits"].shape)
  }

  /// The page about weights in 8 and 16 bits; not run here.
  static func smaller() throws -> SavedLanguageModel {
    var saved = try SavedLanguageModel(path: "model.rnnz")
    saved.model.encodeWeights(as: .int8)
    return saved
  }

  /// The overview of Downloads; not run, for it needs the network.
  static func downloaded() throws -> any Corpus {
    let cache = DownloadCache(environment: ProcessInfo.processInfo.environment)
    let corpus = try CorpusRegistry.downloading(to: cache).corpus("timemachine")
    return corpus
  }
}
