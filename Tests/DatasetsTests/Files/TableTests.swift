import Datasets
import FileCore
import Foundation
import Testing

@Suite struct TableTests {
  /// The texts and labels of a file's samples: first the training part, then the validation part.
  private func rows(_ task: TaskSamples) throws -> [String] {
    guard case .text(let tokenizer) = task.input, case .label(let labels) = task.target else {
      Issue.record("\(task.input) to \(task.target)")
      return []
    }
    let all = try samples(of: task.training) + samples(of: try #require(task.validation))
    return all.map { sample in
      guard case .tokens(let tokens) = sample.input, case .label(let id) = sample.target else {
        return ""
      }
      return tokenizer.decode(tokens) + "=" + labels.name(of: id)
    }
  }

  @Test func quotedFieldsAreReadAsRFC4180Says() throws {
    let csv =
      "\u{FEFF}text,label\r\n\"a, \"\"b\"\"\r\nc\",good\r\n\r\nplain,\"bad\"\r\n ,good\n\"\"\"\",bad"
    try withFile("r.csv", csv) { path in
      let task = try FileDataset(path).read()
      #expect(task.target.names == ["bad", "good"] && task.shape == .manyToOne)
      #expect(task.skipped.count == 0)
      #expect(try rows(task) == ["a, \"b\"\r\nc=good", "plain=bad", " =good", "\"=bad"])
    }
  }

  @Test func columnsAreChosenByNameByNumberOrByTheirPlace() throws {
    let csv = "id,review,stars,other\n1,fine,5,x\n2,poor,1,y\n"
    func read(_ path: String, _ columns: [String], hasHeader: Bool? = nil) throws -> [String] {
      var options = FileOptions()
      options.columns = columns
      options.hasHeader = hasHeader
      return try rows(FileDataset(path, task: .classification, options: options).read())
    }
    try withFile("r.csv", csv) { path in
      let byName = try read(path, ["review", "stars"])
      #expect(byName == ["fine=5", "poor=1"])
      #expect(try read(path, ["2", "3"]) == ["fine=5", "poor=1"])
      #expect(try read(path, []) == ["fine=5", "poor=1"])
      #expect(
        try read(path, ["2", "4"], hasHeader: false) == ["review=other", "fine=x", "poor=y"])
      #expect(
        throws: FileError(
          file: path, line: 1, column: 1, expected: "a column rating",
          found: "id, review, stars, other")
      ) { try read(path, ["review", "rating"]) }
    }
    let names = (0..<3000).map { "c\($0)" }
    let values = names.map { _ in "1" }.joined(separator: ",")
    try withFile("r.csv", "\(names.joined(separator: ","))\n\(values)\n") { path in
      #expect(
        throws: FileError(
          file: path, line: 1, column: 1, expected: "a column rating",
          found: names[..<20].joined(separator: ", ") + " and 2,980 more")
      ) { try read(path, ["c0", "rating"]) }
    }
    try withFile("r.csv", "label,n,text\nu,1,hello\n") { path in
      let rows = try read(path, [])
      #expect(rows == ["hello=u"])
    }
  }

  @Test(arguments: [
    ("text,label\nfine,good\nab\"c,bad\n", 3, 3, "quotes around the field that holds one", "\""),
    ("text,label\n\"ab\"c,bad\n", 2, 5, "a delimiter or the end of the line behind the quote", "c"),
    ("text,label\nfine,good\nx,\"open\n\n", 3, 3, "a quote that ends the field", "none"),
    ("text,label\nfine,good\nalone\n", 3, 1, "2 fields", "1"),
    ("text,label\n\"\",good\n", 2, 1, "a text", "nothing"),
    ("text,label\nfine,\n", 2, 6, "a label of 1 to 200 bytes", "nothing"),
  ])
  func aMalformedRowIsNamed(csv: String, line: Int, column: Int, expected: String, found: String)
    throws
  {
    try withFile("bad.csv", csv) { path in
      #expect(
        throws: FileError(
          file: path, line: line, column: column, expected: expected, found: found)
      ) { try FileDataset(path, task: .classification).read() }
    }
  }

  @Test func aFieldThatIsNotUTF8IsNamed() throws {
    try withFolder(["r.csv": Array("text,label\nab".utf8) + [0xC3] + Array(",x\n".utf8)]) {
      folder in
      #expect(
        throws: FileError(
          file: "\(folder)/r.csv",
          .encoding(
            .utf8, .line(2, column: 4), expected: "a byte from 0x80 to 0xBF", found: "the end",
            likely: nil))
      ) { try FileDataset("\(folder)/r.csv", task: .classification).read() }
    }
  }

  @Test(arguments: [0, 1 << 20])
  func badRowsArePassedOverAndCountedWhereAsked(memoryLimit: Int) throws {
    let csv = "text,label\none,a\nb\"ad,x\ntwo,b\nshort\nthree,a\n\"never,ends\nfour,b\n"
    var options = FileOptions()
    options.skipsBadRows = true
    options.memoryLimit = memoryLimit
    try withFile("r.csv", csv) { path in
      let task = try FileDataset(path, task: .classification, options: options).read()
      #expect(task.skipped.count == 3)
      #expect(
        task.skipped.first
          == FileError(
            file: path, line: 3, column: 2, expected: "quotes around the field that holds one",
            found: "\""))
      #expect(task.target.names == ["a", "b"])
      #expect(try rows(task) == ["one=a", "two=b", "three=a", "four=b"])
      #expect((task.training is ArraySamples) == (memoryLimit > 0))
    }
  }

  @Test func aStreamGivesWhatMemoryGives() throws {
    var csv = "text,label\n"
    for row in 0..<57 { csv += "\"row \(row),\n\",\(row % 3)\n" }
    try withFile("r.csv", csv) { path in
      var options = FileOptions()
      options.validationPeriod = 5
      let kept = try FileDataset(path, options: options).read()
      options.memoryLimit = 0
      let streamed = try FileDataset(path, options: options).read()
      #expect(kept.training.count == 46 && streamed.training.count == nil)
      #expect(try rows(kept) == rows(streamed))
      #expect(try samples(of: streamed.training, limit: 1) == samples(of: kept.training, limit: 50))
      // A place in the middle is enough to resume there.
      var place = SamplePlace()
      _ = try streamed.training.samples(from: &place, limit: 20)
      let json = try JSONEncoder().encode(place)
      var again = try JSONDecoder().decode(SamplePlace.self, from: json)
      let next = try streamed.training.samples(from: &place, limit: 9)
      #expect(try streamed.training.samples(from: &again, limit: 9) == next)
    }
  }

  @Test func tabsSeparateSentencesWithQuotesInThem() throws {
    let tsv = "She said \"go\".\tElle dit.\n\"a\tb\"\tc\nx\ty\tz\n"
    try withFile("pairs.tsv", tsv) { path in
      let task = try FileDataset(path, task: .translation).read()
      #expect(task.shape == .manyToManyDelayed)
      guard case .text(let source) = task.input, case .text(let target) = task.target else {
        Issue.record("no texts")
        return
      }
      let pairs = try samples(of: task.training).map { sample -> String in
        guard case .tokens(let input) = sample.input, case .tokens(let output) = sample.target
        else { return "" }
        return source.decode(input) + "|" + target.decode(output)
      }
      #expect(pairs == ["She said \"go\".|Elle dit.", "a\tb|c", "x|y"])
    }
    try withFile("pairs.csv", "source,target\na,b\n") { path in
      let task = try FileDataset(path, task: .translation).read()
      #expect(task.training.count == 1)
    }
    try withFile("pairs.tsv", "a\t\n") { path in
      #expect(
        throws: FileError(
          file: path, line: 1, column: 3, expected: "a text", found: "nothing")
      ) { try FileDataset(path, task: .translation).read() }
    }
  }

  @Test func wordsAndBytePairsAreLearntFromTheTrainingTexts() throws {
    let csv = "text,label\n" + (0..<20).map { "the cat sat \($0),\($0 % 2)\n" }.joined()
    try withFile("r.csv", csv) { path in
      for choice in [
        Tokenization.words(vocabularySize: 5), .bytePairs(vocabularySize: 260), .bytes,
      ] {
        var options = FileOptions()
        options.tokenization = choice
        let task = try FileDataset(path, options: options).read()
        #expect(
          task.input.size
            == (choice == .bytes ? 256 : choice == .bytePairs(vocabularySize: 260) ? 260 : 5))
        var epoch = try SampleEpoch(
          task, task.training, collator: PaddingCollator(batchSize: 4), seed: 1)
        #expect(try epoch.next()?.count == 4)
      }
    }
  }

  @Test func choicesThatMeanNothingAreExplained() throws {
    let registry = DatasetRegistry.standard
    #expect(throws: DatasetError.self) { try registry.open("no-such.csv") }
    #expect(try registry.open("adding:50") is AddingProblem)
    #expect(throws: DatasetError.self) { try registry.dataset("csv") }
    try withFile("r.data", "text,label\na,b\n") { path in
      for name in [path, "csv:" + path] {
        let task = try registry.open(name).read()
        #expect(task.training.count == 1)
      }
      #expect(throws: FileError.self) { try registry.open("csv:" + path, task: .tagging).read() }
    }
    for (text, expected) in [("", "some text"), ("text,label\n", "a row")] {
      try withFile("r.csv", text) { path in
        #expect(throws: FileError(file: path, expected: expected, found: "none")) {
          try FileDataset(path).read()
        }
      }
    }
  }
}
