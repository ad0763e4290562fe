import Cells
import Checkpoint
import Datasets
import TensorCore

/// A language model with its tokenizer, as saved in a checkpoint.
///
/// In the file: the parameters in section `model`, `{"configuration": …, "kind": "language-model"}` as
/// entry `model` of section `configuration`, the tokenizer as entry `tokenizer` of section `tokenizer`, the cell's equations
/// in section `equations`, so that a program that does not know the cell can use the model.
public struct SavedLanguageModel: Sendable {
  /// The model.
  public var model: LanguageModel
  /// The tokenizer.
  public let tokenizer: any Tokenizer

  /// The entry `model` of section `configuration`.
  private struct Header: Codable {
    var kind = SavedModelKind.language
    var configuration: ModelConfiguration
  }

  /// A model and its tokenizer.
  public init(_ model: LanguageModel, _ tokenizer: any Tokenizer) {
    self.model = model
    self.tokenizer = tokenizer
  }

  /// Reads the model and no other part of a `.rnnz` file. `cells` are the cells that the file may contain.
  ///
  /// - Throws: `CheckpointError` if the file is missing, of another format, damaged, or does not contain a language
  ///   model whose sizes match its weights. No memory is allocated for sizes that the weights don't have.
  public init(path: String, cells: CellRegistry = .standard) throws(CheckpointError) {
    try self.init(reading: CheckpointReader(path: path, cells: cells))
  }

  /// Reads a model from an opened file.
  public init(reading reader: CheckpointReader) throws(CheckpointError) {
    try SavedModelKind.language.check(reader)
    let reader = try reader.readingEquations()
    let header = try reader.json(Header.self, .configuration, "model")
    try reader.checkConfiguration { () throws(InvalidSetting) in
      try header.configuration.validateForText()
    }
    try reader.checkEquations(
      header.configuration, inputSizes: [header.configuration.embeddingSize])
    tokenizer = try reader.json(AnyTokenizer.self, .tokenizer, "tokenizer").base
    model = LanguageModel(
      header.configuration, vocabularySize: tokenizer.vocabulary.count)
    try reader.load(&model, nonFinite: .refused)
    model.packWeights()
  }

  /// Checks that a file can hold a tokenizer, which comes from a text.
  package static func checkNames(
    of tokenizer: any Tokenizer, in data: String
  ) throws(DatasetError) {
    try DatasetError.checkNames(
      of: ValueKind.text(tokenizer).summary, in: data, savedIn: AnyTokenizer(tokenizer))
  }

  /// Adds the model and the tokenizer to a checkpoint.
  public func write(to checkpoint: inout Checkpoint) throws(CheckpointError) {
    checkpoint.set(parametersOf: model)
    try checkpoint.setJSON(
      Header(configuration: model.configuration), .configuration, "model")
    checkpoint.setEquations(
      model.configuration, inputSizes: [model.configuration.embeddingSize])
    try checkpoint.setJSON(AnyTokenizer(tokenizer), .tokenizer, "tokenizer")
    try SavingPackage.write(to: &checkpoint)
  }

  /// The distinct characters of a text without a token, in the order of the text.
  public func unknownCharacters(in text: String) -> String {
    var found = ""
    for scalar in text.unicodeScalars.map(String.init)
    where !found.contains(scalar) {
      let tokens = tokenizer.encode(scalar)
      if tokens.isEmpty || tokens.contains(where: isUnknown) { found += scalar }
    }
    return found
  }

  private func isUnknown(_ token: Int32) -> Bool { token == tokenizer.unknown }

  /// Text that continues a prompt.
  public func generation(
    prompt: String = "", sampler: Sampler = Sampler(), seed: UInt64 = 0
  ) -> Generation {
    Generation(model, tokenizer, prompt: prompt, sampler: sampler, seed: seed)
  }

  /// The first `length` pieces of ``generation(prompt:sampler:seed:)``, as one text.
  public func generate(
    prompt: String = "", length: Int = 500, sampler: Sampler = Sampler(), seed: UInt64 = 0
  ) -> String {
    generation(prompt: prompt, sampler: sampler, seed: seed).prefix(length).joined()
  }
}
