import Datasets
import FileCore
import Testing

/// Files read as test sets of a model: whole, in order, with the model's IDs and scales.
@Suite struct TestSetTests {
  private func fixture(_ name: String) -> String { Fixture.reading + "/" + name }

  @Test func aTestSetIsReadWholeWithTheModelsOwnTokensAndLabels() throws {
    let tokenizer = CharacterTokenizer("a good film")
    let (input, target) = (ValueKind.text(tokenizer), ValueKind.label(Vocabulary(["neg", "pos"])))
    let rows = (0..<25).map { "film \($0),\($0 == 24 ? "meh" : $0 % 2 == 0 ? "pos" : "neg")\n" }
    for memoryLimit in [0, 1 << 20] {
      try withFile("t.csv", "text,label\n" + rows.joined()) { path in
        var options = FileOptions()
        options.memoryLimit = memoryLimit
        let task = try FileDataset(path, options: options).readTestSet(
          input: input, target: target)
        #expect(task.validation == nil && task.target.names == ["neg", "pos", "meh"])
        let all = try samples(of: task.training)
        #expect(all.count == 25)
        #expect(all[9] == Sample(.tokens(tokenizer.encode("film 9")), .label(0)))
        #expect(all[24].target == .label(2))
      }
    }
  }

  @Test func aSeriesIsMeasuredToItsVeryEnd() throws {
    var options = FileOptions()
    options.steps = 100
    let training = try FileDataset(fixture("series.csv"), options: options).read()
    func values(_ name: String) throws -> [Double] {
      let task = try FileDataset(fixture(name), options: options).readTestSet(
        input: training.input, target: training.target)
      guard case .features(let columns) = task.target else { return [] }
      return try samples(of: task.training).flatMap { sample -> [Double] in
        guard case .features(let steps) = sample.target else { return [] }
        return steps.values.filter { !$0.isNaN }.map { columns[0].number(of: $0) }
      }
    }
    // Each row but the first is a target exactly once.
    #expect(try values("test.csv").count == 399)
    let wild = try values("test-wild-end.csv")
    #expect(wild.count == 399 && wild.suffix(30).allSatisfy { abs($0 - 1000) < 0.01 })
    #expect(try values("test-105.csv").count == 104)
  }
}
