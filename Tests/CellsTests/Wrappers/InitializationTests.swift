import Cells
import TensorCore
import Testing

/// How weights start, as the papers and libraries have it.
@Suite struct InitializationTests {
  private func layer(
    _ cell: some RecurrentCell, _ initialization: Recurrent.Initialization, hiddenSize: Int = 16
  ) -> [String: Tensor] {
    var generator = Philox(seed: 51)
    var options = Recurrent.Options()
    options.initialization = initialization
    let layer = Recurrent(
      cell, inputSize: 24, hiddenSize: hiddenSize, options: options, using: &generator)
    return Dictionary(uniqueKeysWithValues: layer.parameters.map { ($0.name, $0.value) })
  }

  /// Each gate's recurrent matrix Q has Q Qᵀ = 1; input matrices, wider than high, have orthonormal rows.
  @Test func orthogonalRowsAreOrthonormal() throws {
    let weights = layer(GRU(), .orthogonal)
    for name in ["weight_hh_l0", "weight_ih_l0"] {
      let whole = try #require(weights[name])
      for gate in 0..<3 {
        let rows = whole.slice(gate * 16..<(gate + 1) * 16)
        let product = affine(rows, weight: rows).scalars
        for (place, number) in product.enumerated() {
          #expect(abs(number - (place / 16 == place % 16 ? 1 : 0)) < 1e-5)
        }
      }
    }
    #expect(weights["bias_hh_l0"]?.scalars.allSatisfy { $0 == 0 } == true)
  }

  @Test func identityRemembersEverything() throws {
    let weights = layer(RNN(nonlinearity: .relu), .identity)
    let matrix = try #require(weights["weight_hh_l0"]).scalars
    #expect(matrix == (0..<256).map { $0 / 16 == $0 % 16 ? 1 : 0 })
  }

  /// Forget biases log u of u in 1...49, input biases their negatives, the second biases zero.
  @Test func chronoSpreadsTheTimesOfGates() throws {
    let weights = layer(LSTM(), .chrono(steps: 50, forget: "f", input: "i"), hiddenSize: 64)
    let bias = try #require(weights["bias_ih_l0"])
    let (input, forget) = (bias.slice(0..<64).scalars, bias.slice(64..<128).scalars)
    #expect(forget.allSatisfy { (0...3.9).contains($0) })
    #expect(input == forget.map { -$0 })
    #expect((forget.max() ?? 0) > 3.5)
    let other = try #require(weights["bias_hh_l0"])
    #expect(other.slice(0..<128).scalars.allSatisfy { $0 == 0 })
    #expect(other.slice(128..<256).scalars.contains { $0 != 0 })
  }

  private static let variances: [(Initialization, Double)] = [
    (.xavierUniform, 2 / 300), (.xavierNormal, 2 / 300), (.kaimingUniform, 2 / 200),
    (.kaimingNormal, 2 / 200), (.lecunUniform, 1 / 200), (.lecunNormal, 1 / 200),
    (.normal(deviation: 0.1), 0.01),
  ]

  /// For a matrix of 100 rows and 200 columns; the variance of 20000 numbers is known to 2 %.
  @Test(arguments: variances.indices) func variancesAreThoseOfTheirNames(_ index: Int) throws {
    let (initialization, expected) = Self.variances[index]
    var generator = Philox(seed: 52)
    var options = Recurrent.Options()
    options.initialization.blocks["weight_ih"] = initialization
    let layer = Recurrent(
      RNN(), inputSize: 200, hiddenSize: 100, options: options, using: &generator)
    let numbers = try #require(layer.parameters.first { $0.name == "weight_ih_l0" }).value.scalars
    let variance = numbers.reduce(0) { $0 + Double($1) * Double($1) } / Double(numbers.count)
    #expect(abs(variance / expected - 1) < 0.05)
  }

  /// What a cell states itself stays, but for what is named.
  @Test func cellsKeepTheirOwnInitializations() throws {
    var initialization = Recurrent.Initialization.keras
    #expect(
      layer(LSTM(forgetBias: 1), initialization)["bias_ih_l0"]?.slice(16..<32).scalars
        == Array(repeating: 1, count: 16))
    initialization.blocks["bias_ih.f"] = .constant(2)
    #expect(
      layer(LSTM(forgetBias: 1), initialization)["bias_ih_l0"]?.slice(16..<32).scalars
        == Array(repeating: 2, count: 16))
  }
}
