import FileCore

/// Texts with their answers: rows of a table or of JSON Lines.
struct TextPairs {
  private let file: RecordFile

  init(_ file: RecordFile) { self.file = file }

  func read() throws(FileError) -> TaskSamples {
    let usual = ["source", "target"]
    let layout = try file.layout(usual: usual) { row in
      usual.allSatisfy { name in row.contains { $0.text.lowercased() == name } }
    } others: { _ in
      [0, 1]
    }
    guard layout.places.count == 2 else {
      throw FileError(
        file: file.path, expected: "two columns, a text and its answer",
        found: layout.names.joined(separator: ", "))
    }
    var sources = TextSurvey(file.options)
    var targets = TextSurvey(file.options)
    var isEmpty = true
    let skipped = try file.forEach(layout) { (record) throws(FileError) in
      let fields = try file.fields(record, layout)
      for field in fields { try field.requireText(in: file.path) }
      sources.add(fields[0].text)
      targets.add(fields[1].text)
      isEmpty = false
    }
    guard !isEmpty else { throw FileError.empty(file.path) }
    let (source, target) = (sources.tokenizer, targets.tokenizer)
    let (training, validation) = try file.parts(layout) { (record) throws(FileError) in
      let fields = try file.fields(record, layout)
      for field in fields { try field.requireText(in: file.path) }
      return Sample(
        .tokens(source.encode(fields[0].text)), .tokens(target.encode(fields[1].text)))
    }
    return TaskSamples(
      input: .text(source), target: .text(target), alignment: .delayed, training: training,
      validation: validation, skipped: skipped)
  }
}
