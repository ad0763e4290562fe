import Datasets
import FileCore
import Testing

/// Files as found in practice: each from a fixture, and its variants made from texts.
@Suite struct ReadingTests {
  private func fixture(_ name: String) -> String { Fixture.reading + "/" + name }

  /// The texts and labels of a file's samples.
  private func rows(_ task: TaskSamples) throws -> [String] {
    try samples(of: task.training).map { sample in
      guard case .text(let tokenizer) = task.input, case .label(let labels) = task.target,
        case .tokens(let tokens) = sample.input, case .label(let id) = sample.target
      else { throw FileError(file: "sample", expected: "a text and a label", found: "others") }
      return tokenizer.decode(tokens) + "=" + labels.name(of: id)
    }
  }

  private func rows(of bytes: [UInt8], as name: String = "r.csv") throws -> [String] {
    var found: [String] = []
    try withFolder([name: bytes]) { found = try rows(FileDataset("\($0)/\(name)").read()) }
    return found
  }

  // MARK: Fields

  @Test(arguments: [("comma.csv", 3, 12), ("extra.csv", 3, 14), ("extra.tsv", 3, 14)])
  func aRowOfMoreFieldsThanTheHeadingIsNamedOrPassedOver(
    name: String, line: Int, column: Int
  ) throws {
    let path = fixture(name)
    #expect(
      throws: FileError(
        file: path, line: line, column: column, expected: "2 fields", found: "3")
    ) { try FileDataset(path).read() }
    var options = FileOptions()
    options.skipsBadRows = true
    let task = try FileDataset(path, options: options).read()
    #expect(task.skipped.count == 1 && task.form?.facts.contains("1 row skipped") == true)
    let count = task.training.count
    #expect(count == (name == "extra.tsv" ? 1 : 2))
  }

  @Test func semicolonsAndArraysOfObjectsAreRead() throws {
    #expect(try rows(of: Array("text;label\na, b;x\nc;y\n".utf8)) == ["a, b=x", "c=y"])
    #expect(try rows(of: Array("text\tlabel\na\tx\n".utf8)) == ["a=x"])
    try withFile("s.csv", "a;b\n" + (0..<20).map { "\($0),5;\($0)\n" }.joined()) { path in
      let task = try FileDataset(path).read()
      #expect(task.form?.inputs == ["a", "b"] && task.form?.task == .forecasting)
    }
    let array = """
      [
        {"text": "a", "label": "x"},
        {"text": "b",
         "label": "y"}
      ]
      """
    #expect(try rows(of: Array(array.utf8), as: "r.json") == ["a=x", "b=y"])
    #expect(throws: FileError.self) { try rows(of: Array("[1, 2]".utf8), as: "r.json") }
    #expect(throws: FileError.self) { try rows(of: Array(#"[{"text": "a"}"#.utf8), as: "r.json") }
  }

  @Test func rowsAsWideAsAWiderHeadingAreRead() throws {
    let csv = "id,text,other,label\n1,good film,x,pos\n2,bad film,y,neg\n"
    #expect(try rows(of: Array(csv.utf8)) == ["good film=pos", "bad film=neg"])
    let short = Array((csv + "3,fine film,pos\n").utf8)
    #expect(throws: FileError.self) { try rows(of: short) }
  }

  // MARK: Bytes

  private static let table = "text,label\ncafé crème,oui\nnon,non\n"
  private static let expected = ["café crème=oui", "non=non"]

  @Test(arguments: ["\n", "\r\n", "\r"])
  func everyLineEndIsRead(end: String) throws {
    let text = Self.table.split(separator: "\n").joined(separator: end) + end
    #expect(try rows(of: Array(text.utf8)) == Self.expected)
    #expect(try rows(of: [0xEF, 0xBB, 0xBF] + Array(text.utf8)) == Self.expected)
  }

  @Test func aTableOfCarriageReturnsIsRead() throws {
    #expect(
      try rows(FileDataset(fixture("cr-only.csv")).read()) == ["good film=pos", "bad film=neg"])
  }

  private static func bytes(_ unit: UInt16) -> [UInt8] { [UInt8(unit & 0xFF), UInt8(unit >> 8)] }

  /// A text as Windows writes it, with a byte order mark.
  private static func utf16(_ text: String) -> [UInt8] {
    [0xFF, 0xFE] + text.utf16.flatMap { bytes($0) }
  }

  @Test func otherEncodingsAreFoundOutAndNamed() throws {
    let units = Array(Self.table.utf16)
    let little = Self.utf16(Self.table)
    let big: [UInt8] = [0xFE, 0xFF] + units.flatMap { Self.bytes($0).reversed() }
    let latin = Self.table.unicodeScalars.map { UInt8($0.value) }
    for bytes in [little, big, Array(little.dropFirst(2)), latin] {
      #expect(try rows(of: bytes) == Self.expected)
    }
    try withFolder(["r.csv": latin, "u.csv": little]) { folder in
      let form = try #require(try FileDataset("\(folder)/r.csv").read().form)
      #expect(form.encoding == .latin1)
      #expect("\(form)" == "reads text -> label; 2 classes; as Latin-1")
      var options = FileOptions()
      options.encoding = .utf8
      let error = #expect(throws: FileError.self) {
        try FileDataset("\(folder)/r.csv", options: options).read()
      }
      #expect("\(try #require(error))".contains("r.csv:2:5: not UTF-8: expected "))
      #expect(try FileDataset("\(folder)/u.csv").read().form?.encoding == .utf16)
    }
  }

  @Test(arguments: [
    ([0x64, 0x6F, 0x6E, 0x92, 0x74], TextEncoding.latin1, "don\u{2019}t"),
    ([0x6E, 0x69, 0xF1, 0x6F], .latin1, "niño"), ([0x80], nil, ""), ([0x61, 0x00, 0x80], nil, ""),
    ([0x61, 0xC3, 0xA9, 0x62, 0xE9], nil, ""), (Array("né".utf8), .utf8, "né"),
    ([0x35, 0x20, 0x80], .latin1, "5 €"), ([0x32, 0xB0, 0x43], .latin1, "2°C"),
    ([0x20, 0x93, 0x6F, 0x6B, 0x94, 0x2E], .latin1, " “ok”."),
    ([0x61, 0x20, 0x96, 0x20, 0x62], .latin1, "a – b"), ([0x61, 0x96, 0x62], nil, ""),
  ])
  func latinIsToldFromBrokenText(bytes: [UInt8], encoding: TextEncoding?, text: String) throws {
    #expect(TextEncoding.detected(in: bytes) == encoding)
    guard let encoding else { return }
    #expect(String(decoding: try encoding.utf8(bytes), as: UTF8.self) == text)
  }

  /// A name without a known ending, and missing numbers.
  @Test func aFileOfAnotherNameIsReadByItsContent() throws {
    let series = (0..<60).map { $0 == 9 ? "NA" : "\($0 % 7)" }.joined(separator: "\n")
    let files = [
      "series.txt": series, "table.dat": "text\tlabel\na\tx\nb\ty\n",
      "objects": "{\"text\": \"a\", \"label\": \"x\"}\n{\"text\": \"b\", \"label\": \"y\"}\n",
      "tags.txt": "a X\nb Y\n\nc X\n",
    ]
    try withFolder(files.mapValues { Array($0.utf8) }) { folder in
      func form(_ name: String, _ task: FileTask) throws -> String? {
        try FileDataset("\(folder)/\(name)", task: task).read().form.map { "\($0)" }
      }
      let series = try #require(try form("series.txt", .forecasting))
      #expect(series.hasPrefix("reads 1 -> 1; 1 step ahead; 60 rows"))
      #expect(try form("table.dat", .classification) == "reads text -> label; 2 classes")
      #expect(try form("objects", .classification) == "reads text -> label; 2 classes")
      let tags = try #require(try form("tags.txt", .tagging))
      #expect(tags.contains("2 tags"))
    }
  }

  @Test func packedTablesAreRead() throws {
    let task = try FileDataset(fixture("reviews.csv.gz")).read()
    #expect(try rows(task).count == 3 && task.form?.isPacked == true)
    // Two members, as from `cat a.gz b.gz`, followed by zeros, as from a tape.
    let (first, second) = (Self.stored("text,label\na,x\n"), Self.stored("b,y\n"))
    let both = try rows(of: first + second + [0, 0, 0], as: "r.csv.gz")
    #expect(both == ["a=x", "b=y"])
    #expect(throws: FileError.self) { try rows(of: first + [1, 2], as: "r.csv.gz") }
    #expect(throws: FileError.self) { try rows(of: first.dropLast(3), as: "r.csv.gz") }
  }

  /// A gzip member whose only block is stored.
  private static func stored(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    var crc = CRC32()
    crc.update(bytes)
    var member: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1]
    member.append(littleEndian: UInt16(bytes.count))
    member.append(littleEndian: ~UInt16(bytes.count))
    member += bytes
    member.append(littleEndian: crc.value)
    member.append(littleEndian: UInt32(bytes.count))
    return member
  }

  @Test func textsAndFoldersAreReadAsTablesAre() throws {
    let text = "Größe é\n"
    let files: [String: [UInt8]] = [
      "a/1.txt": [0xEF, 0xBB, 0xBF] + Array(text.utf8),
      "a/2.txt": text.unicodeScalars.map { UInt8($0.value) },
      "b/1.txt.gz": Self.stored(text),
      "b/2.txt": Self.utf16(text),
    ]
    try withFolder(files) { folder in
      for name in files.keys {
        #expect(sameBytes(try TextFile(path: "\(folder)/\(name)").read().text, text))
      }
      let task = try FileDataset(folder).read()
      #expect(task.input.names == ["<unk>"] + Set(text.unicodeScalars).sorted().map { String($0) })
      // A folder of texts is a corpus, too.
      let corpus = try CorpusRegistry.standard.corpus(folder)
      #expect(corpus is TextFolder)
      #expect(sameBytes(try corpus.read().text, text + text + text + text))
    }
  }

  @Test func picturesInAFolderOfTextsAreLeftOut() throws {
    let picture: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0x0D]
    let files = [
      "1.txt": Array("one\n".utf8), "2.png": picture, "3.txt.gz": Self.stored("three\n"),
      "4.txt": Self.utf16("four\n"),
    ]
    try withFolder(files) { folder in
      let corpus = TextFolder(path: folder)
      let (text, others) = (try corpus.read().text, try corpus.survey().otherFiles)
      #expect(text == "one\nthree\nfour\n" && others == ["\(folder)/2.png"])
      // A given encoding is that of all files.
      let given = TextFolder(path: folder, reading: TextReading(encoding: .utf8))
      #expect(throws: FileError.self) { try given.read() }
    }
    try withFolder(["2.png": picture]) { folder in
      #expect(throws: FileError(file: folder, expected: "a folder with text files", found: "none"))
      {
        try TextFolder(path: folder).read()
      }
    }
  }

  @Test(arguments: [
    [0xFF, 0xFE, 0, 0, 0x61, 0, 0, 0], [0, 0, 0xFE, 0xFF, 0, 0, 0, 0x61] as [UInt8],
  ])
  func anotherEncodingIsNamed(bytes: [UInt8]) throws {
    let expected = "expected UTF-8, UTF-16 or Latin-1, found UTF-32"
    try withFolder(["r.csv": bytes, "t.txt": bytes]) { folder in
      let readers = [
        { () throws in _ = try FileDataset("\(folder)/r.csv").read() },
        { _ = try TextFile(path: "\(folder)/t.txt").read() },
      ]
      for read in readers {
        let error = #expect(throws: FileError.self) { try read() }
        let message = "\(try #require(error))"
        #expect(message.contains(expected))
      }
    }
  }

  @Test func markedAndOtherLineEndsOfVocabulariesChangeNothing() throws {
    let plain = try BytePairTokenizer(
      vocabularyPath: fixture("vocab.json"), mergesPath: fixture("merges-crlf.txt"),
      special: ["<|endoftext|>"])
    let marked = try BytePairTokenizer(
      vocabularyPath: fixture("vocab.json"), mergesPath: fixture("merges-bom.txt"),
      special: ["<|endoftext|>"])
    for text in ["hello world, hello", "It's 3.14 naïve"] {
      #expect(plain.encode(text) == marked.encode(text))
      #expect(plain.encode(text).count < text.utf8.count)
    }
    #expect(
      try VocabularyText.read(fixture("vocabulary-bom.json")).prefix(3) == ["<unk>", "a", "b"])
  }

  // MARK: Unicode

  @Test func textsAreComparedByteByByte() throws {
    let labels = try FileDataset(fixture("labels.csv")).read()
    #expect(labels.target.size == 2)
    #expect(try samples(of: labels.training).map(\.target) == [.label(1), .label(0), .label(1)])
    let tags = try FileDataset(fixture("tags.conll")).read()
    #expect(tags.target.size == 3 && tags.input.size == 4)
    for sample in try samples(of: tags.training) {
      #expect(sample.input == .tokens([1, 3, 2]) || sample.input == .tokens([2, 3, 1]))
    }
    let keys = try FileDataset(fixture("keys.jsonl"), options: named(["text", "label"])).read()
    #expect(keys.training.count == 2)
    let ohm = try VocabularyText.read(fixture("ohm.json"))
    #expect(ohm.count == 13 && ohm[4] == ohm[5] && !sameBytes(ohm[4], ohm[5]))
  }

  private func named(_ columns: [String]) -> FileOptions {
    var options = FileOptions()
    options.columns = columns
    return options
  }

  @Test func spellingsAreOneWhereThatIsAsked() throws {
    var options = FileOptions()
    options.form = .composed
    let labels = try FileDataset(fixture("labels.csv"), options: options).read()
    #expect(labels.target.size == 1)
    let tags = try FileDataset(fixture("tags.conll"), options: options).read()
    #expect(tags.target.size == 2)
  }

  // MARK: Comments

  @Test func commentsOfTaggedSentencesArePassedOver() throws {
    let text = """
      # newdoc
      # sent_id = 1
      the DT
      cat NN
      # NN

      # text = a cat
      #hashtag NN
      sat VB

      """
    try withFile("t.conll", text) { path in
      var options = FileOptions()
      options.minimumCount = 1
      let task = try FileDataset(path, options: options).read()
      #expect(task.input.names == ["<unk>", "#", "#hashtag", "cat", "sat", "the"])
      #expect(task.target.names == ["DT", "NN", "VB"] && task.training.count == 2)
    }
  }

  // MARK: Messages

  @Test func numbersBeyondThirtyTwoBitsAreNamedWithTheirLine() throws {
    let path = fixture("wide.csv")
    let error = #expect(throws: FileError.self) {
      try FileDataset(path, task: .forecasting).read()
    }
    #expect(
      "\(try #require(error))"
        == "\(path):2:1: expected a number of at most 3.4e38, as 32 bits hold, found 1e+300")
  }

  @Test func aShortSeriesIsNamedByItsRows() throws {
    let path = fixture("short-series.csv")
    let error = #expect(throws: FileError.self) {
      try FileDataset(path, task: .forecasting).read()
    }
    #expect(
      "\(try #require(error))"
        == "\(path): expected at least 5 rows, a window of 4 and 1 behind it, found 3")
  }
}
