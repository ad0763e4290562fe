import FileCore

/// Sentences whose words have tags; rare words are read as `<unk>`.
struct TaggedSentences {
  private let file: RecordFile
  /// The columns of the word and the tag, from 0; nil for the last column.
  private let columns: (word: Int, tag: Int?)

  init(_ file: RecordFile, isUniversal: Bool) throws(FileError) {
    self.file = file
    let names = file.options.columns
    guard !names.isEmpty else {
      columns = isUniversal ? (1, 3) : (0, nil)
      return
    }
    let numbers = names.compactMap { Int($0) }.filter { $0 > 0 }
    guard names.count == 2, numbers.count == 2 else {
      throw FileError(
        file: file.path, expected: "the numbers of two columns, of the word and of the tag",
        found: names.listed())
    }
    columns = (numbers[0] - 1, numbers[1] - 1)
  }

  func read() throws(FileError) -> TaskSamples {
    let layout = RecordFile.Layout(places: [], names: [])
    var counts: [ExactString: Int] = [:]
    var found: Set<ExactString> = []
    var index = 0
    let least = file.options.minimumCount
    let skipped = try file.forEach(layout) { (record) throws(FileError) in
      let pairs = try pairs(record)
      let isHeldOut = index % file.options.validationPeriod == file.options.validationPeriod - 1
      index += 1
      for pair in pairs {
        found.insert(ExactString(pair.tag))
        if !isHeldOut || least < 2 { counts[ExactString(pair.word), default: 0] += 1 }
      }
    }
    guard index > 0 else { throw FileError.empty(file.path) }
    counts[ExactString(Vocabulary.unknownName)] = nil
    let common = counts.filter { $0.value >= least }.keys.sorted().map(\.string)
    let words = vocabulary(file.known?.input) ?? Vocabulary([Vocabulary.unknownName] + common)
    let tags = tags(found)
    let (training, validation) = try file.parts(layout) { (record) throws(FileError) in
      let pairs = try pairs(record)
      return Sample(
        .tokens(pairs.map { words.id(of: $0.word) ?? 0 }),
        .tokens(pairs.map { tags.id(of: $0.tag) ?? SampleValue.ignored }))
    }
    return TaskSamples(
      input: .symbols(words), target: .symbols(tags), training: training,
      validation: validation, skipped: skipped, form: form(tags, skipped))
  }

  private func vocabulary(_ kind: ValueKind?) -> Vocabulary? {
    if case .symbols(let names) = kind { names } else { nil }
  }

  /// The tags; tags unknown to the model come after its own.
  private func tags(_ found: Set<ExactString>) -> Vocabulary {
    let known = vocabulary(file.known?.target)?.names ?? []
    let others = found.subtracting(known.map { ExactString($0) }).sorted()
    return Vocabulary(known + others.map(\.string))
  }

  private func form(_ tags: Vocabulary, _ skipped: SkippedRows) -> FileForm {
    var file = file
    let tag = columns.tag.map { "\($0 + 1)" }
    file.options.columns = tag.map { ["\(columns.word + 1)", $0] } ?? []
    return FileForm(
      .tagging, file, inputs: ["word (column \(columns.word + 1))"],
      targets: ["tag (\(tag.map { "column \($0)" } ?? "the last column"))"],
      facts: [tags.count.counted("tags")] + skipped.facts)
  }

  private func pairs(
    _ record: FileRecord
  ) throws(FileError) -> [(word: String, tag: String)] {
    var pairs: [(word: String, tag: String)] = []
    for fields in record.rows {
      let tag = columns.tag ?? fields.count - 1
      guard fields.count > max(columns.word, tag), tag != columns.word else {
        let needed = max(columns.word + 1, tag + 1, 2)
        let last = fields[fields.count - 1]
        throw FileError(
          file: file.path, line: last.line, column: last.column,
          expected: needed.counted("columns"),
          found: fields.count.grouped)
      }
      pairs.append((file.form(fields[columns.word].text), file.form(fields[tag].text)))
    }
    return pairs
  }
}
