import Cells
import Datasets
import Models
import TensorCore

extension BenchmarkCase {
  /// A character model with random weights and the tokenizer of as many characters.
  func savedModel() throws -> SavedLanguageModel {
    // Characters without a meaning for a terminal, from U+4E00 on; the tokenizer adds one for the unknown.
    let characters = (0..<vocabularySize - 1).compactMap { Unicode.Scalar(0x4E00 + $0) }
    return SavedLanguageModel(
      try languageModel(), CharacterTokenizer(characters: characters))
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
    let weights = graphs.reduce(0) { $0 + $1.parameterCount }
    let outputs = vocabularySize * (graphs[0].outputSize + 1)
    workload.bytesRead = precision.bytesPerWeight * weights + 4 * outputs
    return workload
  }
}

extension Precision {
  /// Bytes that a packed weight takes on this machine.
  fileprivate var bytesPerWeight: Int { inUse == .medium ? 2 : 4 }
}
