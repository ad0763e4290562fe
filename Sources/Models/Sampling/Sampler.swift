import Requirements

/// How the next token is sampled from a model's logits.
///
/// Logits are divided by the temperature. Of their softmax, the `topK` most probable tokens are kept, then of these
/// the fewest whose probabilities sum to at least `topP`. One of the remaining tokens is sampled.
///
/// Papers: A. Fan, M. Lewis and Y. Dauphin, Hierarchical neural story generation, ACL 2018 (top-k);
/// A. Holtzman et al., The curious case of neural text degeneration, ICLR 2020 (top-p).
public struct Sampler: Sendable, Hashable, Codable {
  /// The temperature: 1 keeps the distribution, less makes likely tokens likelier, 0 is greedy.
  public var temperature: Double
  /// The number of most probable tokens that are kept; nil for all.
  public var topK: Int?
  /// The total probability of the tokens that are kept; nil for all.
  public var topP: Double?

  /// A sampler with the given options; by default from the whole distribution.
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

  /// Samples a token.
  ///
  /// - Parameters:
  ///   - logits: one for each token; tokens with a logit that is not finite are never sampled.
  ///   - excluded: a token that is never sampled, unless there is no other.
  ///   - generator: the random generator.
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

  /// The tokens that can be sampled with their probabilities, the likeliest first.
  package func distribution(
    of logits: [Float], excluding excluded: Int32? = nil
  ) -> [(token: Int32, probability: Double)] {
    requireValid()
    guard let likeliest = likeliest(of: logits, excluding: excluded) else { return [] }
    if temperature == 0 { return [(Int32(likeliest), 1)] }
    let kept = candidates(logits, excluding: excluded)
    let total = kept.reduce(0) { $0 + $1.weight }
    return kept.map { ($0.token, $0.weight / total) }
  }

  /// Stops where a caller has not seen to it that the settings are in their ranges.
  func requireValid() {
    do throws(InvalidSetting) { try validate() } catch { failure("\(error)") }
  }

  /// The first of the likeliest tokens; nil if none is allowed.
  private func likeliest(of logits: [Float], excluding excluded: Int32?) -> Int? {
    let excluded = excluded.map { Int($0) } ?? -1
    var best: Int?
    var largest = -Float.infinity
    for index in logits.indices {
      let logit = logits[index]
      if logit > largest, logit < .infinity, index != excluded { (best, largest) = (index, logit) }
    }
    return best
  }

  /// The token whose interval of the cumulative distribution contains `share`. Without sorting and heap allocation,
  /// since it runs for every generated token.
  private func token(
    at share: Double, of logits: [Float], likeliest: Int, excluding excluded: Int32?
  ) -> Int32 {
    let (largest, excluded) = (logits[likeliest], excluded.map { Int($0) })
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: logits.count) { weights in
      var total = 0.0
      for (index, logit) in logits.enumerated() {
        let isAllowed = logit.isFinite && index != excluded
        let weight = isAllowed ? exponential(Double(logit - largest) / temperature) : 0
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

  /// The tokens that are kept, the likeliest first, with weights proportional to their probabilities.
  private func candidates(
    _ logits: [Float], excluding excluded: Int32?
  ) -> [(token: Int32, weight: Double)] {
    let allowed = logits.indices.filter { logits[$0].isFinite && excluded != Int32($0) }
    let sorted = allowed.sorted {
      logits[$0] == logits[$1] ? $0 < $1 : logits[$0] > logits[$1]
    }
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
