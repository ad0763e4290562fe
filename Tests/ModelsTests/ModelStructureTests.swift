import Cells
import Datasets
import ModelFixtures
import Models
import TensorCore
import Testing

/// The structure of a model, before and after its weights are initialized.
@Suite struct ModelStructureTests {
  private func languageModel(isTied: Bool) throws -> ModelConfiguration {
    ModelConfiguration(
      cell: try CellRegistry.standard.cell(named: "lstm"), embeddingSize: 8, hiddenSize: 8,
      layers: 2, tiesWeights: isTied)
  }

  /// A model of two hundred gigabytes is described immediately: names and shapes need no memory.
  @Test func sizesTakeNoMemory() throws {
    var configuration = try languageModel(isTied: false)
    (configuration.hiddenSize, configuration.embeddingSize) = (65_536, 65_536)
    let model = LanguageModel(configuration, vocabularySize: 100_000)
    let (h, v) = (65_536, 100_000)
    #expect(model.parameterCount == v * h + 2 * (2 * 4 * h * h + 2 * 4 * h) + v * h + v)
    #expect(model.parameters.allSatisfy { $0.value.isDeclared })
    #expect(model.parameters.last?.name == "fc.bias" && model.parameters.last?.value.shape == [v])
  }

  /// A seed gives the same weights in every version.
  @Test(arguments: drawn)
  func drawnWeightsStayTheSame(_ name: String, _ checksum: UInt64) throws {
    var generator = Philox(seed: 7)
    let parameters: [(name: String, value: Tensor)]
    if let model = ModelCase.all.first(where: { $0.name == name }) {
      parameters =
        SequenceNetwork(try model.configuration(), model.interface, using: &generator).parameters
    } else {
      parameters =
        LanguageModel(
          try languageModel(isTied: name == "tied"), vocabularySize: 11, using: &generator
        ).parameters
    }
    #expect(Self.checksum(parameters) == checksum, "\(name)")
  }

  static let drawn: [(String, UInt64)] = [
    ("tagger", 0xc7ce_f61b_ac09_af40), ("forecaster", 0x2edd_5d8a_c998_8d1c),
    ("attention", 0xf3be_18cc_0781_ba1b), ("writer", 0x03cc_5511_8cd6_c0b7),
    ("plain", 0xdb32_d0c3_8c55_8438), ("dot", 0x6ba3_11cd_eca8_b9d2),
    ("general", 0xdc39_b380_1208_1122), ("additive", 0x8dbc_6967_7ea5_4aa0),
    ("language", 0x01de_cd4e_e711_6791), ("tied", 0x03dc_0029_9b1a_2b25),
  ]

  /// FNV-1a of all names and numbers, in visiting order.
  private static func checksum(_ parameters: [(name: String, value: Tensor)]) -> UInt64 {
    var sum: UInt64 = 0xcbf2_9ce4_8422_2325
    func add(_ byte: UInt8) { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01b3 }
    for (name, value) in parameters {
      name.utf8.forEach(add)
      for scalar in value.scalars {
        for shift in stride(from: 0, to: 32, by: 8) {
          add(UInt8(truncatingIfNeeded: scalar.bitPattern >> UInt32(shift)))
        }
      }
    }
    return sum
  }
}
