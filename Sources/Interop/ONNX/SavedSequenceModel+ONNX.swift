import Cells
import Checkpoint
import Datasets
import FileCore
import Models
import TensorCore

extension SavedSequenceModel {
  /// Converts a model that reads and answers (`SequenceReader`) to an equivalent ONNX model.
  ///
  /// Input: `input`, tokens or classes as int64, `[B, T]`, or vectors `[B, T, F]`; a single class or vector has no axis
  /// T. All sequences of a batch have one length. Output: `output`, `[B, T, O]` for an answer at each step, `[B, O]`
  /// for one answer; logits for classes. A stepwise model also has each state as input under its name, `[L, B, width]`,
  /// zeros at the beginning of a sequence, and as output, for example, `hidden_out`. Numbers are in the model's scale;
  /// the metadata (`interface`, `config`) has the scales and the names of tokens and classes.
  ///
  /// A head gives what it stands for, in the order of its column in `OutputHead`:
  ///
  /// | head | `output` at each step or in all |
  /// |---|---|
  /// | CTC | logits of the classes and, last, the blank |
  /// | random field | scores of the tags; constant outputs `start_transitions`, `transitions` and `end_transitions` |
  /// | quantiles | for each number its quantiles, which may cross |
  /// | likelihood | for each number the parameters of its distribution |
  ///
  /// - Throws: `CheckpointError` for a model that writes its answer token by token, which an ONNX graph can't express.
  public func onnx() throws(CheckpointError) -> ONNXModel {
    guard case .reader(let reader) = model else {
      throw CheckpointError(
        file: "new file", format: "ONNX model", place: "model",
        reason: "expected a model that reads and then answers, found one that writes step by step")
    }
    var writer = SequenceReaderWriter(reader, interface)
    let graph = writer.graph()
    return ONNXModel(
      graph, producer: SavedLanguageModel.producer,
      metadata: try exchangeMetadata().merging(writer.metadata) { first, _ in first })
  }

  private func exchangeMetadata() throws(CheckpointError) -> [String: String] {
    try metadataTexts { () throws(JSONMismatch) in
      [
        "interface": try JSONValue(encoding: interface).text,
        "config": try JSONValue(encoding: model.configuration).text,
      ]
    }
  }
}

/// Writes a `SequenceReader` as ONNX operations.
private struct SequenceReaderWriter {
  private typealias Extent = ONNXGraph.Value.Extent

  private let reader: SequenceReader
  private let interface: SequenceInterface
  private let weights: [String: Tensor]
  private var builder = ONNXBuilder(name: "sequence-model")
  private static let batch = Extent.named("batch")
  private static let steps = Extent.named("steps")

  init(_ reader: SequenceReader, _ interface: SequenceInterface) {
    self.reader = reader
    self.interface = interface
    weights = Dictionary(
      reader.parameters.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  /// Metadata that names the states.
  var metadata: [String: String] { builder.metadata }

  mutating func graph() -> ONNXGraph {
    let x = input()
    let layer = reader.rnn
    let states = reader.isStepwise ? builder.addStates(of: layer) : zeroStates(like: x)
    let result = builder.addRecurrent(layer, input: x, states: states, prefix: "rnn.")
    answer(result.output)
    if reader.isStepwise { builder.addResults(result.states, of: layer) }
    return builder.graph
  }

  private mutating func named(_ name: String) -> String {
    weights[name].map { builder.weights(name, $0) } ?? ""
  }

  /// The input as vectors of each step, `[T, B, I]`.
  private mutating func input() -> String {
    let kind = interface.input
    let outer = kind.isSequence ? [Self.batch, Self.steps] : [Self.batch]
    builder.addInput(
      kind.isDiscrete
        ? .init("input", .int64, outer)
        : .init("input", .float32, outer + [.fixed(kind.size)]))
    let timeFirst =
      kind.isSequence
      ? builder.transpose("input", kind.isDiscrete ? [1, 0] : [1, 0, 2])
      : builder.add("Unsqueeze", ["input", builder.integers([0])])
    return kind.isDiscrete
      ? builder.add("Gather", [named("embed.weight"), timeFirst]) : timeFirst
  }

  /// Zero states for the batch size of the input.
  private mutating func zeroStates(like input: String) -> [String] {
    let shape = builder.add("Shape", [input])
    let batch = builder.slice(shape, 1..<2, axis: 0)
    let layer = reader.rnn
    return layer.stateSizes.map { state in
      let rows = builder.integers([layer.layers * layer.direction.count])
      let width = builder.integers([state.width])
      let sizes = builder.add("Concat", [rows, batch, width], ["axis": .integer(0)])
      return builder.add("ConstantOfShape", [sizes])
    }
  }

  private mutating func answer(_ outputs: String) {
    let size = Extent.fixed(weights["fc.bias"]?.count ?? interface.target.size)
    if interface.target.isSequence {
      let answers = parameters(linear(outputs, "fc"))
      _ = builder.add("Transpose", [answers], ["perm": .integers([1, 0, 2])], named: "output")
      builder.addOutput(.init("output", .float32, [Self.batch, Self.steps, size]))
    } else {
      let answer = parameters(linear(pooled(outputs), "fc"))
      _ = builder.add("Identity", [answer], named: "output")
      builder.addOutput(.init("output", .float32, [Self.batch, size]))
    }
    for name in ["start_transitions", "transitions", "end_transitions"] {
      guard let scores = weights["crf." + name] else { continue }
      _ = builder.add("Identity", [named("crf." + name)], named: name)
      builder.addOutput(.init(name, .float32, scores.shape.map { .fixed($0) }))
    }
  }

  /// The parameters of distributions that outputs say; other outputs as they are.
  private mutating func parameters(_ outputs: String) -> String {
    guard case .likelihood(let likelihood) = reader.configuration.head else { return outputs }
    let parameters = interface.target.columns.flatMap { likelihood.parameters($0) }
    func row(_ number: (Likelihood.Parameter) -> Double) -> StoredArray {
      StoredArray(Tensor(parameters.map { Float(number($0)) }))
    }
    let linear = builder.add("Mul", [outputs, builder.constant(row { $0.linear })])
    let softplus = builder.add("Softplus", [outputs])
    let positive = builder.add("Mul", [softplus, builder.constant(row { $0.positive })])
    let sum = builder.add("Add", [linear, positive])
    return builder.add("Add", [sum, builder.constant(row { $0.least })])
  }

  private mutating func linear(_ x: String, _ name: String) -> String {
    builder.linear(x, weight: named("\(name).weight"), bias: named("\(name).bias"))
  }

  /// `[T, B, H]` as `[B, H]`.
  private mutating func pooled(_ outputs: String) -> String {
    let overSteps: [String: ONNXNode.Attribute] = ["axes": .integers([0]), "keepdims": .integer(0)]
    switch reader.configuration.pooling {
    case .last: return last(outputs)
    case .mean: return builder.add("ReduceMean", [outputs], overSteps)
    case .max: return builder.add("ReduceMax", [outputs], overSteps)
    case .attention:
      let hidden = builder.add("Tanh", [linear(outputs, "pool")])
      let scores = builder.add(
        "MatMul", [hidden, builder.transpose(named("pool.vector"), [1, 0])])
      let shares = builder.add("Softmax", [scores], ["axis": .integer(0)])
      let product = builder.add("Mul", [shares, outputs])
      return builder.add(
        "ReduceSum", [product, builder.integers([0])], ["keepdims": .integer(0)])
    }
  }

  /// The output of the last step, and of the first step for the reverse direction.
  private mutating func last(_ outputs: String) -> String {
    func step(_ index: Int64) -> String {
      builder.add(
        "Gather", [outputs, builder.constant(StoredArray(index))], ["axis": .integer(0)])
    }
    guard case .bidirectional(.concatenate) = reader.rnn.direction else { return step(-1) }
    let size = reader.rnn.outputSize
    let forward = builder.slice(step(-1), 0..<size / 2, axis: 1)
    let backward = builder.slice(step(0), size / 2..<size, axis: 1)
    return builder.add("Concat", [forward, backward], ["axis": .integer(1)])
  }
}
