import FileCore

/// The input and target columns of a table: those in the options, or those whose name and content fit the task.
struct ColumnChoice {
  /// The task.
  var task: FileTask
  /// The input columns.
  var inputs: [ColumnSurvey]
  /// The target columns.
  var targets: [ColumnSurvey]
  /// The column of times of a series.
  var time: ColumnSurvey?

  private let file: RecordFile
  private let survey: TableSurvey

  /// Chooses the columns of a table.
  ///
  /// - Throws: `FileError` if a column of the options is missing, or no column fits.
  init(_ file: RecordFile, _ survey: TableSurvey, task: FileTask?) throws(FileError) {
    (self.file, self.survey) = (file, survey)
    (inputs, targets) = ([], [])
    self.task = task ?? .classification
    let given = try file.options.columns.columns(of: survey, in: file)
    targets = try (file.options.target ?? []).columns(of: survey, in: file)
    if task == nil { self.task = likelyTask(given) }
    if file.options.target == nil, given.count > 1, self.task != .forecasting {
      // The last of the given columns is the target.
      (inputs, targets) = (Array(given.dropLast()), [given[given.count - 1]])
    } else {
      inputs = given.filter { one in !targets.contains { $0.place == one.place } }
    }
    chooseTime()
    switch self.task {
    case .forecasting: chooseSeries()
    case .translation, .transcription: choosePair()
    case .writing: chooseWriting()
    case .regression: choose(usualTarget: named(ColumnNames.numbers) { $0.holdsNumbers })
    case .classification, .tagging:
      choose(usualTarget: named(ColumnNames.labels) { !$0.holdsTimes })
    }
    try check()
  }

  private mutating func chooseTime() {
    time = survey.columns.first { column in
      !inputs.contains { $0.place == column.place }
        && !targets.contains { $0.place == column.place }
        && (column.holdsTimes
          || survey.hasHeading && column.rises
            && (ColumnNames.times.contains(ColumnNames.plain(column.name))
              || column.place == 0 && column.counts && survey.columns.count > 1
                && task == .forecasting))
    }
  }

  /// The columns not chosen yet, without times and row numbers.
  private var free: [ColumnSurvey] {
    survey.columns.filter { column in
      !column.isIndex && column.place != time?.place
        && !inputs.contains { $0.place == column.place }
        && !targets.contains { $0.place == column.place }
    }
  }

  private func named(_ names: [String], _ isFit: (ColumnSurvey) -> Bool) -> ColumnSurvey? {
    let free = free.filter(isFit)
    for name in names {
      if let column = free.first(where: { Self.plain($0) == name }) { return column }
    }
    return nil
  }

  /// A column's name in lower case; for a nested member the last part of its path.
  private static func plain(_ column: ColumnSurvey) -> String {
    let name = ColumnNames.plain(column.name)
    return name.split(separator: ".").last.map(String.init) ?? name
  }

  // MARK: Choosing columns

  /// Chooses a text column as input; without one, all columns of numbers.
  private mutating func choose(usualTarget: ColumnSurvey?) {
    let isFree = targets.isEmpty
    if isFree, let usualTarget { targets = [usualTarget] }
    if inputs.isEmpty, let text {
      // One column of a few distinct words beside columns of measured numbers: the numbers are features, the words may
      // be classes.
      let isClass = !isCalled(text, ColumnNames.texts) && text.distinct * 2 <= text.filled
      if !isClass || !free.contains(where: \.isMeasured) {
        inputs = [text]
      } else if targets.isEmpty, task == .classification {
        targets = [text]
      }
    }
    if targets.isEmpty {
      targets = (task == .regression ? free.last { $0.holdsNumbers } : lastClass).map { [$0] } ?? []
    }
    if inputs.isEmpty { inputs = free.filter(\.holdsNumbers) }
  }

  private func isCalled(_ column: ColumnSurvey, _ names: [String]) -> Bool {
    names.contains(Self.plain(column))
  }

  /// A text column: one with a usual name, or the one with the most distinct and longest values.
  private var text: ColumnSurvey? {
    let texts = { (column: ColumnSurvey) in !column.holdsNumbers && !column.holdsTimes }
    func score(_ column: ColumnSurvey) -> (Int, Double, Int) {
      (column.distinct * 10 / max(1, column.filled), column.meanLength, -column.place)
    }
    return named(ColumnNames.texts, texts) ?? free.filter(texts).max { score($0) < score($1) }
  }

  /// The last column of classes: of several values, each of which occurs twice on average; else the last one with
  /// repeated values, or else the last one.
  private var lastClass: ColumnSurvey? {
    let rest = free.filter { !$0.holdsTimes && !$0.isMeasured }
    return rest.last { $0.distinct > 1 && $0.distinct * 2 <= $0.filled }
      ?? rest.last { $0.repeats } ?? rest.last { $0.filled > 0 } ?? rest.last ?? free.last
  }

  private mutating func choosePair() {
    if inputs.isEmpty && targets.isEmpty {
      for pair in ColumnNames.pairs {
        let found = pair.compactMap { name in free.first { Self.plain($0) == name } }
        if found.count == 2 { (inputs, targets) = ([found[0]], [found[1]]) }
        if !inputs.isEmpty { return }
      }
    }
    if inputs.isEmpty { inputs = free.first.map { [$0] } ?? [] }
    if targets.isEmpty { targets = free.first.map { [$0] } ?? [] }
  }

  private mutating func chooseWriting() {
    if targets.isEmpty {
      let texts = free.filter { !$0.holdsTimes }
      let usual = named(ColumnNames.texts) { !$0.holdsTimes }
      targets =
        (usual ?? texts.max { ($0.distinct, -$0.place) < ($1.distinct, -$1.place) })
        .map { [$0] } ?? []
    }
    if inputs.isEmpty {
      inputs = (named(ColumnNames.labels) { !$0.holdsTimes } ?? lastClass).map { [$0] } ?? []
    }
  }

  private mutating func chooseSeries() {
    if inputs.isEmpty { inputs = targets + free.filter(\.holdsNumbers) }
    for target in targets where !inputs.contains(where: { $0.place == target.place }) {
      inputs.append(target)
    }
    inputs.sort { $0.place < $1.place }
    if !file.options.columns.isEmpty {
      let order = (try? file.options.columns.columns(of: survey, in: file).map(\.place)) ?? []
      inputs.sort {
        (order.firstIndex(of: $0.place) ?? .max) < (order.firstIndex(of: $1.place) ?? .max)
      }
    }
    if targets.isEmpty { targets = inputs }
  }

  /// The likely task of a table.
  private func likelyTask(_ given: [ColumnSurvey]) -> FileTask {
    let columns = given.isEmpty ? survey.columns.filter { $0.filled > 0 } : given + targets
    guard !columns.isEmpty else { return .classification }
    let names = columns.map { Self.plain($0) }
    if ColumnNames.pairs.contains(where: { $0.allSatisfy(names.contains) }),
      columns.allSatisfy({ !$0.holdsNumbers && $0.distinct * 10 > $0.filled * 8 })
    {
      return .translation
    }
    let target =
      targets.first ?? columns.first { ["target", "label", "class"].contains(Self.plain($0)) }
    let areNumbers = columns.allSatisfy {
      $0.holdsNumbers || $0.holdsTimes || ColumnNames.times.contains(Self.plain($0))
    }
    // Numbers beside dates, and words that hardly change: measures of a place, say.
    let areMeasured =
      columns.contains(where: \.holdsTimes) && columns.contains(where: \.isMeasured)
      && columns.allSatisfy { $0.holdsNumbers || $0.holdsTimes || $0.distinct * 10 <= $0.filled }
    guard let target else {
      if areMeasured { return .forecasting }
      let last = columns.last { !$0.holdsTimes }
      return areNumbers ? .forecasting : last?.isMeasured == true ? .regression : .classification
    }
    return target.isMeasured ? .regression : .classification
  }

  /// Checks that there are input and target columns.
  private func check() throws(FileError) {
    func missing(_ expected: String) -> FileError {
      FileError(
        file: file.path, line: 1, column: 1, expected: expected,
        found: survey.columns.map(\.name).listed())
    }
    guard !inputs.isEmpty else {
      guard task != .forecasting else { throw missing("a column of numbers") }
      let answered = targets.map(\.name).listed()
      throw missing(
        targets.isEmpty
          ? "a column of texts or numbers"
          : "another column, of texts or numbers, to answer \(answered) from")
    }
    guard !targets.isEmpty else {
      throw missing("a second column, for the \(task == .regression ? "numbers" : "answers")")
    }
    if task != .regression, task != .forecasting, targets.count > 1 {
      throw missing("one column to answer")
    }
    let places = (inputs + (task == .forecasting ? [] : targets)).map(\.place)
    guard Set(places).count == places.count else {
      throw missing("different columns to read and to answer")
    }
  }
}

extension [String] {
  /// The columns of these names or numbers.
  fileprivate func columns(
    of survey: TableSurvey, in file: RecordFile
  ) throws(FileError) -> [ColumnSurvey] {
    var chosen: [ColumnSurvey] = []
    for name in self {
      let exact = survey.columns.first { ExactString($0.name) == ExactString(file.form(name)) }
      let number = Int(name).map { $0 - 1 }
      let byNumber = file.format == .jsonl ? nil : survey.columns.first { $0.place == number }
      guard let column = exact ?? byNumber ?? survey.columns.only(plain: name) else {
        throw FileError(
          file: file.path, line: 1, column: 1, expected: "a column \(name)",
          found: survey.columns.map(\.name).listed())
      }
      chosen.append(column)
    }
    return chosen
  }
}

extension [ColumnSurvey] {
  /// The only column of a name, ignoring case; nil if there are several or none.
  fileprivate func only(plain name: String) -> ColumnSurvey? {
    let found = filter { ColumnNames.plain($0.name) == ColumnNames.plain(name) }
    return found.count == 1 ? found[0] : nil
  }
}
