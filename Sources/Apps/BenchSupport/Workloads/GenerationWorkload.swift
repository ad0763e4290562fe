import Cells
import Datasets
import Models
import TensorCore

extension BenchmarkCase {
  /// A character model with random weights and a tokenizer of its vocabulary size.
  func savedModel() throws -> SavedLanguageModel {
    // Characters from U+4E00 on, which are harmless in a terminal; the tokenizer adds the unknown token.
    let characters = (0..<vocabularySize - 1).compactMap { Unicode.Scalar(0x4E00 + $0) }
    var model = try languageModel()
    model.packWeights()
    return SavedLanguageModel(model, CharacterTokenizer(characters: characters))
  }

  func generationWorkload() throws -> Workload {
    let saved = try savedModel()
    var text = saved.generation().makeIterator()
    var workload = Workload {
      for _ in 0..<50 { _ = text.next() }
    }
    workload.repetitions = 50
    let graphs = try graphs()
    workload.operations = operations(of: graphs, logitsFrom: graphs[0].outputSize)
    let numbers = graphs.reduce(0) { $0 + $1.parameterCount }
    let outputs = vocabularySize * (graphs[0].outputSize + 1)
    workload.bytesRead = bytesPerWeight * numbers + weights.bytesPerWeight * outputs
    return workload
  }

  /// The size of a packed weight on this machine in bytes.
  private var bytesPerWeight: Int {
    if weights != .float32 { return weights.bytesPerWeight }
    return precision.inUse == .medium ? 2 : 4
  }
}
