import Requirements

/// How the next token is drawn from a model's logits.
///
/// Logits are divided by the temperature; of the distribution that they make, the `topK` most probable tokens
/// are kept, then of these the fewest whose probabilities reach `topP` together; the draw is from what is left.
///
/// Papers: A. Fan, M. Lewis and Y. Dauphin, Hierarchical neural story generation, ACL 2018 (top-k);
/// A. Holtzman et al., The curious case of neural text degeneration, ICLR 2020 (top-p).
public struct Sampler: Sendable, Hashable, Codable {
  /// 1 leaves the distribution as it is, less makes likely tokens likelier, 0 takes the likeliest: greedy.
  public var temperature: Double
  /// How many tokens may be drawn at most; all unless given.
  public var topK: Int?
  /// The probability that the tokens which may be drawn reach together; all of it unless given.
  public var topP: Double?

  /// Draws from the whole distribution unless told otherwise.
  public init(temperature: Double = 1, topK: Int? = nil, topP: Double? = nil) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
  }

  /// Always the likeliest token; of equals, the first.
  public static let greedy = Sampler(temperature: 0)

  /// Checks that every number is in its range.
  ///
  /// - Throws: ``InvalidSetting`` with the first number that is not.
  public func validate() throws(InvalidSetting) {
    guard temperature >= 0, temperature.isFinite else {
      throw InvalidSetting(
        "temperature", expected: "a number that is not negative", found: temperature)
    }
    if let topK, topK < 1 {
      throw InvalidSetting("top-k", expected: "a whole number above 0", found: topK)
    }
    if let topP, !(topP > 0 && topP <= 1) {
      throw InvalidSetting("top-p", expected: "a share above 0, at most 1", found: topP)
    }
  }

  /// Draws a token.
  ///
  /// - Parameters:
  ///   - logits: one for each token; those that are not finite are never drawn.
  ///   - excluded: a token that is never drawn, unless there is no other.
  ///   - generator: where chance comes from.
  public func token(
    from logits: [Float], excluding excluded: Int32? = nil,
    using generator: inout some RandomNumberGenerator
  ) -> Int32 {
    requireValid()
    guard let likeliest = likeliest(of: logits, excluding: excluded) else { return excluded ?? 0 }
    if temperature == 0 { return Int32(likeliest) }
    let share = Double(generator.next() >> 11) * 0x1p-53
    if topK == nil, topP == nil {
      return token(at: share, of: logits, likeliest: likeliest, excluding: excluded)
    }
    let candidates = candidates(logits, excluding: excluded)
    var left = share * candidates.reduce(0) { $0 + $1.weight }
    for candidate in candidates {
      left -= candidate.weight
      if left < 0 { return candidate.token }
    }
    return candidates[candidates.count - 1].token
  }

  /// Stops where a caller has not seen to it that the settings are in their ranges.
  func requireValid() {
    do throws(InvalidSetting) { try validate() } catch { failure("\(error)") }
  }

  /// The first of the likeliest tokens, if any may be drawn.
  private func likeliest(of logits: [Float], excluding excluded: Int32?) -> Int? {
    var best: Int?
    for index in logits.indices where logits[index].isFinite && excluded != Int32(index) {
      if let best, logits[best] >= logits[index] { continue }
      best = index
    }
    return best
  }

  /// The token at a share of the whole distribution, the tokens side by side in their order. Nothing is
  /// sorted and nothing allocated: this is done for every character that is written.
  private func token(
    at share: Double, of logits: [Float], likeliest: Int, excluding excluded: Int32?
  ) -> Int32 {
    let largest = logits[likeliest]
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: logits.count) { weights in
      var total = 0.0
      for index in logits.indices {
        let isAllowed = logits[index].isFinite && excluded != Int32(index)
        let weight =
          isAllowed ? exponential(Double(logits[index] - largest) / temperature) : 0
        weights.initializeElement(at: index, to: weight)
        total += weight
      }
      var left = share * total
      var last = likeliest
      for index in logits.indices where weights[index] > 0 {
        left -= weights[index]
        if left < 0 { return Int32(index) }
        last = index
      }
      return Int32(last)
    }
  }

  /// The tokens that may be drawn, the likeliest first, with weights in proportion to their probabilities.
  private func candidates(
    _ logits: [Float], excluding excluded: Int32?
  ) -> [(token: Int32, weight: Double)] {
    let allowed = logits.indices.filter { logits[$0].isFinite && excluded != Int32($0) }
    let sorted = allowed.sorted { (logits[$0], $1) > (logits[$1], $0) }
    guard let largest = sorted.first.map({ logits[$0] }) else { return [] }
    var candidates = sorted.prefix(topK ?? sorted.count).map { index in
      (token: Int32(index), weight: exponential(Double(logits[index] - largest) / temperature))
    }
    if let topP {
      let enough = topP * candidates.reduce(0) { $0 + $1.weight }
      var sum = 0.0
      let count = candidates.firstIndex { candidate in
        sum += candidate.weight
        return sum >= enough
      }
      if let count { candidates.removeSubrange((count + 1)...) }
    }
    return candidates
  }
}
