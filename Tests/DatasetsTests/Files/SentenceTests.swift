import Datasets
import FileCore
import Testing

@Suite struct SentenceTests {
  private func sentences(_ task: TaskSamples) throws -> [String] {
    try samples(of: task.training).map { sample in
      guard case .tokens(let words) = sample.input, case .tokens(let tags) = sample.target else {
        return ""
      }
      return zip(words, tags)
        .map { "\(task.input.names[Int($0)])/\(task.target.names[Int($1)])" }
        .joined(separator: " ")
    }
  }

  @Test func wordsAndTagsAreTheFirstAndTheLastColumn() throws {
    let text = """
      -DOCSTART- -X- O O

      the DT B-NP O
      cat NN I-NP B-X

      the DT B-NP O
      cat NN I-NP B-X
      sat VB B-VP O


      """
    try withFile("t.conll", text) { path in
      let task = try FileDataset(path).read()
      #expect(task.input.names == ["<unk>", "cat", "the"])
      #expect(task.target.names == ["B-X", "O"] && task.shape == .manyToManyInStep)
      #expect(try sentences(task) == ["the/O cat/B-X", "the/O cat/B-X <unk>/O"])
      var options = FileOptions()
      options.columns = ["1", "2"]
      options.memoryLimit = 0
      let parts = try FileDataset(path, options: options).read()
      #expect(try sentences(parts) == ["the/DT cat/NN", "the/DT cat/NN <unk>/VB"])
      options.minimumCount = 1
      let all = try FileDataset(path, options: options).read()
      #expect(all.input.names == ["<unk>", "cat", "sat", "the"])
    }
  }

  @Test func universalDependenciesAreReadWithoutRangesAndComments() throws {
    let text = """
      # text = vámonos al mar
      1-2\tvámonos\t_\t_\t_\t_\t_\t_\t_\t_
      1\tvamos\tir\tVERB\t_\t_\t0\troot\t_\t_
      2\tnos\tnosotros\tPRON\t_\t_\t1\tobj\t_\t_
      2.1\tx\tx\tX\t_\t_\t_\t_\t_\t_

      1\tnos\tnosotros\tPRON\t_\t_\t1\tobj\t_\t_
      2\t#\t#\tSYM\t_\t_\t1\tobj\t_\t_
      """
    try withFile("t.conllu", text) { path in
      let task = try FileDataset(path).read()
      #expect(try sentences(task) == ["<unk>/VERB nos/PRON", "nos/PRON <unk>/SYM"])
    }
  }

  @Test func aLineWithoutATagIsNamedOrItsSentencePassedOver() throws {
    let text = "a X\nb\nc Z\n\na X\nb Y\n"
    try withFile("t.conll", text) { path in
      #expect(
        throws: FileError(
          file: path, line: 2, column: 1, expected: "2 columns", found: "1")
      ) { try FileDataset(path).read() }
      var options = FileOptions()
      options.skipsBadRows = true
      let task = try FileDataset(path, options: options).read()
      #expect(task.skipped.count == 1 && task.training.count == 1)
      #expect(task.target.names == ["X", "Y"])
    }
  }
}
