import FileCore

/// Reads the inputs of a trained model from a file, a folder or standard input: in the form that its training read, or as
/// plain lines.
///
/// | the file has | an input is |
/// |---|---|
/// | a heading with the names of the model's input columns | a row, which may have other fields and need not have the answer |
/// | JSON objects with these members, and those of the answers if training read a table | an object |
/// | tagged words (`.conll`, `.conllu`) | a sentence |
/// | anything else | a line |
///
/// Of a folder, every text file is an input, in the order of the paths, if training read a folder. A row, an object or a
/// line that is no input is an error of its own; reading goes on after it.
package struct ModelInputs {
  private enum Form {
    case unknown
    case lines
    case rows(InputRows)
    case sentences(InputSentences)
    case files(InputFiles)
  }

  /// The name for messages: the path, or `standard input`.
  package let name: String
  /// The encoding that was detected, where it is not UTF-8.
  package private(set) var encoding: TextEncoding?
  private let lines: QueuedLines?
  private let columns: InputColumns?
  /// The numbers of objects that are steps.
  private var steps: StepNumbers?
  private let kind: ValueKind
  private var form = Form.unknown

  /// The inputs of a file or folder; without a path or with `-`, of standard input.
  ///
  /// - Parameters:
  ///   - kind: the model's input.
  ///   - options: how the model's training read its file, with its format; nil if it had none.
  ///   - encoding: the file's encoding; detected by default.
  /// - Throws: `FileError` if it can't be opened.
  package init(
    _ path: String?, for kind: ValueKind, _ options: FileOptions?, encoding: TextEncoding? = nil
  ) throws(FileError) {
    let path = path == "-" ? nil : path
    name = path ?? "standard input"
    self.kind = kind
    columns = options.flatMap { InputColumns($0, kind) }
    steps = columns.map { StepNumbers($0) }
    if let path, options?.format == .folder, Folder.exists(path) {
      lines = nil
      form = .files(try InputFiles(path, encoding: encoding))
      return
    }
    let stream: TextStream
    do throws(FileError) {
      stream = try TextStream(path, encoding: encoding)
    } catch {
      guard case .notARegularFile(.directory) = error.problem else { throw error }
      throw FileError(file: name, expected: "lines", found: "a directory")
    }
    let format = path.flatMap { FileFormat(path: $0) }
    if let path, format == .jsonl,
      let objects = try JSONArray.lines(of: TextSource(path, encoding: encoding))
    {
      lines = QueuedLines(TextLines(objects))
    } else {
      lines = QueuedLines(stream)
    }
    if encoding == nil, let found = stream.encoding, found != .utf8 { self.encoding = found }
    guard let path, let format else { return }
    form = try Self.form(of: path, format, kind, columns, options, encoding)
  }

  /// The form of a file that is known before its first line.
  private static func form(
    of path: String, _ format: FileFormat, _ kind: ValueKind, _ columns: InputColumns?,
    _ options: FileOptions?, _ encoding: TextEncoding?
  ) throws(FileError) -> Form {
    switch (format, kind) {
    case (.conll, .symbols), (.conllu, .symbols):
      return .sentences(
        try InputSentences(path, options, isUniversal: format == .conllu, encoding))
    case (.csv, _), (.tsv, _):
      // Rows without a heading, by the columns' numbers.
      guard let columns, let places = columns.numbers else { return .unknown }
      let source = try TextSource(path, encoding: encoding)
      let delimiter = format == .tsv ? "\t" : Delimiter.likeliest(in: source)
      return .rows(InputRows(columns, places, delimiter: delimiter))
    default: return .unknown
    }
  }

  /// The next input; nil at the end.
  ///
  /// - Throws: `FileError` of the input's line, or of the whole file.
  package mutating func next() throws(FileError) -> ModelInput? {
    switch form {
    case .files(var files):
      defer { form = .files(files) }
      return try files.next()
    case .sentences(var sentences):
      defer { form = .sentences(sentences) }
      return try sentences.next()
    case .unknown, .lines, .rows: return try nextLine()
    }
  }

  /// Whether the next input's line, or the end, is there without waiting for the writer of a pipe.
  package var isReady: Bool { lines?.isReady ?? true }

  /// Whether some bytes of the next input, or the end, come within some milliseconds.
  package func arrives(within milliseconds: Int) -> Bool {
    lines?.arrives(within: milliseconds) ?? true
  }

  /// The line of the last input, from 1.
  package var line: Int { lines?.number ?? 0 }

  private mutating func nextLine() throws(FileError) -> ModelInput? {
    guard let lines else { return nil }
    if case .unknown = form {
      let isTable = FileFormat(path: name)?.isTable == true
      guard var first = try lines.next() else { return nil }
      while isTable, first.isEmpty || Delimiter.stated(by: first) != nil {
        guard let next = try lines.next() else { return nil }
        first = next
      }
      if let rows = columns.flatMap({ InputRows($0, heading: first, isTable: isTable) }) {
        form = .rows(rows)
      } else {
        if isTable, let columns {
          throw FileError(
            file: name, expected: "a heading with \(columns.title)",
            found: String(decoding: first.prefix(60), as: UTF8.self))
        }
        form = .lines
        lines.putBack(first)
      }
    }
    if case .rows(var rows) = form {
      defer { form = .rows(rows) }
      return try rows.next(lines, in: name)
    }
    guard let line = try lines.next() else { return nil }
    return try plain(line, at: lines.number)
  }

  /// A line that is a text, an object or numbers.
  private mutating func plain(
    _ bytes: ArraySlice<UInt8>, at number: Int
  ) throws(FileError) -> ModelInput {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw FileError(
        file: name,
        .encoding(
          .utf8, .line(number, column: 1), expected: "text", found: "other bytes", likely: nil))
    }
    guard let columns, var steps else { return ModelInput(line: text, origin: .line) }
    defer { self.steps = steps }
    if let input = columns.input(ofObject: bytes, &steps) { return input }
    // A row of numbers is a whole input of a model that was trained on rows.
    if columns.readsRows, case .features = kind, !text.allSatisfy(\.isWhitespace),
      !columns.isHeading(text)
    {
      let numbers = text.split { ",;\t ".contains($0) }.map(String.init)
      if numbers.allSatisfy({ $0.finiteNumber != nil }) {
        return ModelInput(numbers: numbers, isWhole: true, isSequence: true, others: [:])
      }
    }
    return ModelInput(line: text, origin: .line)
  }
}

extension FileFormat {
  fileprivate var isTable: Bool { self == .csv || self == .tsv }
}
