import Cells
import Checkpoint
import Datasets
import Models
import TensorCore
import Training

extension WrongCall {
  static let models = arrays + networks + answers

  private static let arrays = [
    WrongCall("bytes of another number", "3 bytes", "[2]") {
      _ = StoredArray(elementType: .float32, shape: [2], bytes: [1, 2, 3])
    },
    WrongCall("numbers of another number", "12 bytes", "[2]") {
      _ = StoredArray([1, 2, 3] as [Float], shape: [2])
    },
    WrongCall("section of no application", "0...127", "128") {
      _ = Checkpoint.Section.application(128)
    },
    WrongCall("series of no files", "0") { _ = CheckpointSeries(directory: ".", keepLast: 0) },
    WrongCall("checkpoint before the first step", "-1") {
      try CheckpointSeries(directory: "/nonexistent").save(Checkpoint(), step: -1, isBest: false)
    },
    WrongCall("file that is not there", "/nonexistent.rnnz") {
      _ = try CheckpointReader(path: "/nonexistent.rnnz")
    },
    WrongCall("array that is not there", "weight") {
      _ = try Safetensors(arrays: [:]).array("weight")
    },
  ]

  private static func model(hiddenSize: Int = 4, vocabularySize: Int = 5) throws -> LanguageModel {
    var configuration = ModelConfiguration(cell: try CellRegistry.standard.cell(named: "gru"))
    configuration.embeddingSize = 3
    configuration.hiddenSize = hiddenSize
    var generator = Philox(seed: 1)
    return LanguageModel(configuration, vocabularySize: vocabularySize, using: &generator)
  }

  private static let networks = [
    WrongCall("language model of no units", "0 hidden units") { _ = try model(hiddenSize: 0) },
    WrongCall("token outside of a model", "5", "[5, 3]") {
      let model = try Self.model()
      _ = model([5], shape: [1, 1], from: model.zeroState(batch: 1))
    },
    WrongCall("tokens of another number", "2", "[1, 3]") {
      let model = try Self.model()
      _ = model([0, 1], shape: [1, 3], from: model.zeroState(batch: 1))
    },
    WrongCall("tokens of rank 1", "rank 3", "[2, 3]") {
      let model = try Self.model()
      _ = model([0, 1], shape: [2], from: model.zeroState(batch: 1))
    },
    WrongCall("model from states of another batch", "[1, 2, 4]", "[1, 1, 4]") {
      let model = try Self.model()
      _ = model([0, 1], shape: [1, 2], from: model.zeroState(batch: 2))
    },
    WrongCall("cell of no name", "gru", "none such") {
      _ = try CellRegistry.standard.cell(named: "none such")
    },
    WrongCall("negative learning rate", "learning rate", "-1") {
      var settings = TrainingSettings()
      settings.learningRate = -1
      try settings.validate()
    },
  ]

  private static let answers = [
    WrongCall("temperature that is no number", "temperature", "nan") {
      var generator = Philox(seed: 1)
      _ = Sampler(temperature: .nan).token(from: [1, 2], using: &generator)
    },
    WrongCall("none of the likeliest tokens", "top-k", "above 0", "0") {
      var generator = Philox(seed: 1)
      _ = Sampler(topK: 0).token(from: [1, 2], using: &generator)
    },
    WrongCall("text from a sampler out of range", "top-p", "2.0") {
      _ = Generation(
        try model(), CharacterTokenizer("abcd"), sampler: Sampler(topP: 2))
    },
    WrongCall("answers of another number", "2", "1") {
      var matrix = ConfusionMatrix(classes: ["a", "b"])
      matrix.add(targets: [0, 1], answers: [0])
    },
    WrongCall("answer that is no class", "0..<2", "answer 2") {
      var matrix = ConfusionMatrix(classes: ["a", "b"])
      matrix.add(targets: [0], answers: [2])
    },
    WrongCall("count of no class", "0..<2", "-1") {
      _ = ConfusionMatrix(classes: ["a", "b"])[-1, 0]
    },
    WrongCall("errors of another number", "2", "1") {
      var errors = RegressionErrors()
      errors.add(targets: [1, 2], answers: [1])
    },
    WrongCall("numbers for another number of outputs", "3", "[2]") {
      _ = squaredError(Tensor([1, 2]), [1, 2, 3])
    },
  ]
}
