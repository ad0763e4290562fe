import FileCore

/// The rows of a table as samples of input and target columns.
struct TableRows {
  private let file: RecordFile
  private let choice: ColumnChoice
  private let layout: RecordFile.Layout
  private let input: RowSide
  private let target: RowSide

  init(_ file: RecordFile, _ survey: TableSurvey, _ choice: ColumnChoice) {
    self.file = file
    self.choice = choice
    layout = file.layout(survey, choice.inputs + choice.targets)
    let areNumbers = choice.inputs.allSatisfy(\.holdsNumbers)
    let inputNames = choice.inputs.map(\.name)
    let targetNames = choice.targets.map(\.name)
    let usual: RowSide.Job = areNumbers && !choice.inputs.isEmpty ? .step : .text
    switch choice.task {
    case .classification, .tagging, .forecasting:
      (input, target) = (RowSide(usual, inputNames), RowSide(.label, targetNames))
    case .regression:
      (input, target) = (RowSide(usual, inputNames), RowSide(.vector, targetNames))
    case .translation, .transcription:
      (input, target) = (RowSide(.text, inputNames), RowSide(.text, targetNames))
    case .writing:
      (input, target) = (RowSide(.label, inputNames), RowSide(.text, targetNames))
    }
  }

  func read() throws(FileError) -> TaskSamples {
    var inputs = survey(input, file.known?.input, isTarget: false)
    var targets = survey(target, file.known?.target, isTarget: true)
    let (input, target) = (inputs.side, targets.side)
    let count = choice.inputs.count
    let path = file.path
    var rows = 0
    let skipped = try file.forEach(layout) { (record) throws(FileError) in
      let fields = try file.fields(record, layout)
      try input.check(fields[..<count], in: path)
      try target.check(fields[count...], in: path)
      inputs.add(fields[..<count])
      targets.add(fields[count...])
      rows += 1
    }
    guard rows > 0 else { throw FileError.noRows(path) }
    let (read, answered) = (inputs.kind, targets.kind)
    let (training, validation) = try file.parts(layout) { (record) throws(FileError) in
      let fields = try file.fields(record, layout)
      return Sample(
        try input.value(fields[..<count], read, in: path),
        try target.value(fields[count...], answered, in: path))
    }
    var facts: [String] = []
    if case .label(let classes) = answered { facts = [classes.count.counted("classes")] }
    let form = FileForm(
      choice.task, options(), inputs: input.names, targets: target.names,
      facts: facts + skipped.facts)
    return TaskSamples(
      input: read, target: answered, alignment: alignment,
      training: training, validation: validation, skipped: skipped, form: form)
  }

  private var alignment: Alignment {
    guard target.job == .text else { return .inStep }
    return choice.task == .transcription ? .ordered : .delayed
  }

  private func survey(_ side: RowSide, _ known: ValueKind?, isTarget: Bool) -> SideSurvey {
    SideSurvey(own(side, known), file.options, known, isTarget: isTarget)
  }

  /// The conversion for a model's known kind.
  private func own(_ side: RowSide, _ known: ValueKind?) -> RowSide {
    switch known {
    case .text: RowSide(.text, side.names)
    case .features: RowSide(.step, side.names)
    case .vector: RowSide(.vector, side.names)
    case .label: RowSide(.label, side.names)
    case .symbols, nil: side
    }
  }

  /// The file with the chosen columns in its options.
  private func options() -> RecordFile {
    var file = file
    file.options.columns = input.names
    file.options.target = target.names
    file.options.hasHeader = layout.width == nil && file.format != .jsonl ? false : nil
    return file
  }
}
