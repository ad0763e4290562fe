import Datasets
import FileCore
import Foundation
import Testing

/// The choice of a table's input and target columns.
@Suite struct ColumnTests {
  private func form(
    _ text: String, as name: String = "r.csv", task: FileTask? = nil,
    _ change: (inout FileOptions) -> Void = { _ in }
  ) throws -> FileForm {
    var form: FileForm?
    try withFile(name, text) { path in
      var options = FileOptions()
      change(&options)
      form = try FileDataset(path, task: task, options: options).read().form
    }
    return try #require(form)
  }

  private static let reviews = """
    date,id,stars,review,helpful
    2024-01-01,1,5,"A fine film, seen twice",3
    2024-01-02,2,1,"A poor one",0
    2024-01-03,3,5,"Nice, and short enough",3

    """

  @Test func namesAndContentsChooseTheColumns() throws {
    #expect(
      try "\(form(Self.reviews, task: .classification))" == "reads review -> stars; 2 classes")
    #expect(
      try "\(form(Self.reviews, task: .regression))" == "reads review -> stars")
    #expect(
      try "\(form(Self.reviews, task: .regression) { $0.target = ["helpful"] })"
        == "reads review -> helpful")
    #expect(
      try "\(form(Self.reviews, task: .classification) { $0.columns = ["review", "helpful"] })"
        == "reads review -> helpful; 2 classes")
  }

  @Test func withoutAHeadingContentsAlone() throws {
    let text = "pos,a good film\nneg,a bad film indeed\npos,a film to see\nneg,none of it\n"
    let found = try form(text, task: .classification)
    #expect("\(found)" == "reads 2 -> 1; 2 classes")
    #expect(found.options.hasHeader == false)
    let few = String(repeating: "good film,1\nbad film,0\n", count: 5)
    #expect(try "\(form(few, task: .classification))" == "reads 1 -> 2; 2 classes")
    let numbers = "5.1,3.5,setosa\n7.0,3.2,versicolor\n5.0,3.4,setosa\n6.9,3.1,versicolor\n"
    #expect(try "\(form(numbers, task: .classification))" == "reads 1, 2 -> 3; 2 classes")
  }

  @Test(arguments: [
    (",", ""), (";", ""), ("\t", ""), ("|", ""), (";", "sep=;\r\n"), ("|", "sep=|\n"),
    (",", "sep=,\n"),
  ])
  func aDelimiterIsFoundOrStatedByTheFirstLine(delimiter: String, first: String) throws {
    let rows = [["id", "text", "label"], ["1", "fine", "good"], ["2", "poor", "bad"]]
    let table = first + rows.map { $0.joined(separator: delimiter) + "\n" }.joined()
    #expect(try "\(form(table, task: .classification))" == "reads text -> label; 2 classes")
  }

  @Test(arguments: [
    ("size,price\n", "\"1,234.5\",\"100,000\"\n", [1234.5, 100_000]),
    ("size;price\n", "1.234,5;100,25\n", [1234.5, 100.25]),
    ("size;price\n", "-1.234.567,5;+2\n", [-1_234_567.5, 2]),
    ("size;price\n", "1,234,567;1e3\n", [1_234_567, 1000]),
  ])
  func numbersMayHaveGroupsOfDigits(heading: String, row: String, numbers: [Double]) throws {
    try withFile("n.csv", heading + String(repeating: row, count: 30)) { path in
      let task = try FileDataset(path, task: .regression).read()
      guard case .features(let columns) = task.input, case .vector(let answers) = task.target else {
        Issue.record("\(task.input) to \(task.target)")
        return
      }
      #expect([columns[0].offset, answers[0].offset] == numbers)
    }
    for text in ["1,23", "1234,567", ",123", "1,,234", "1.5,000", "1,234,", "a,123"] {
      #expect(text.finiteNumber == nil, "\(text)")
    }
  }

  @Test func measuredNumbersAreReadBeforeAFewWords() throws {
    let rows = (0..<40).map { "\($0 * 1000),\($0 % 5),\($0).5,\(["north", "south"][$0 % 2])\n" }
      .joined()
    let houses = "price,rooms,area,side\n" + rows
    #expect(try "\(form(houses, task: .regression))" == "reads rooms, area -> price")
    #expect(
      try "\(form(houses, task: .classification))" == "reads price, rooms, area -> side; 2 classes")
  }

  @Test func classesOfATableWithoutAHeadingAreFew() throws {
    let rows = (0..<40).map { row in
      #""\#(row % 2 * 4)","\#(1000 + row * 7)","none","user\#(row % 33)","text \#(row) of many words""#
    }
    #expect(
      try "\(form(rows.joined(separator: "\n"), task: .classification))"
        == "reads 5 -> 1; 2 classes")
  }

  @Test func tasksOfTablesAreTold() throws {
    let prices = "size,price\n" + (1...40).map { "\($0),\(Double($0) * 1.7)\n" }.joined()
    #expect(try form(prices).task == .forecasting)
    let texts = "description,price\n" + (1...40).map { "house \($0),\(Double($0) / 3)\n" }.joined()
    #expect(try form(texts).task == .regression)
    #expect(try form("source,target\na,b\nc,d\n").task == .translation)
    let days = (1...28).map { "2024-02-\($0),\(Double($0) / 4),Berlin\n" }.joined()
    #expect(try "\(form("date,temperature,city\n" + days).inputs)" == #"["temperature"]"#)
    #expect(
      try form("question,answer\nis it?,yes\nand now?,yes\nwhy?,no\n").task == .classification)
  }

  @Test func aLabelAnswersWithATextAndARowOfNumbersWithANumber() throws {
    try withFile("n.csv", "name,language\nAnna,de\nJohn,en\nPeter,de\nMary,en\n") { path in
      let task = try FileDataset(path, task: .writing).read()
      #expect(task.shape == .oneToMany && task.input.names == ["de", "en"])
      let first = try samples(of: task.training)[0]
      guard case .text(let tokenizer) = task.target, case .tokens(let tokens) = first.target else {
        Issue.record("\(task.target)")
        return
      }
      #expect(tokenizer.decode(tokens) == "Anna" && first.input == .label(0))
    }
    let rows = (0..<20).map { "\($0),\($0 * 2),\(Double($0) * 0.5)\n" }.joined()
    try withFile("r.csv", "a,b,price\n" + rows) { path in
      let task = try FileDataset(path, task: .regression).read()
      #expect(task.input.names == ["a", "b"] && task.target.names == ["price"])
      let second = try samples(of: task.training)[1]
      guard case .vector(let columns) = task.target, case .vector(let values) = second.target else {
        Issue.record("\(task.target)")
        return
      }
      #expect(abs(columns[0].number(of: values[0]) - 0.5) < 1e-6 && second.input.length == 1)
    }
  }

  @Test func nestedMembersAreChosenByTheirPaths() throws {
    let lines = """
      {"user": {"id": 7}, "doc": {"text": "a good film"}, "meta": {"label": "pos"}}
      {"user": {"id": 9}, "doc": {"text": "a bad film"}, "meta": {"label": "neg"}}
      {"user": {"id": 3}, "doc": {"text": "nice"}, "meta": {"label": "pos"}, "tags": ["x"]}

      """
    let found = try form(lines, as: "r.jsonl")
    #expect("\(found)" == "reads doc.text -> meta.label; 2 classes")
    let given = try form(lines, as: "r.jsonl") { $0.columns = ["doc.text", "user.id"] }
    #expect("\(given)" == "reads doc.text -> user.id; 3 classes")
    let missing = #expect(throws: FileError.self) {
      try form(lines, as: "r.jsonl") { $0.columns = ["doc.title", "meta.label"] }
    }
    #expect("\(try #require(missing))".contains("expected a column doc.title, found "))
  }

  /// What a table lacks is named: of one column of numbers, what those are to be answered from.
  @Test func aMissingColumnIsNamed() throws {
    let another = "another column, of texts or numbers, to answer v from"
    for (table, task, expected) in [
      ("v\n1\n2\n", FileTask.classification, another), ("v\n1\n2\n", .regression, another),
      ("day,v\n2024-01-01,1\n2024-01-02,2\n", .regression, another),
      ("v\na\nb\n", .classification, "a second column, for the answers"),
      ("v\na\nb\n", .regression, "a second column, for the numbers"),
      ("v\na\nb\n", .forecasting, "a column of numbers"),
    ] {
      let error = #expect(throws: FileError.self) { try form(table, task: task) }
      let found = table.prefix { $0 != "\n" }.replacing(",", with: ", ")
      #expect("\(try #require(error))".hasSuffix(":1:1: expected \(expected), found \(found)"))
    }
  }

  @Test func aFormIsSavedAndReadsAnotherFileOfItsKind() throws {
    let saved = try form(Self.reviews, task: .classification)
    let json = try JSONEncoder().encode(saved)
    let again = try JSONDecoder().decode(FileForm.self, from: json)
    #expect(again == saved)
    let other = """
      {"stars": 5, "review": "fine"}
      {"stars": 1, "review": "poor"}

      """
    try withFile("other.jsonl", other) { path in
      let task = try FileDataset(path, options: again.options).read()
      #expect("\(try #require(task.form))" == "reads review -> stars; 2 classes")
    }
    let without = Data(#"{"columns":["a","b"],"validationPeriod":7}"#.utf8)
    let options = try JSONDecoder().decode(FileOptions.self, from: without)
    #expect(options.columns == ["a", "b"] && options.validationPeriod == 7 && options.horizon == 1)
  }

  @Test func timesAreNoNumbersAndTheirGapsAreNamed() throws {
    var csv = "day,low,high\n"
    for day in 1...28 where day != 11 && day != 12 { csv += "2024-02-\(day),\(day),\(day * 2)\n" }
    let found = try form(csv, task: .forecasting)
    #expect(found.inputs == ["low", "high"] && found.time?.gaps == 1 && found.time?.firstGap == 12)
    #expect(
      "\(found)"
        == "reads low, high -> low, high; 1 step ahead; 26 rows; "
        + "day goes on by 1 day, with 1 gap, the first before line 12")
    var hours = "t,x\n"
    for row in 0..<40 { hours += "\(Double(row) * 0.5 + (row == 20 ? 0.1 : 0)),\(row % 7)\n" }
    let uneven = try form(hours, task: .forecasting)
    #expect(uneven.inputs == ["x"] && uneven.time?.unequal == 2)
    let months = "date,x\n" + (1...12).map { "\($0)/28/2023,\($0 % 3)\n" }.joined()
    #expect(try form(months, task: .forecasting).time?.description == "date goes on by 1 month")
    let wide = "t,x\n" + (0..<40).map { "\($0)e300,\($0 % 7)\n" }.joined()
    #expect(try form(wide, task: .forecasting).time?.description == "t goes on by 1e+300")
  }

  @Test func emptyFieldsOfASeriesAreMissingNumbers() throws {
    let csv = "x\n1\n2\n\"\"\n4\n5\n6\n7\n8\n9\n10\n"
    try withFile("s.csv", csv) { path in
      var options = FileOptions()
      options.steps = 3
      let task = try FileDataset(path, task: .forecasting, options: options).read()
      #expect(task.form?.facts.contains("1 missing number") == true)
      let first = try samples(of: task.training)[0]
      guard case .features(let input) = first.input, case .features(let target) = first.target
      else {
        Issue.record("\(first)")
        return
      }
      #expect(input.values[2] == input.values[1] && target.values[1].isNaN)
    }
  }
}
