import Cells
import Datasets
import Models
import TensorCore

/// A text as a model reads it: what can be asked about its characters and the hidden units at them.
struct ReadText: Sendable {
  static let longest = 2_000

  private let model: LanguageModel
  private let tokenizer: any Tokenizer
  let tokens: [Int32]
  /// What each token stands for.
  let pieces: [String]
  /// The last layer's outputs, `T` rows of `units`.
  let outputs: [Float]
  let units: Int

  /// Reads the end of a text; characters that the model does not know are left out.
  ///
  /// - Throws: ``Refusal`` where no character is known.
  init(_ text: String, by saved: SavedLanguageModel) throws {
    model = saved.model
    let tokenizer = saved.tokenizer
    self.tokenizer = tokenizer
    tokens = Array(
      tokenizer.encode(text).filter { $0 != tokenizer.unknown }.suffix(Self.longest))
    guard !tokens.isEmpty else { throw Refusal("text: no character that the model knows") }
    pieces = tokens.map { tokenizer.vocabulary[Int($0)] }
    let output = model.outputs(of: model.embeddings(of: tokens))
    units = output.shape[2]
    outputs = output.scalars
  }

  // MARK: Surprise

  /// -ln p of each character, given those before it; 0 for the first.
  var surprise: [Double] {
    let logits = model.logits(of: Tensor(outputs, shape: [1, tokens.count, units]))
    let all = logSoftmax(logits).scalars
    let size = tokenizer.vocabulary.count
    return tokens.indices.map { index in
      index == 0 ? 0 : -Double(all[(index - 1) * size + Int(tokens[index])])
    }
  }

  /// The units' values at every character, unit by unit.
  var picture: BytePicture {
    BytePicture(
      (0..<units).flatMap { unit in tokens.indices.map { outputs[$0 * units + unit] } })
  }

  // MARK: Influence

  /// How much each earlier character moved the probability of the one at `index`: the norm of the exact gradient of the
  /// probability with respect to the character's embedding. Nearest `reach` characters.
  func influence(on index: Int, reach: Int = 300) throws -> (first: Int, norms: [Double]) {
    guard tokens.indices.contains(index), index > 0 else {
      throw Refusal("index: expected 1 to \(tokens.count - 1), found \(index)")
    }
    let first = max(0, index - reach)
    let input = model.embeddings(of: Array(tokens[first..<index]))
    let gradient = valueAndGradient(of: [input]) { inputs in
      let output = model.outputs(of: inputs[0]).at(-1, along: 1)
      return exp(-crossEntropy(model.logits(of: output), [tokens[index]]))
    }.gradients[0]
    let (size, values) = (gradient.shape[2], gradient.scalars)
    return (
      first,
      (0..<(index - first)).map { step in
        let row = values[step * size..<(step + 1) * size]
        return row.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      }
    )
  }

  // MARK: Neighbours

  /// The positions whose outputs are nearest to those at the end of a span, by the cosine, one in each neighbourhood.
  func nearest(to span: Range<Int>, count: Int = 8) throws -> [(index: Int, cosine: Double)] {
    guard !span.isEmpty, span.lowerBound >= 0, span.upperBound <= tokens.count else {
      throw Refusal("span: expected a part of 0..<\(tokens.count), found \(span)")
    }
    let marked = row(span.upperBound - 1)
    let all = tokens.indices.filter { !span.contains($0) }
      .map { (index: $0, cosine: cosine(marked, row($0))) }
      .sorted { ($0.cosine, $1.index) > ($1.cosine, $0.index) }
    var found: [(index: Int, cosine: Double)] = []
    for candidate in all where found.count < count {
      if found.allSatisfy({ abs($0.index - candidate.index) > 3 }) { found.append(candidate) }
    }
    return found
  }

  private func row(_ index: Int) -> ArraySlice<Float> {
    outputs[index * units..<(index + 1) * units]
  }

  private func cosine(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Double {
    var (product, first, second) = (0.0, 1e-30, 1e-30)
    for (x, y) in zip(a, b) {
      product += Double(x) * Double(y)
      first += Double(x) * Double(x)
      second += Double(y) * Double(y)
    }
    let cosine = product / (first * second).squareRoot()
    return cosine.isFinite ? cosine : -1
  }

  // MARK: Units with a meaning

  /// The units that follow something that can be read off the text, with their correlations.
  var followers: [Follower] {
    TextFeature.all.flatMap { feature -> [Follower] in
      let values = feature.values(pieces)
      let ranked = (0..<units).map { unit in
        let series = tokens.indices.map { Double(outputs[$0 * units + unit]) }
        return Follower(
          feature: feature.name, unit: unit, correlation: correlation(values, series))
      }
      return Array(
        ranked.filter { $0.correlation != 0 }
          .sorted { abs($0.correlation) > abs($1.correlation) }.prefix(3))
    }
  }

  struct Follower: Codable, Sendable {
    var feature: String
    var unit: Int
    var correlation: Double
  }
}

/// Pearson's correlation of two series; 0 where one of them is constant.
func correlation(_ a: [Double], _ b: [Double]) -> Double {
  let count = Double(a.count)
  let (meanA, meanB) = (a.reduce(0, +) / count, b.reduce(0, +) / count)
  var (product, first, second) = (0.0, 0.0, 0.0)
  for (x, y) in zip(a, b) {
    product += (x - meanA) * (y - meanB)
    first += (x - meanA) * (x - meanA)
    second += (y - meanB) * (y - meanB)
  }
  let result = product / (first * second).squareRoot()
  return result.isFinite ? result : 0
}
