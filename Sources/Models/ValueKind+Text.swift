import Datasets

extension ValueKind {
  /// The columns of numbers; none for IDs.
  package var columns: [Column] {
    switch self {
    case .features(let columns), .vector(let columns): columns
    case .text, .symbols, .label: []
    }
  }

  /// Tokens as text.
  package func text(of tokens: [Int32]) -> String {
    switch self {
    case .text(let tokenizer): return tokenizer.decode(tokens.filter { $0 >= 0 })
    case .symbols(let names), .label(let names):
      let words = tokens.map { $0 < 0 ? "_" : names.name(of: $0) }
      return words.joined(separator: words.allSatisfy { $0.count == 1 } ? "" : " ")
    case .features, .vector: return ""
    }
  }

  /// A value as text: text, names, or numbers in their original scale.
  package func text(of value: SampleValue) -> String {
    switch value {
    case .tokens(let ids): return text(of: ids)
    case .label(let id): return text(of: [id])
    case .vector(let numbers): return numbersText(numbers)
    case .features(let sequence):
      return (0..<sequence.count).map { numbersText(Array(sequence[$0])) }.joined(separator: "; ")
    }
  }

  private func numbersText(_ numbers: [Float]) -> String {
    zip(numbers, columns).map { number, column in
      let value = column.shownNumber(of: number)
      return abs(value) < 0.1 ? value.significant : value.text(4)
    }.joined(separator: ", ")
  }
}

extension BatchValue {
  /// The value of one sample, without padding.
  package func value(of row: Int) -> SampleValue {
    switch self {
    case .tokens(let padded):
      return .tokens(
        (0..<padded.lengths[row]).map { padded.ids[$0 * padded.batchSize + row] })
    case .features(let padded):
      let values = (0..<padded.lengths[row]).flatMap { step in
        let start = (step * padded.batchSize + row) * padded.width
        return padded.values[start..<start + padded.width]
      }
      return .features(FeatureSequence(values, width: padded.width))
    case .labels(let ids): return .label(ids[row])
    case .vectors(let values, let width):
      return .vector(Array(values[row * width..<(row + 1) * width]))
    }
  }
}
