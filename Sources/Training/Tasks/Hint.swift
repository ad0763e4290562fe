/// A remark on settings that rarely do what one hopes, as a value: a program may add by which flag it is done.
public enum Hint: Hashable, Sendable, CustomStringConvertible {
  /// A plain RNN over more steps than it learns from.
  case plainCellOverManySteps(Int)
  /// Sequences that take long to learn from.
  case longSequences(steps: Int)
  /// More layers than help.
  case manyLayers(Int)
  /// A forecaster that reads what it should forecast.
  case forecasterReadsAhead
  /// A tagger that reads in one direction.
  case taggerReadsOneDirection

  /// One sentence, with what was measured.
  public var description: String {
    switch self {
    case .plainCellOverManySteps(let steps):
      "A plain RNN hardly learns over \(steps) steps: try an LSTM or a GRU, or at most 100."
    case .longSequences(let steps):
      "Sequences of \(steps) steps take long to learn from: try windows of some hundred steps that carry the state."
    case .manyLayers(let layers):
      "\(layers) layers train slowly and seldom read better than two or three."
    case .forecasterReadsAhead:
      "A forecaster that reads in both directions sees what it should forecast."
    case .taggerReadsOneDirection:
      "A tagger that reads in one direction must guess what a later word decides: try both directions."
    }
  }

  /// The hints for a recurrent model over sequences of a length.
  static func all(cell: String, layers: Int, steps: Int) -> [Hint] {
    var hints: [Hint] = []
    if cell == "rnn", steps > 100 {
      hints.append(.plainCellOverManySteps(steps))
    } else if steps > 1000 {
      hints.append(.longSequences(steps: steps))
    }
    if layers > 3 { hints.append(.manyLayers(layers)) }
    return hints
  }
}
