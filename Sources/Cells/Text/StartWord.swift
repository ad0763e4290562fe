/// A word for how a parameter starts: its name, its numbers, and the ``Initialization`` that it is.
struct StartWord: Sendable {
  let name: String
  /// How many numbers it takes; ``anyCount`` for any number of them.
  let count: Int
  /// Whether it takes the name of a block instead.
  var isOfBlock = false
  /// The same in Swift, `$0` being the first number.
  let swift: String
  /// What its numbers have to be.
  var expected = "finite numbers"
  var suits: @Sendable ([Double]) -> Bool = { _ in true }
  let make: @Sendable ([Double]) -> Initialization
  /// The numbers of an initialization that is this word; nil if it is not.
  let find: @Sendable (Initialization) -> [Double]?

  /// The word of a number alone.
  static let constant = "constant"
  static let opposite = "opposite"
  static let anyCount = -1

  static let all: [StartWord] = [
    StartWord(
      name: constant, count: 1, swift: ".constant($0)", make: { .constant($0[0]) },
      find: { if case .constant(let value) = $0 { [value] } else { nil } }),
    range(
      "uniform", ".uniform", within: nil, { .uniform($0) },
      find: { if case .uniform(let range) = $0 { range } else { nil } }),
    StartWord(
      name: "normal", count: 1, swift: ".normal(deviation: $0)",
      expected: "a deviation that is not negative", suits: { $0[0] >= 0 },
      make: { .normal(deviation: $0[0]) },
      find: { if case .normal(let deviation) = $0 { [deviation] } else { nil } }),
    plain("xavier_uniform", .xavierUniform, ".xavierUniform"),
    plain("xavier_normal", .xavierNormal, ".xavierNormal"),
    plain("kaiming_uniform", .kaimingUniform, ".kaimingUniform"),
    plain("kaiming_normal", .kaimingNormal, ".kaimingNormal"),
    plain("lecun_uniform", .lecunUniform, ".lecunUniform"),
    plain("lecun_normal", .lecunNormal, ".lecunNormal"),
    StartWord(
      name: "orthogonal", count: 1, swift: ".orthogonal(gain: $0)",
      make: { .orthogonal(gain: $0[0]) },
      find: { if case .orthogonal(let gain) = $0 { [gain] } else { nil } }),
    StartWord(
      name: "identity", count: 1, swift: ".identity(scale: $0)",
      make: { .identity(scale: $0[0]) },
      find: { if case .identity(let scale) = $0 { [scale] } else { nil } }),
    range(
      "logit", ".logit", within: 0...1, { .logit($0) },
      find: { if case .logit(let range) = $0 { range } else { nil } }),
    range(
      "log_uniform", ".logUniform", within: 1e-300...1e30, { .logUniform($0) },
      find: { if case .logUniform(let range) = $0 { range } else { nil } }),
    range(
      "log_rate", ".logRate", label: "radius: ", within: 0...1, { .logRate(radius: $0) },
      find: { if case .logRate(let radius) = $0 { radius } else { nil } }),
    range(
      "softplus_rate", ".softplusRate", label: "radius: ", within: 0...1,
      { .softplusRate(radius: $0) },
      find: { if case .softplusRate(let radius) = $0 { radius } else { nil } }),
    range(
      "softplus_of_log_uniform", ".softplusOfLogUniform", within: 1e-300...1e30,
      { .softplusOfLogUniform($0) },
      find: { if case .softplusOfLogUniform(let range) = $0 { range } else { nil } }),
    StartWord(
      name: "values", count: anyCount, swift: ".values([$*])", make: { .values($0) },
      find: { if case .values(let values) = $0 { values } else { nil } }),
    StartWord(
      name: opposite, count: 0, isOfBlock: true, swift: ".opposite(ofBlock: $0)",
      make: { _ in .opposite(ofBlock: "") }, find: { _ in nil }),
  ]

  private static func plain(
    _ name: String, _ initialization: Initialization, _ swift: String
  ) -> StartWord {
    StartWord(
      name: name, count: 0, swift: swift, make: { _ in initialization },
      find: { $0 == initialization ? [] : nil })
  }

  private static func range(
    _ name: String, _ swift: String, label: String = "", within: ClosedRange<Double>?,
    _ make: @escaping @Sendable (ClosedRange<Double>) -> Initialization,
    find: @escaping @Sendable (Initialization) -> ClosedRange<Double>?
  ) -> StartWord {
    StartWord(
      name: name, count: 2, swift: "\(swift)(\(label)$0...$1)",
      expected: "a lower bound, then an upper one"
        + (within.map { ", from \(numberText($0.lowerBound)) to \(numberText($0.upperBound))" }
          ?? ""),
      suits: {
        $0[0] <= $0[1] && (within.map { $0.lowerBound } ?? -1e30) <= $0[0]
          && $0[1] <= (within.map { $0.upperBound } ?? 1e30)
      }, make: { make($0[0]...$0[1]) },
      find: { find($0).map { [$0.lowerBound, $0.upperBound] } })
  }

  /// The word of an initialization, with its numbers.
  static func start(_ initialization: Initialization) -> CellDefinition.Start {
    if case .opposite(let block) = initialization {
      return CellDefinition.Start(word: opposite, block: block)
    }
    for word in all {
      if let numbers = word.find(initialization) {
        return CellDefinition.Start(word: word.name, numbers: numbers.map { .number($0) })
      }
    }
    return CellDefinition.Start(word: constant, numbers: [.number(0)])
  }
}
