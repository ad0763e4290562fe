import Cells
import Datasets
import Models
import Testing
import Training

/// Names that a model's file cannot hold are refused before training begins, not when it is saved.
@Suite struct SavedNamesTests {
  private static let many = 150_000
  private static let expected =
    "expected names that take at most 1,048,576 bytes in the model's file"

  private func names(_ count: Int) -> [String] { (0..<count).map { "name \($0)" } }

  private func task(_ input: ValueKind, _ target: ValueKind) throws -> SequenceTask {
    let model = ModelConfiguration(cell: try CellRegistry.standard.cell(named: "gru"))
    return try SequenceTask(
      .init(dataset: "wide.csv", model: model),
      samples: TaskSamples(input: input, target: target, training: ArraySamples([])))
  }

  @Test func columnsClassesAndSymbolsAreRefused() throws {
    let (few, many) = (names(2), names(Self.many))
    let columns = ValueKind.features(few.map { Column($0) })
    _ = try task(columns, .label(Vocabulary(few)))
    let cases: [(ValueKind, ValueKind, String)] = [
      (
        .features(many.map { Column($0) }), .label(Vocabulary(few)),
        "150,000 features a step to one of 2 classes"
      ),
      (
        .vector(many.map { Column($0) }), .label(Vocabulary(few)),
        "150,000 numbers to one of 2 classes"
      ),
      (columns, .label(Vocabulary(many)), "2 features a step to one of 150,000 classes"),
      (columns, .symbols(Vocabulary(many)), "2 features a step to 150,000 symbols"),
    ]
    for (input, target, what) in cases {
      let error = #expect(throws: DatasetError.self) { try task(input, target) }
      #expect(error?.description.hasPrefix("wide.csv: \(what): \(Self.expected), found ") == true)
    }
  }

  @Test func tokensAreRefused() throws {
    let model = ModelConfiguration(cell: try CellRegistry.standard.cell(named: "gru"))
    let configuration = LanguageModelTask.Configuration(
      dataset: "words.txt", model: model,
      windows: Windows(.sequential, batchSize: 1, sequenceLength: 2, offset: 0))
    func task(_ count: Int) throws -> LanguageModelTask {
      let tokenizer = WordTokenizer(words: (0..<count).map { "word\($0)" })
      return try LanguageModelTask(
        configuration, TokenizedCorpus(Tales(characters: 2_000, seed: 2), tokenizer: tokenizer))
    }
    _ = try task(10)
    let error = #expect(throws: DatasetError.self) { try task(Self.many) }
    #expect(error?.description.hasPrefix("words.txt: text of 150,") == true)
    #expect(error?.description.contains(": \(Self.expected), found ") == true)
  }
}
