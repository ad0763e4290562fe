/// Remarks on settings that rarely do what one hopes, each one sentence, with what was measured.
enum Hint {
  /// The hints for a recurrent model over sequences of a length.
  static func all(cell: String, layers: Int, steps: Int) -> [String] {
    var hints: [String] = []
    if cell == "rnn", steps > 100 {
      hints.append(
        "A plain RNN hardly learns over \(steps) steps: try an LSTM or a GRU, or at most 100.")
    } else if steps > 1000 {
      hints.append(
        "Sequences of \(steps) steps take long to learn from: try windows of some hundred steps that carry the state."
      )
    }
    if layers > 3 {
      hints.append("\(layers) layers train slowly and seldom read better than two or three.")
    }
    return hints
  }
}
