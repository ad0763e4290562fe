import Foundation
import Testing

/// Files as people have them: each trains with one command and no flag but the file's name, and `predict` and `evaluate`
/// serve it with one more; the answers are better than guesses.
///
/// Trainings to their end take minutes together. Unless SWIFT_RNN_DEEP is set, as `make test-deep` does, most of them end
/// after some steps, and only that their models serve is tested.
@Suite struct OwnFilesTests {
  /// A file, the command that trains on it, and what is asked of it.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let command: String
    /// Writes the file, and another of the same form to measure on.
    let files: @Sendable (String) throws -> (data: String, test: String)
    /// What the first line of training says of the file; nil for texts.
    let reads: String?
    /// The least accuracy on the test set, or nil: the loss must be below this share of a guess's.
    var accuracy: Double?
    var shareOfGuess = 0.9
    /// The number of answers of `predict` to the test set; nil if it only must answer.
    var answers: Int?
    /// Whether it is always trained to its end.
    var isAlwaysWhole = false
    var isWhole: Bool { isAlwaysWhole || OwnFilesTests.isDeep }
    var testDescription: String { name }
  }

  private static let isDeep = ProcessInfo.processInfo.environment["SWIFT_RNN_DEEP"] != nil

  @Test(arguments: cases)
  func isTrainedOnAnsweredAndMeasured(_ one: Case) throws {
    try withTemporaryDirectory { directory in
      let (data, test) = try one.files(directory)
      let flag = one.command.isEmpty ? "--dataset" : "--data"
      let steps = one.isWhole ? "" : " --max-steps 10"
      let trained = try Program.shell(
        "train \(one.command) \(flag) \(data)\(steps)", in: directory)
      #expect(trained.status == 0 && trained.error.isEmpty, "\(trained.error)")
      if let reads = one.reads {
        #expect(trained.output.hasPrefix("reads \(reads)"), "\(trained.output.prefix(200))")
      }
      #expect(trained.output.contains("guessing "), "\(trained.output.suffix(900))")
      let answered = try Program.shell("predict --ckpt model.rnnz \(test)", in: directory)
      #expect(answered.status == 0, "\(answered.error)")
      let lines = answered.output.split(separator: "\n", omittingEmptySubsequences: false)
        .dropLast()
      #expect(one.answers.map { $0 == lines.count } ?? !lines.isEmpty, "\(answered.output)")
      let measured = try Program.shell(
        "evaluate --ckpt model.rnnz --data \(test)", in: directory)
      #expect(measured.status == 0, "\(measured.error)")
      let guess = try #require(
        measured.output.firstMatch(
          of: /guessing .* has a loss of ([0-9.]+).*, the model ([0-9.]+)/),
        "\(measured.output)")
      guard one.isWhole else { return }
      if let least = one.accuracy {
        let found = try #require(measured.output.firstMatch(of: /accuracy ([0-9.]+)/))
        #expect(try #require(Double(found.1)) >= least, "\(measured.output)")
      } else {
        let (loss, own) = (try #require(Double(guess.1)), try #require(Double(guess.2)))
        #expect(own < one.shareOfGuess * loss, "\(measured.output)")
      }
    }
  }

  // MARK: The files

  private static func write(_ text: String, to path: String, _ encoding: String.Encoding = .utf8)
    throws
  {
    try #require(text.data(using: encoding)).write(to: URL(fileURLWithPath: path))
  }

  /// Reviews of which one word tells the label, some with commas, quotes and line ends.
  private static func reviews(_ rows: Range<Int>, _ words: [[String]], label: [String]) -> String {
    let starts = ["The film was", "\"\"Quite\"\", they say:", "What we saw,\nat last, was"]
    return rows.map { row in
      let side = row * 7 % 5 % 2
      let word = words[side][row % words[side].count]
      return "\(row),\"\(starts[row % 3]) \(word), really.\",\(label[side])\n"
    }.joined()
  }
  private static let english = [["dull", "poor", "sad"], ["great", "lovely", "fine"]]
  private static let french = [["mauvais", "raté", "pénible"], ["très bon", "génial", "réussi"]]

  private static func reviewFiles(
    _ folder: String, _ words: [[String]], ending: String = ".csv",
    encoding: String.Encoding = .utf8
  ) throws -> (String, String) {
    for (name, rows) in [("reviews", 0..<200), ("others", 200..<240)] {
      let text = "id,review,sentiment\n" + reviews(rows, words, label: ["bad", "good"])
      try write(text, to: "\(folder)/\(name)\(ending)", encoding)
    }
    return ("reviews\(ending)", "others\(ending)")
  }

  /// A wave over days with some days missing, and a missing number now and then.
  private static func weather(_ days: Range<Int>) -> String {
    var text = "date,temperature,humidity\n"
    for day in days where day % 37 != 5 {
      let (month, rest) = day.quotientAndRemainder(dividingBy: 28)
      let date =
        "20\(10 + month / 12)-\(month % 12 < 9 ? "0" : "")\(month % 12 + 1)-\(rest < 9 ? "0" : "")\(rest + 1)"
      let warm = 12 + 9 * sin(Double(day) * 0.4) + Double(day * 13 % 7) * 0.1
      let damp =
        day % 53 == 9
        ? (day % 2 == 0 ? "" : "NA") : "\((60 - 20 * sin(Double(day) * 0.4)).rounded())"
      text += "\(date),\((warm * 10).rounded() / 10),\(damp)\n"
    }
    return text
  }

  private static let cases: [Case] = [
    Case(
      name: "reviews.csv", command: "classify", files: { try reviewFiles($0, english) },
      reads: "review -> sentiment; 2 classes", accuracy: 0.95, answers: 40, isAlwaysWhole: true),
    Case(
      name: "weather.csv", command: "forecast",
      files: { folder in
        try write(weather(0..<500), to: "\(folder)/weather.csv")
        try write(weather(500..<700), to: "\(folder)/later.csv")
        return ("weather.csv", "later.csv")
      }, reads: "temperature, humidity -> temperature, humidity; 1 step ahead", shareOfGuess: 0.7),
    Case(
      name: "nested.jsonl", command: "classify",
      files: { folder in
        for (name, rows) in [("nested", 0..<200), ("others", 200..<240)] {
          let text = rows.map { row in
            let side = row * 7 % 5 % 2
            return
              #"{"id":\#(row),"post":{"user":{"age":3},"text":"it is \#(english[side][row % 3]) \#(row % 11)"},"label":"\#(side)"}"#
              + "\n"
          }.joined()
          try write(text, to: "\(folder)/\(name).jsonl")
        }
        return ("nested.jsonl", "others.jsonl")
      }, reads: "post.text -> label; 2 classes", accuracy: 0.95, answers: 40),
    Case(
      name: "reviews.csv.gz", command: "classify",
      files: { folder in
        let names = try reviewFiles(folder, english)
        _ = try Program.shell("gzip reviews.csv others.csv", in: folder)
        return (names.0 + ".gz", names.1 + ".gz")
      }, reads: "review -> sentiment; 2 classes", accuracy: 0.95, answers: 40),
    Case(
      name: "latin1.csv", command: "classify",
      files: { try reviewFiles($0, french, encoding: .isoLatin1) },
      reads: "review -> sentiment; 2 classes; as Latin-1", accuracy: 0.95, answers: 40),
    Case(
      name: "a folder of texts", command: "",
      files: { folder in
        try FileManager.default.createDirectory(
          atPath: "\(folder)/texts/more", withIntermediateDirectories: true)
        for index in 0..<12 {
          let place = index % 3 == 0 ? "texts/more" : "texts"
          let text = (0..<20).map {
            "the \(english[$0 % 2][($0 + index) % 3]) cat sat on mat \($0)\n"
          }
          try write(text.joined(), to: "\(folder)/\(place)/\(index).txt")
        }
        try write("the sad cat sat on mat 7\nthe fine cat sat on", to: "\(folder)/test.txt")
        return ("texts", "test.txt")
      }, reads: "texts; ", answers: 2),
    Case(
      name: "a page of a Chinese novel", command: "",
      files: { folder in
        // The first sentences of "Dream of the Red Chamber", which are two and a half centuries old.
        let page = """
          此開卷第一回也。作者自云：因曾歷過一番夢幻之後，故將真事隱去，而借通靈之說，撰此石頭記一書也。
          故曰甄士隱云云。但書中所記何事何人？自又云：今風塵碌碌，一事無成，忽念及當日所有之女子，
          一一細考較去，覺其行止見識，皆出於我之上。何我堂堂鬚眉，誠不若彼裙釵哉？實愧則有餘，悔又無益之大無可如何之日也！
          當此，則自欲將已往所賴天恩祖德，錦衣紈絝之時，飫甘饜肥之日，背父兄教育之恩，負師友規談之德，
          以至今日一技無成，半生潦倒之罪，編述一集，以告天下人：我之罪固不免，然閨閣中本自歷歷有人，
          萬不可因我之不肖，自護己短，一併使其泯滅也。

          """
        try write(String(repeating: page, count: 4), to: "\(folder)/novel.txt")
        try write(page, to: "\(folder)/page.txt")
        return ("novel.txt", "page.txt")
      }, reads: "novel.txt; ", shareOfGuess: 0.5, answers: 6),
    Case(
      name: "ner.conll", command: "tag",
      files: { folder in
        let names = ["Ada", "Emil", "Ines", "Olga"]
        let towns = ["Rome", "Oslo", "Lima"]
        for (name, rows) in [("ner", 0..<120), ("others", 120..<140)] {
          var text = "-DOCSTART- -X- O\n\n"
          for row in rows {
            text += "# sentence \(row)\n\(names[row % 4]) NNP B-PER\nwent VBD O\nto TO O\n"
            text += row % 3 == 0 ? "the DT O\nsea NN O\n\n" : "\(towns[row % 3]) NNP B-LOC\n\n"
          }
          try write(text, to: "\(folder)/\(name).conll")
        }
        return ("ner.conll", "others.conll")
      }, reads: "word (column 1) -> tag (the last column); 3 tags", accuracy: 0.95, answers: 20),
    Case(
      name: "series.tsv", command: "forecast",
      files: { folder in
        func rows(_ steps: Range<Int>) -> String {
          "time\tvalue\n" + steps.map { "\($0)\t\(sin(Double($0) * 0.7) * 40 + 7)\n" }.joined()
        }
        try write(rows(0..<300), to: "\(folder)/series.tsv")
        try write(rows(300..<420), to: "\(folder)/later.tsv")
        return ("series.tsv", "later.tsv")
      }, reads: "value -> value; 1 step ahead", shareOfGuess: 0.3, answers: 120,
      isAlwaysWhole: true),
    Case(
      name: "names.csv", command: "names",
      files: { folder in
        let ends = [("fin", ["nen", "la", "ki"]), ("ita", ["ini", "elli", "ucci"])]
        func rows(_ rows: Range<Int>) -> String {
          rows.map { row in
            let (country, ends) = ends[row % 2]
            return "\(["Mat", "Ros", "Vir", "Kol"][row / 2 % 4])\(ends[row / 3 % 3]),\(country)\n"
          }.joined()
        }
        try write("name,country\n" + rows(0..<200), to: "\(folder)/names.csv")
        try write("name,country\n" + rows(200..<240), to: "\(folder)/others.csv")
        return ("names.csv", "others.csv")
      }, reads: "country -> name", shareOfGuess: 0.7, answers: 40),
    Case(
      name: "regression.csv", command: "regress",
      files: { folder in
        func rows(_ rows: Range<Int>) -> String {
          rows.map { row in
            let (size, age) = (40 + row * 17 % 90, row * 29 % 50)
            return "\(size),\(age),\(1000 + 30 * size - 12 * age + row * 7 % 5)\n"
          }.joined()
        }
        try write("size,age,price\n" + rows(0..<300), to: "\(folder)/regression.csv")
        try write("size,age,price\n" + rows(300..<340), to: "\(folder)/others.csv")
        return ("regression.csv", "others.csv")
      }, reads: "size, age -> price", shareOfGuess: 0.2, answers: 40),
  ]
}
