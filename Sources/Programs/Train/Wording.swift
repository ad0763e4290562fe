import Datasets
import ProgramsCore
import Training

extension Registry {
  /// Says that a name is that of an entry where a file has it too.
  func noteFile(named name: String) {
    guard entries.contains(where: { $0.name == name }), FileFormat(rawValue: name) == nil,
      FilePlace(name).isTaken
    else { return }
    Console.note("\(name) is a dataset of this program; the file of that name is ./\(name)\n")
  }
}

extension Hint {
  /// The hint as a sentence that names the flag.
  var advice: String {
    switch self {
    case .taggerReadsOneDirection:
      "A tagger that reads in one direction must guess what a later word decides: try --bidirectional."
    case .plainCellOverManySteps(let steps):
      "A plain RNN hardly learns over \(steps) steps: try --cell lstm or --cell gru, or at most 100."
    case .longSequences, .manyLayers, .forecasterReadsAhead: description
    }
  }
}

extension Advice {
  /// The advice as a flag; in words if there is no flag for it.
  var flag: String {
    switch self {
    case .learningRate(let rate):
      "a learning rate of \(Float(rate)) (--learning-rate \(Float(rate)))"
    case .clipping(let norm): "--clip \(Int(norm))"
    case .warmUp(let steps): "a warm-up (--schedule cosine:\(steps))"
    case .longerWarmUp, .scaledInputs: description
    }
  }
}

extension Divergence {
  /// One line with advice.
  var advised: String { "\(summary); try " + advice.map(\.flag).joined(separator: ", or ") }
}
