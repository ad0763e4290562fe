import Datasets
import FileCore
import Testing

/// Inputs of a model, from files of the forms that training reads.
@Suite struct ModelInputTests {
  private func lines(
    of text: String, as name: String, _ kind: ValueKind, _ options: FileOptions?
  ) throws -> [String] {
    var lines: [String] = []
    try withFile(name, text) { path in
      var inputs = try ModelInputs(path, for: kind, options)
      while true {
        do throws(FileError) {
          guard let input = try inputs.next() else { break }
          lines.append(input.line)
        } catch {
          guard error.isOfALine else { throw error }
          lines.append("\(error.place): \(error.problem)")
        }
      }
    }
    return lines
  }

  private func options(
    _ task: FileTask, _ columns: [String], _ target: [String]
  ) -> FileOptions {
    var options = FileOptions()
    (options.task, options.columns, options.target) = (task, columns, target)
    return options
  }

  private static let text = ValueKind.text(CharacterTokenizer("abc"))
  private static let numbers = ValueKind.features([Column("a", offset: 5), Column("b")])

  @Test func rowsHaveTheModelsColumnsWhereverTheyStand() throws {
    let own = options(.classification, ["review"], ["label"])
    let table = "\n\nid;label;Review\n1;x;\"a;\nb\"\n\n2;y\n3;y;c\n"
    #expect(
      try lines(of: table, as: "t.csv", Self.text, own)
        == [#"{"input":"a;\nb"}"#, "7:1: expected 3 fields, found 2", #"{"input":"c"}"#])
    for stated in [";", "|"] {
      let rows = "sep=\(stated)\nid\(stated)review\n1\(stated)b\n"
      #expect(try lines(of: rows, as: "t.csv", Self.text, own) == [#"{"input":"b"}"#])
    }
    // A quote that nothing closes spoils its own line alone.
    let open = "review,label\n\"a,x\nb,y\n"
    let found = try lines(of: open, as: "t.csv", Self.text, own)
    #expect(found.count == 2 && found[0].hasPrefix("2:1: expected a quote"))
    #expect(found[1] == #"{"input":"b"}"#)
    #expect(throws: FileError.self) { try lines(of: "text\na\n", as: "t.csv", Self.text, own) }
  }

  /// The first line of a plain file is a heading only if all names stand there, or these alone.
  @Test func aTextMayBeginWithAColumnsName() throws {
    let own = options(.classification, ["review"], ["label"])
    #expect(
      try lines(of: "review, please\nb\n", as: "t.txt", Self.text, own)
        == ["review, please", "b"])
    #expect(try lines(of: "review\nb\n", as: "t.txt", Self.text, own) == [#"{"input":"b"}"#])
    #expect(
      try lines(of: "label\treview\nx\tb\n", as: "t.txt", Self.text, own)
        == [#"{"input":"b"}"#])
    #expect(try lines(of: "review\nb\n", as: "t.txt", Self.text, nil) == ["review", "b"])
  }

  @Test func objectsHaveTheModelsMembers() throws {
    var own = options(.classification, ["post.text"], ["label"])
    let objects = [#"{"post":{"text":"a"},"label":1}"#, #"{"post":{"text":"b"}}"#, #"{"post":1}"#]
    let found = [#"{"input":"a"}"#, #"{"input":"b"}"#, #"{"post":1}"#]
    // Whatever the form of the file that the model was trained on.
    for format in [FileFormat.csv, .jsonl, nil] {
      own.format = format
      let text = objects.joined(separator: "\n") + "\n"
      #expect(try lines(of: text, as: "t.jsonl", Self.text, own) == found)
      let array = "[" + objects.joined(separator: ",\n") + "]\n"
      #expect(try lines(of: array, as: "t.json", Self.text, own) == found)
    }
  }

  @Test func numbersAreStepsOfASeriesOrWholeRows() throws {
    let table = "b,a\n1, +2\n.5,x\n,3\n"
    #expect(
      try lines(of: table, as: "t.csv", Self.numbers, options(.regression, ["a", "b"], ["y"]))
        == [
          #"{"input":[[2.0,1]]}"#, #"{"input":[["x",0.5]]}"#, #"{"input":[[3,""]]}"#,
        ])
    // An empty field of a series is the number before it, or the mean.
    #expect(
      try lines(
        of: "b,a\n1,\n,2\n,\n", as: "t.csv", Self.numbers, options(.forecasting, ["a", "b"], []))
        == ["5.0,1", "2,1", "2,1"])
    let series = options(.forecasting, ["a", "b"], [])
    // What is no number fills nothing; commas between thousands and spaces are none between numbers.
    #expect(
      try lines(
        of: "a,b\n1,2\nx,3\nNA,1e999\n,\n\"1,234\", 5 \n", as: "t.csv", Self.numbers, series)
        == ["1,2", "x,3", "1,1e999", "1,2", "1234.0,5.0"])
    let objects = #"{"a":null,"b":1}"# + "\n" + #"{"a":"7","b":null}"# + "\n" + #"{"a":4}"# + "\n"
    #expect(
      try lines(of: objects, as: "t.jsonl", Self.numbers, series)
        == ["5.0,1", "7,1", #"{"a":4}"#])
    #expect(
      try lines(of: "1 2\n", as: "t.txt", Self.numbers, options(.regression, ["a", "b"], ["y"]))
        == [#"{"input":[[1,2]]}"#])
  }

  @Test func sentencesAreInputsOfATagger() throws {
    let words = ValueKind.symbols(Vocabulary(["<unk>", "the", "cat"]))
    #expect(
      try lines(
        of: "# one\nthe D\ncat N\n\ncat N\n", as: "t.conll", words, options(.tagging, [], []))
        == [#"{"input":["the","cat"]}"#, #"{"input":["cat"]}"#])
  }
}
