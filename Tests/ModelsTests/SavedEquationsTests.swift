import Cells
import Checkpoint
import Datasets
import Foundation
import Models
import TensorCore
import Testing

/// A file holds the equations of its cell: a program that does not know the cell uses the model.
@Suite struct SavedEquationsTests {
  /// A third party's cell.
  struct Leaky: RecurrentCell, Codable, Hashable {
    var rate = 0.25

    func equations(_ cell: inout CellBuilder) {
      let h = cell.state("hidden")
      let new = tanh(cell.affine(cell.input, "ih") + cell.linear(h, "hh"))
      cell.update(h, to: (1 - rate) * h + rate * new)
    }
  }

  /// A later version of the cell, with other equations.
  struct ChangedLeaky: RecurrentCell, Codable, Hashable {
    var rate = 0.25

    func equations(_ cell: inout CellBuilder) {
      let h = cell.state("hidden")
      let new = tanh(cell.affine(cell.input, "ih") + cell.linear(h, "hh"))
      cell.update(h, to: (1 - rate) * h + new)
    }
  }

  private static let tokenizer = CharacterTokenizer("the quick brown fox jumps over a lazy dog.\n")

  private func registry(_ cell: some ConfigurableCell = Leaky()) -> CellRegistry {
    var cells = CellRegistry.standard
    cells.register("leaky", cell, summary: "a leaky integrator", paper: "none")
    return cells
  }

  private func model(_ cell: NamedCell) -> SavedLanguageModel {
    var generator = Philox(seed: 1)
    let configuration = ModelConfiguration(
      cell: cell, embeddingSize: 7, hiddenSize: 9, layers: 2)
    return SavedLanguageModel(
      LanguageModel(
        configuration, vocabularySize: Self.tokenizer.vocabulary.count, using: &generator),
      Self.tokenizer)
  }

  private func reader(
    _ saved: SavedLanguageModel, _ cells: CellRegistry = .standard,
    change: (inout Checkpoint) -> Void = { _ in }
  ) throws -> CheckpointReader {
    var checkpoint = Checkpoint()
    try saved.write(to: &checkpoint)
    change(&checkpoint)
    var reader = try CheckpointReader(bytes: checkpoint.encoded(), name: "model.rnnz")
    reader.userInfo = cells.userInfo
    return reader
  }

  @Test func aProgramWithoutTheCellUsesTheModel() throws {
    let original = model(try registry().named(Leaky(rate: 0.5)))
    let text = original.generate(prompt: "the ", length: 40, seed: 3)
    let loaded = try SavedLanguageModel(reading: reader(original))
    #expect(loaded.model.configuration.cell.base is CellText)
    #expect(loaded.generate(prompt: "the ", length: 40, seed: 3) == text)
    // Saved by that program, the file is as it was, options included, for the one that has the cell.
    let (a, b) = (try reader(original), try reader(loaded, registry()))
    #expect(a.entries == b.entries)
    let again = try SavedLanguageModel(reading: b)
    #expect(again.model.configuration.cell.base as? Leaky == Leaky(rate: 0.5))
  }

  @Test func aFileWithOtherEquationsThanTheRegisteredCellIsRefused() throws {
    let original = model(try registry().named(Leaky()))
    let error = #expect(throws: CheckpointError.self) {
      try SavedLanguageModel(reading: reader(original, registry(ChangedLeaky())))
    }
    #expect(error?.description.contains("equations/leaky") == true, "\(String(describing: error))")
    // The file's own equations are used where the cell is not known.
    #expect(throws: Never.self) { try SavedLanguageModel(reading: reader(original)) }
  }

  /// A text that has the name of a registered cell stays what it is.
  @Test func aTextKeepsItsEquationsWhateverItIsCalled() throws {
    let text = try CellText("cell mgu(x, h)\n  h' = tanh(W_ih x + b_ih + W_hh h)\n")
    let original = model(NamedCell(text))
    let loaded = try SavedLanguageModel(reading: reader(original))
    #expect(loaded.model.configuration.cell == NamedCell(text))
    #expect(
      loaded.generate(prompt: "fox", length: 20, seed: 1)
        == original.generate(prompt: "fox", length: 20, seed: 1))
    for other in ["cell mgu(x, h)\n  h' = tanh(W_ih x)\n", "cell mgu(x, h)\n  h' = \n"] {
      let changed = try reader(original) {
        $0.set(bytes: Array(other.utf8), .equations, "mgu")
      }
      #expect(throws: CheckpointError.self) { try SavedLanguageModel(reading: changed) }
    }
    let without = try reader(original) { $0.remove(.equations, "mgu") }
    #expect(throws: CheckpointError.self) { try SavedLanguageModel(reading: without) }
  }

  /// Files of earlier versions have no equations.
  @Test func filesWithoutEquationsAreRead() throws {
    let original = model(try CellRegistry.standard.cell(named: "gru"))
    let old = try reader(original) { $0.remove(.equations, "gru") }
    #expect(throws: Never.self) { try SavedLanguageModel(reading: old) }
  }

  @Test func aModelOfAnotherKindIsRefused() throws {
    let file = try reader(model(try CellRegistry.standard.cell(named: "gru")))
    let error = #expect(throws: CheckpointError.self) { try SavedSequenceModel(reading: file) }
    #expect(
      error?.problem
        == .configValue(
          .init(.configuration, "model"), path: "kind", expected: "sequence-model",
          found: "language-model"))
  }

  /// Models of both kinds are opened by their path with cells of one's own.
  @Test func aFileOfASequenceModelHasACellOfOnesOwn() throws {
    let cells = registry()
    let configuration = ModelConfiguration(
      cell: try cells.named(Leaky(rate: 0.5)), embeddingSize: 3, hiddenSize: 4)
    let interface = SequenceInterface(
      input: .features([Column("x")]), target: .label(Vocabulary(["a", "b"])))
    var generator = Philox(seed: 1)
    var checkpoint = Checkpoint()
    try SavedSequenceModel(
      SequenceNetwork(configuration, interface, using: &generator), interface
    ).write(to: &checkpoint)
    let path = NSTemporaryDirectory() + "\(UUID()).rnnz"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try checkpoint.save(to: path)
    let saved = try SavedSequenceModel(path: path, cells: cells)
    #expect(saved.model.configuration.cell.base as? Leaky == Leaky(rate: 0.5))
  }

  /// Every cell of the library travels as a text, and the text is its own.
  @Test(arguments: CellRegistry.standard.entries.map(\.name))
  func everyCellTravels(_ name: String) throws {
    var configuration = ModelConfiguration(cell: try CellRegistry.standard.cell(named: name))
    (configuration.embeddingSize, configuration.hiddenSize) = (6, 8)
    var generator = Philox(seed: 1)
    let original = SavedLanguageModel(
      LanguageModel(
        configuration, vocabularySize: Self.tokenizer.vocabulary.count, using: &generator),
      Self.tokenizer)
    let file = try reader(original, CellRegistry())
    #expect(file.contains(.equations, name))
    let loaded = try SavedLanguageModel(reading: file)
    #expect(loaded.model.configuration.cell.base is CellText)
    #expect(
      loaded.generate(prompt: "dog", length: 10, seed: 1)
        == original.generate(prompt: "dog", length: 10, seed: 1))
    _ = try SavedLanguageModel(reading: reader(original))
  }
}
