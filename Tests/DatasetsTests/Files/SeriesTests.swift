import Datasets
import FileCore
import Testing

@Suite struct SeriesTests {
  private func options(memoryLimit: Int, columns: [String] = []) -> FileOptions {
    var options = FileOptions()
    options.columns = columns
    options.steps = 4
    options.horizon = 2
    options.memoryLimit = memoryLimit
    return options
  }

  /// The unscaled numbers of a sample's input or target.
  private func numbers(_ value: SampleValue, _ kind: ValueKind) -> [Double] {
    guard case .features(let steps) = value, case .features(let columns) = kind else { return [] }
    return steps.values.enumerated().map { columns[$0 % columns.count].number(of: $1) }
  }

  @Test(arguments: [0, 1 << 20])
  func windowsAndTheirContinuationsAreTheColumnsOfTheFile(memoryLimit: Int) throws {
    var csv = "time,a,name,b\n"
    for row in 0..<100 { csv += "\(row), \(row * row),x,\(-Double(row) / 4)\n" }
    try withFile("s.csv", csv) { path in
      let dataset = FileDataset(
        path, task: .forecasting, options: options(memoryLimit: memoryLimit, columns: ["a", "b"]))
      let task = try dataset.read()
      #expect(task.input.names == ["a", "b"] && task.shape == .manyToManyInStep)
      let training = try samples(of: task.training)
      // Rows 0 to 89 are for training: windows of 4 rows, their targets 2 rows later.
      #expect(training.count == (memoryLimit == 0 ? 22 : 85))
      #expect(task.training.count == training.count)
      let stride = memoryLimit == 0 ? 4 : 1
      for (index, sample) in training.enumerated() {
        let rows = (0..<4).map { Double(index * stride + $0) }
        let expected = rows.flatMap { [$0 * $0, -$0 / 4] }
        let later = rows.map { $0 + 2 }.flatMap { [$0 * $0, -$0 / 4] }
        for (found, right) in zip(
          numbers(sample.input, task.input) + numbers(sample.target, task.target), expected + later)
        {
          #expect(abs(found - right) < 1e-2, "window \(index)")
        }
      }
      let held = try samples(of: try #require(task.validation))
      #expect(held.count == (memoryLimit == 0 ? 2 : 5))
      #expect(abs(numbers(held[0].input, task.input)[0] - 8100) < 1)
    }
  }

  @Test func numbersAreScaledByTheTrainingPartAlone() throws {
    let csv = (0..<100).map { $0 < 90 ? "\($0 % 2 == 0 ? -3 : 5)\n" : "1e9\n" }.joined()
    try withFile("s.csv", csv) { path in
      let task = try FileDataset(path, options: options(memoryLimit: 1 << 20)).read()
      guard case .features(let columns) = task.input else {
        Issue.record("\(task.input)")
        return
      }
      #expect(columns.map(\.name) == ["1"])
      #expect(abs(columns[0].offset - 1) < 1e-12 && abs(columns[0].scale - 4) < 1e-12)
    }
  }

  @Test func columnsOfNumbersAreFoundAndHeadersTold() throws {
    let rows = (0..<40).map { "2024-01-\($0),\($0),\($0 * 2)\n" }.joined()
    for (header, names) in [("day,low,high\n", ["low", "high"]), ("", ["2", "3"])] {
      try withFile("s.csv", header + rows) { path in
        var own = options(memoryLimit: 0)
        own.hasHeader = header.isEmpty ? false : nil
        let task = try FileDataset(path, task: .forecasting, options: own).read()
        #expect(task.input.names == names)
      }
    }
  }

  @Test(arguments: [0, 1 << 20])
  func aCellThatIsNoNumberIsNamedOrPassedOver(memoryLimit: Int) throws {
    let csv = "v\n" + (0..<60).map { $0 == 7 ? "seven\n" : $0 == 30 ? "3O\n" : "\($0)\n" }.joined()
    try withFile("s.csv", csv) { path in
      var own = options(memoryLimit: memoryLimit)
      #expect(
        throws: FileError(
          file: path, line: 9, column: 1, expected: "a number", found: "seven")
      ) { try FileDataset(path, task: .forecasting, options: own).read() }
      own.skipsBadRows = true
      let task = try FileDataset(path, task: .forecasting, options: own).read()
      #expect(task.skipped.count == 2)
      let all = try samples(of: task.training)
      #expect(all.flatMap { numbers($0.input, task.input) }.allSatisfy { abs($0 - 7) > 0.1 })
    }
  }

  /// Nothing is learned of a column that has no number, so it is named.
  /// As every other count in a message is written.
  @Test func thousandsOfRowsAreGrouped() throws {
    try withFile("s.csv", "v\n" + (0..<1_797).map { "\($0)\n" }.joined()) { path in
      let task = try FileDataset(path, options: options(memoryLimit: 1 << 20)).read()
      #expect(task.form?.facts == ["2 steps ahead", "1,797 rows"])
    }
  }

  @Test func aColumnOfMissingNumbersIsNamed() throws {
    let csv = "v,w\n" + (0..<60).map { "\($0),\n" }.joined()
    try withFile("s.csv", csv) { path in
      #expect(
        throws: FileError(
          file: path, expected: "numbers of w in the rows to learn from", found: "only missing ones"
        )
      ) {
        try FileDataset(
          path, task: .forecasting, options: options(memoryLimit: 1 << 20, columns: ["v", "w"])
        ).read()
      }
    }
  }

  @Test func aSeriesThatIsTooShortSaysSo() throws {
    try withFile("s.csv", "1\n2\n3\n") { path in
      #expect(
        throws: FileError(
          file: path, expected: "at least 6 rows, a window of 4 and 2 behind it",
          found: "3")
      ) {
        try FileDataset(path, options: options(memoryLimit: 0)).read()
      }
    }
  }
}
