import FileCore

/// Texts with a label: rows of a table or of JSON Lines.
struct LabelledTexts {
  private let file: RecordFile

  init(_ file: RecordFile) { self.file = file }

  func read() throws(FileError) -> TaskSamples {
    let layout = try file.layout(usual: ["text", "label"]) { _ in
      true
    } others: {
      [0, $0.count - 1]
    }
    guard layout.places.count == 2, layout.places[0] != layout.places[1] else {
      throw FileError(
        file: file.path, expected: "two columns, a text and its label",
        found: layout.names.joined(separator: ", "))
    }
    var labels: Set<String> = []
    var texts = TextSurvey(file.options)
    let skipped = try file.forEach(layout) { (record) throws(FileError) in
      let fields = try file.fields(record, layout)
      try fields[0].requireText(in: file.path)
      labels.insert(try label(fields[1]))
      texts.add(fields[0].text)
    }
    guard !labels.isEmpty else { throw FileError.empty(file.path) }
    let tokenizer = texts.tokenizer
    let classes = Vocabulary(labels.sorted())
    let (training, validation) = try file.parts(layout) { (record) throws(FileError) in
      let fields = try file.fields(record, layout)
      try fields[0].requireText(in: file.path)
      let name = try label(fields[1])
      guard let id = classes.id(of: name) else {
        throw fields[1].fault(in: file.path, expected: "a label that the file had before")
      }
      return Sample(.tokens(tokenizer.encode(fields[0].text)), .label(id))
    }
    return TaskSamples(
      input: .text(tokenizer), target: .label(classes), training: training,
      validation: validation, skipped: skipped)
  }

  private func label(_ field: FileField) throws(FileError) -> String {
    guard !field.text.isEmpty, field.text.utf8.count <= 200 else {
      throw field.fault(in: file.path, expected: "a label of 1 to 200 bytes")
    }
    return field.text
  }
}

/// What texts are made of, taken in one after another: enough to make their tokenizer.
struct TextSurvey {
  private let tokenization: Tokenization
  private let period: Int
  private var count = 0
  private var scalars: Set<Unicode.Scalar> = []
  private var sample = ""

  /// The text that words and byte pairs are learnt from, at most so many bytes.
  private static let sampleLimit = 32 << 20

  init(_ options: FileOptions) {
    tokenization = options.tokenization
    period = options.validationPeriod
  }

  /// Takes in a text, unless it is one for validation.
  mutating func add(_ text: String) {
    defer { count += 1 }
    if count % period == period - 1 { return }
    switch tokenization {
    case .corpus: scalars.formUnion(text.unicodeScalars)
    case .bytes: return
    case .words, .bytePairs:
      guard sample.utf8.count < Self.sampleLimit else { return }
      sample += text
      sample += "\n"
    }
  }

  /// The tokenizer of the texts; characters are in the order of their code points.
  var tokenizer: any Tokenizer {
    tokenization.tokenizer(of: sample) ?? CharacterTokenizer(characters: scalars.sorted())
  }
}
