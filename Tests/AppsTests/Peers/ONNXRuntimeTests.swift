import Cells
import Checkpoint
import Datasets
import Foundation
import Interop
import Models
import TensorCore
import Testing

/// Exported models pass ONNX's checker and give the same results in onnxruntime.
@Suite(.enabled(if: Peers.areInstalled, Peers.comment)) struct ONNXRuntimeTests {
  /// A recurrent layer and its test input.
  private struct Case {
    var name: String
    var layer: Recurrent
    var input: Tensor
    var state: RecurrentState

    init(
      _ name: String, _ cell: some RecurrentCell, size: Int = 4, layers: Int = 1,
      direction: Recurrent.Direction = .forward, bias: Bool = true,
      layout: Recurrent.Layout = .timeFirst, options: Recurrent.Options = .init(),
      randomState: Bool = true
    ) {
      var generator = Philox(seed: 3)
      self.name = name
      layer = Recurrent(
        cell, inputSize: size, hiddenSize: 4, layers: layers, direction: direction, bias: bias,
        layout: layout, options: options, using: &generator)
      input = Tensor(
        normal: layout == .timeFirst ? [6, 2, size] : [2, 6, size], using: &generator)
      state = layer.zeroState(batch: 2)
      guard randomState else { return }
      for name in state.names {
        state[name] = 0.5 * Tensor(normal: state[name].shape, using: &generator)
      }
    }
  }

  private func expectEqual(_ cases: [Case]) throws {
    try withTemporaryDirectory { directory in
      for run in cases {
        let path = "\(directory)/\(run.name)"
        try run.layer.onnx().save(to: path + ".onnx")
        var values = Safetensors(arrays: ["input": StoredArray(run.input)])
        for name in run.state.names { values.arrays[name] = StoredArray(run.state[name]) }
        try values.save(to: path + ".in.safetensors")
      }
      _ = try Peers.run("run_onnx.py", directory)
      for run in cases {
        let results = try Safetensors(path: "\(directory)/\(run.name).out.safetensors")
        let (output, state) = run.layer(run.input, from: run.state)
        try expect(results.array("output").tensor, equals: output, run.name)
        for name in state.names {
          try expect(
            results.array(name + "_out").tensor, equals: state[name], "\(run.name), \(name)")
        }
      }
    }
  }

  private func expect(_ found: Tensor, equals expected: Tensor, _ name: String) {
    #expect(found.shape == expected.shape, "\(name)")
    let pairs = zip(found.scalars, expected.scalars)
    let worst = pairs.map { abs($0 - $1) / max(1, abs($1)) }.max() ?? 0
    #expect(worst <= 1e-5, "\(name): \(worst)")
  }

  /// Every cell of the registry, as an ONNX operation or as a loop over its equations.
  @Test func everyCellGivesTheSame() throws {
    try expectEqual(
      CellRegistry.standard.entries.map { entry in
        Case(entry.name, NamedCellBox(entry.cell), randomState: false)
      })
  }

  @Test func directionsStacksAndLayoutsGiveTheSame() throws {
    typealias Direction = Recurrent.Direction
    var cases: [Case] = []
    let directions: [(String, Direction)] = [
      ("forward", .forward), ("reverse", .reverse),
      ("both", .bidirectional(merge: .concatenate)), ("sum", .bidirectional(merge: .sum)),
      ("mean", .bidirectional(merge: .mean)), ("product", .bidirectional(merge: .product)),
    ]
    let cells: [(String, any RecurrentCell)] = [
      ("rnn", RNN()), ("relu", RNN(nonlinearity: .relu)), ("gru", GRU()),
      ("gru-before", GRU(reset: .beforeProduct)), ("lstm", LSTM()),
      ("peephole", LSTM(hasPeepholes: true)), ("coupled", LSTM(gates: .coupled)),
      ("coupled-peephole", LSTM(gates: .coupled, hasPeepholes: true)), ("mgu", MGU()),
      ("projected", LSTM(projectionSize: 3)),
    ]
    for (name, cell) in cells {
      for (index, (word, direction)) in directions.enumerated() {
        cases.append(
          Case(
            "\(name)-\(word)", NamedCellBox(cell), size: 3, layers: 2, direction: direction,
            bias: index != 1, layout: index.isMultiple(of: 2) ? .timeFirst : .batchFirst))
      }
    }
    try expectEqual(cases)
  }

  /// The layer's options are exported too, whether the cell is an ONNX operation or not.
  @Test func wrappedCellsGiveTheSame() throws {
    var sizes = Recurrent.Options()
    sizes.layerSizes = [5, 3]
    var wrapped = sizes
    wrapped.connection = .highway
    wrapped.projectionSize = 2
    wrapped.normalizesProducts = true
    wrapped.learnsInitialState = true
    wrapped.zoneout = ["hidden": 0.25]
    wrapped.weightDropout = 0.5
    var residual = Recurrent.Options()
    residual.connection = .residual
    let cells: [(String, any RecurrentCell)] = [("lstm", LSTM()), ("gru", GRU()), ("mgu", MGU())]
    try expectEqual(
      cells.flatMap { name, cell in
        [("sizes", sizes), ("wrapped", wrapped), ("residual", residual)].flatMap { word, options in
          [Recurrent.Direction.forward, .bidirectional(merge: .concatenate)].map { direction in
            Case(
              "\(name)-\(word)-\(direction.count)", NamedCellBox(cell), size: 8, layers: 2,
              direction: direction, options: options)
          }
        }
      })
  }

  /// Cells that ONNX has are exported as its operations.
  @Test func knownCellsBecomeOperations() throws {
    var generator = Philox(seed: 1)
    func operations(_ cell: some RecurrentCell) -> Set<String> {
      let layer = Recurrent(cell, inputSize: 3, hiddenSize: 4, using: &generator)
      return Set(layer.onnx().graph.nodes.map(\.operation))
    }
    #expect(operations(LSTM(forgetBias: 1)).contains("LSTM"))
    #expect(operations(GRU(reset: .beforeProduct)).contains("GRU"))
    #expect(operations(RNN(nonlinearity: .relu)).contains("RNN"))
    #expect(operations(LSTM(hasLayerNorm: true)).contains("Scan"))
  }

  @Test(arguments: ["lstm", "gru", "mgu"], [false, true])
  func languageModelsGiveTheSameLogits(_ cell: String, _ tied: Bool) throws {
    var generator = Philox(seed: 5)
    let tokenizer = CharacterTokenizer("the quick brown fox\n")
    let configuration = ModelConfiguration(
      cell: try CellRegistry.standard.cell(named: cell), embeddingSize: 8, hiddenSize: 8,
      layers: 2, tiesWeights: tied)
    let model = LanguageModel(
      configuration, vocabularySize: tokenizer.vocabulary.count, using: &generator)
    try withTemporaryDirectory { directory in
      try SavedLanguageModel(model, tokenizer).onnx().save(to: directory + "/model.onnx")
      let tokens = tokenizer.encode("the quick brown ")
      let state = model.zeroState(batch: 2)
      var values = Safetensors(arrays: [
        "tokens": StoredArray(tokens.map { Int64($0) }, shape: [2, tokens.count / 2])
      ])
      for name in state.names { values.arrays[name] = StoredArray(state[name]) }
      try values.save(to: directory + "/model.in.safetensors")
      _ = try Peers.run("run_onnx.py", directory)
      let results = try Safetensors(path: directory + "/model.out.safetensors")
      let (logits, last) = model(tokens, shape: [2, tokens.count / 2], from: state)
      try expect(results.array("logits").tensor, equals: logits, "logits")
      for name in last.names {
        try expect(results.array(name + "_out").tensor, equals: last[name], name)
      }
    }
  }

  /// Classifiers, regressors, taggers and forecasters, with each pooling; as loops for cells that ONNX does not have.
  @Test(arguments: ["lstm", "mgu"])
  func sequenceModelsGiveTheSameAnswers(_ cell: String) throws {
    let words = Vocabulary("abcdefg".map(String.init))
    let columns = ["p", "q", "r"].map { Column($0) }
    let (symbols, features) = (ValueKind.symbols(words), ValueKind.features(columns))
    var cases: [(interface: SequenceInterface, pooling: Pooling, isBidirectional: Bool)] = [
      (.init(input: symbols, target: symbols), .last, false),
      (.init(input: symbols, target: symbols), .last, true),
      (.init(input: features, target: features), .last, false),
      (.init(input: .label(words), target: .vector(columns)), .last, false),
      (.init(input: .vector(columns), target: .label(words)), .last, false),
    ]
    for pooling in Pooling.allCases {
      cases.append((.init(input: symbols, target: .label(words)), pooling, true))
      cases.append((.init(input: features, target: .vector(columns)), pooling, false))
    }
    try withTemporaryDirectory { directory in
      var expected: [Tensor] = []
      for (index, (interface, pooling, isBidirectional)) in cases.enumerated() {
        var configuration = ModelConfiguration(
          cell: try CellRegistry.standard.cell(named: cell))
        (configuration.embeddingSize, configuration.hiddenSize) = (4, 5)
        configuration.layers = 2
        configuration.pooling = pooling
        configuration.isBidirectional = isBidirectional
        var generator = Philox(seed: UInt64(index))
        let network = SequenceNetwork(configuration, interface, using: &generator)
        guard case .reader(let reader) = network else { continue }
        let (batch, input) = inputs(interface.input, using: &generator)
        expected.append(reader(batch))
        let path = "\(directory)/\(index)"
        try SavedSequenceModel(network, interface).onnx().save(to: path + ".onnx")
        var values = Safetensors(arrays: ["input": input])
        if reader.isStepwise {
          let state = reader.zeroState(batch: 2)
          for name in state.names { values.arrays[name] = StoredArray(state[name]) }
        }
        try values.save(to: path + ".in.safetensors")
      }
      #expect(expected.count == cases.count)
      _ = try Peers.run("run_onnx.py", directory)
      for (index, answers) in expected.enumerated() {
        let results = try Safetensors(path: "\(directory)/\(index).out.safetensors")
        let batchFirst = answers.shape.count == 3 ? answers.transposed([1, 0, 2]) : answers
        try expect(results.array("output").tensor, equals: batchFirst, "\(cases[index])")
      }
    }
  }

  /// Two samples, of six steps if they have steps: for our models, and batch first for onnxruntime.
  private func inputs(
    _ kind: ValueKind, using generator: inout Philox
  ) -> (BatchValue, StoredArray) {
    let steps = kind.isSequence ? 6 : 1
    let shape = kind.isSequence ? [2, steps] : [2]
    if kind.isDiscrete {
      let ids = (0..<2).map { _ in
        (0..<steps).map { _ in Int32.random(in: 0..<Int32(kind.size), using: &generator) }
      }
      let all = ids.flatMap { $0 }
      return (
        kind.isSequence ? .tokens(PaddedTokens(ids, padding: 0)) : .labels(all),
        StoredArray(all.map { Int64($0) }, shape: shape)
      )
    }
    let numbers = Tensor(normal: [2, steps * kind.size], using: &generator).scalars
    let rows = [numbers.prefix(numbers.count / 2), numbers.suffix(numbers.count / 2)]
    return (
      kind.isSequence
        ? .features(
          PaddedFeatures(rows.map { FeatureSequence(Array($0), width: kind.size) }))
        : .vectors(numbers, width: kind.size),
      StoredArray(numbers, shape: shape + [kind.size])
    )
  }

  /// A model trained by our program generates the same text in onnxruntime.
  @Test func aTrainedModelWritesTheSameText() throws {
    try withTemporaryDirectory { directory in
      let trained = try Program("train").run(
        "--dataset", "tales:60000", "--hidden", "48", "--embedding", "16", "--batch-size", "16",
        "--steps", "32", "--out", "model.rnnz", in: directory)
      #expect(trained.status == 0, "\(trained.error)")
      let (model, exported) = (directory + "/model.rnnz", directory + "/model.onnx")
      #expect(try Program("convert").run(model, exported).status == 0)
      for prompt in ["once ", "the "] {
        let ours = try Program("generate").run(
          "--ckpt", model, "--prompt", prompt, "--length", "200", "--greedy")
        let theirs = try Peers.run("greedy_onnx.py", exported, prompt, "200")
        #expect(ours.output == prompt + theirs + "\n" && theirs.count == 200)
      }
    }
  }
}

/// A cell of any type.
private struct NamedCellBox: RecurrentCell {
  let base: any RecurrentCell
  init(_ base: any RecurrentCell) { self.base = base }
  func equations(_ cell: inout CellBuilder) { base.equations(&cell) }
}
