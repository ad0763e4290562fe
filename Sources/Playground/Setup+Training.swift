import Cells
import Datasets
import FileCore
import Foundation
import Models
import Training

extension Setup {
  /// The trainings of the setup, one for each cell.
  ///
  /// - Throws: `Refusal` with what is wrong, or an error of the data's reader.
  func learners() throws -> [Learner] {
    guard let choice = DataChoice.named(data) else {
      let names = DataChoice.all.map(\.name).joined(separator: ", ")
      throw Refusal("data: expected one of \(names), found \(data)")
    }
    try checkSizes()
    let cells = try [cell, beside].filter { !$0.isEmpty }.map(Zoo.cell)
    switch choice.kind {
    case .corpus, .text:
      let corpus = try corpus()
      return try cells.map { Learner(title: $0.name, try trainer(of: $0, on: corpus)) }
    case .laboratory:
      let dataset = try DatasetRegistry.standard.dataset(data)
      let samples = try dataset.read()
      return try cells.map { cell in
        Learner(
          title: cell.name,
          try trainer(of: cell, on: samples, language: dataset as? any SequenceLanguage))
      }
    case .table:
      let samples = try table()
      return try cells.map { Learner(title: $0.name, try trainer(of: $0, on: samples)) }
    }
  }

  private var settings: TrainingSettings {
    var settings = TrainingSettings()
    settings.epochs = 1_000_000
    settings.learningRate = rate
    settings.clip = 1
    settings.evaluateEvery = 50
    settings.seed = seed
    return settings
  }

  private func trainer(
    of cell: NamedCell, on corpus: TokenizedCorpus
  ) throws -> LanguageModelTrainer {
    try checkCost(of: cell, inputSize: 32)
    let configuration = LanguageModelTask.Configuration(
      dataset: data, model: ModelConfiguration(cell: cell, hiddenSize: units, layers: layers),
      windows: Windows(.sequential, batchSize: 16, sequenceLength: 48))
    return try LanguageModelTrainer(LanguageModelTask(configuration, corpus), settings)
  }

  private func trainer(
    of cell: NamedCell, on samples: TaskSamples, language: (any SequenceLanguage)? = nil
  ) throws -> Trainer<SequenceTask> {
    var task = try SequencePreset(dataset: data, samples).task
    (task.model.cell, task.model.hiddenSize, task.model.layers) = (cell, units, layers)
    let input = samples.input.isDiscrete ? task.model.embeddingSize : samples.input.size
    let cost = try checkCost(of: cell, inputSize: input)
    let steps = try longestSample(of: samples)
    guard steps <= Limits.steps, cost * steps * task.batchSize <= Limits.batchOperations else {
      throw Refusal(
        "samples: expected at most \(Limits.steps) steps and \(Limits.batchOperations) operations a batch, "
          + "found \(steps) and \(cost * steps * task.batchSize)")
    }
    // What steps cost without a text's windows is little, so that measuring would take most of the time.
    var settings = settings
    settings.evaluateEvery = 100
    return try Trainer(SequenceTask(task, samples: samples, language: language), settings)
  }

  /// The steps of the longest sample, of the first thousand where they are generated.
  private func longestSample(of samples: TaskSamples) throws -> Int {
    var place = SamplePlace()
    let limit = data == "table" ? Limits.text : 1000
    return try samples.training.samples(from: &place, limit: limit)
      .reduce(1) { max($0, $1.input.length ?? 1, $1.target.length ?? 1) }
  }

  // MARK: Checks

  private func checkSizes() throws {
    try InvalidSetting.check("units", units, in: Limits.units)
    try InvalidSetting.check("layers", layers, in: Limits.layers)
    guard rate > 0, rate <= 10 else {
      throw InvalidSetting("learning rate", expected: "a number above 0, at most 10", found: rate)
    }
  }

  /// Refuses sizes whose steps would take too long or too much memory; returns the operations of a step.
  @discardableResult
  private func checkCost(of cell: NamedCell, inputSize: Int) throws -> Int {
    try cell.validate(inputSize: inputSize, hiddenSize: units)
    let graph = CellGraph(cell, inputSize: inputSize, hiddenSize: units)
    guard graph.parameterCount <= Limits.parameters,
      graph.operationsPerStep <= Limits.operations
    else {
      throw Refusal(
        "\(cell.name) of \(units) units: expected at most \(Limits.parameters) weights and "
          + "\(Limits.operations) operations a step, found \(graph.parameterCount) and \(graph.operationsPerStep)"
      )
    }
    return graph.operationsPerStep
  }

  // MARK: What the page sent

  private func corpus() throws -> TokenizedCorpus {
    guard data == "text" else {
      return try TokenizedCorpus(CorpusRegistry.standard.corpus("\(data):200000"))
    }
    try checkText(from: Limits.shortestText)
    return try TokenizedCorpus(SentText(text: text))
  }

  private func table() throws -> TaskSamples {
    try checkText(from: 1)
    guard task.isEmpty || FileTask(rawValue: task) != nil else {
      let names = FileTask.allCases.map(\.rawValue).joined(separator: ", ")
      throw Refusal("task: expected one of \(names), found \(task)")
    }
    // Tables are read from files, which say what is wrong by the file's name: that of the page's field.
    let path = FileManager.default.temporaryDirectory
      .appending(path: "playground-\(UUID().uuidString)").path
    try Data(text.utf8).write(to: URL(filePath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    do {
      return try FileDataset(path, task: FileTask(rawValue: task)).read()
    } catch {
      throw Refusal("\(error)".replacing(path, with: "table"))
    }
  }

  private func checkText(from least: Int) throws {
    guard (least...Limits.text).contains(text.utf8.count) else {
      throw Refusal("text: expected \(least) to \(Limits.text) bytes, found \(text.utf8.count)")
    }
  }
}

/// A text that the page sent.
private struct SentText: Corpus {
  let name = "text"
  let text: String
  func read() throws -> CorpusText { CorpusText(text) }
}
