import Checkpoint
import FileCore
import Models
import TensorCore

/// Runs the graph of a language model on a few tokens, from states of zeros where states are inputs.
///
/// The tokens are the input of integers; every other input must be of floats, a state.
struct ONNXTrial {
  private let model: ONNXModel
  private let file: ArrayFile
  private let tokens: ONNXGraph.Value

  init(_ model: ONNXModel, of file: ArrayFile) throws(CheckpointError) {
    self.model = model
    self.file = file
    let known = Set(model.graph.initializers.map { ExactString($0.name) })
    let inputs = model.graph.inputs.filter { !known.contains(ExactString($0.name)) }
    let integers = inputs.filter { [.int64, .int32].contains($0.elementType) }
    guard integers.count == 1, let tokens = integers.first else {
      let names = inputs.map(\.name).listed()
      throw file.failure(
        "inputs", "expected one input of integers, the ids of tokens, found \(names)")
    }
    guard (1...2).contains(tokens.shape?.count ?? 2) else {
      throw file.failure(tokens.name, "expected ids of one or two axes, found \(tokens.text)")
    }
    self.tokens = tokens
  }

  /// The values of some names for ids that are spread over a vocabulary.
  private func results(
    of names: [String], shape: [Int], first: Int, vocabularySize: Int
  ) throws(CheckpointError) -> (ids: [Int32], values: ExactDictionary<StoredArray>) {
    var probe = model
    probe.graph.outputs = names.map { ONNXGraph.Value($0, .float32, nil) }
    let graph = try GraphModel(probe, states: [], file: file.path)
    let ids = (0..<shape.reduce(1, *)).map { Int32((first + $0 * 7919) % vocabularySize) }
    var inputs = ExactDictionary<StoredArray>()
    inputs[tokens.name] =
      tokens.elementType == .int64
      ? StoredArray(ids.map { Int64($0) }, shape: shape) : StoredArray(ids, shape: shape)
    let sizes = Dictionary(
      zip(tokens.shape ?? [], shape).compactMap { extent, size in
        if case .named(let name) = extent, !name.isEmpty { (name, size) } else { nil }
      }, uniquingKeysWith: { first, _ in first })
    for input in graph.inputs where input.name != tokens.name {
      let state = (input.shape ?? []).map { extent in
        switch extent {
        case .fixed(let size): size
        case .named(let name): sizes[name] ?? 1
        }
      }
      guard [.float32, .float16, .bfloat16].contains(input.elementType),
        state.allSatisfy({ $0 >= 0 }), state.reduce(1.0, { $0 * Double(max(1, $1)) }) <= 0x1p24
      else { throw file.failure(input.name, "expected a state of floats, found \(input.text)") }
      let size = state.reduce(1, *) * input.elementType.width
      inputs[input.name] = StoredArray(
        elementType: input.elementType, shape: state, bytes: [UInt8](repeating: 0, count: size))
    }
    return (ids, try graph(inputs))
  }

  /// The result for the first shape of some sequences and steps for which the graph can be computed.
  ///
  /// - Throws: the error for the first shape, if there is none.
  private func onFirstShape<Value>(
    _ rows: Int, _ steps: Int, _ body: (_ shape: [Int]) throws(CheckpointError) -> Value
  ) throws(CheckpointError) -> Value {
    var shapes = [[rows, steps], [1, steps], [steps, 1], [steps]]
    if let extents = tokens.shape {
      shapes = shapes.filter { $0.count == extents.count }.map { shape in
        zip(extents, shape).map { extent, size in
          if case .fixed(let fixed) = extent, (1...64).contains(fixed) { fixed } else { size }
        }
      }
    }
    var reason: CheckpointError?
    for shape in shapes {
      do throws(CheckpointError) {
        return try body(shape)
      } catch {
        reason = reason ?? error
      }
    }
    throw reason ?? file.failure(tokens.name, "expected ids of one or two axes")
  }
}

// MARK: Initial states

extension ONNXTrial {
  /// The initial states of recurrent nodes that are not zero, by name: one row, which every sequence starts from.
  ///
  /// - Throws: `CheckpointError` for a state that depends on the tokens.
  func initialStates(
    of nodes: [ONNXNode], vocabularySize: Int
  ) throws(CheckpointError) -> [[String: Tensor]] {
    var all: [[String: Tensor]] = []
    for node in nodes {
      var states: [String: Tensor] = [:]
      for (index, name) in [(5, "hidden"), (6, "cell")]
      where index < node.inputs.count && !node.inputs[index].isEmpty {
        if let row = try initialState(node.inputs[index], of: node, vocabularySize) {
          states[name] = row
        }
      }
      all.append(states)
    }
    return all
  }

  private func initialState(
    _ name: String, of node: ONNXNode, _ vocabularySize: Int
  ) throws(CheckpointError) -> Tensor? {
    var rows: [Float] = []
    for (start, steps) in [(0, 4), (3, 3)] {
      let values = try onFirstShape(1, steps) { shape throws(CheckpointError) in
        try results(of: [name], shape: shape, first: start, vocabularySize: vocabularySize).values
      }
      guard let value = values[name], let width = value.shape.last, width > 0 else { continue }
      let floats = value.floats
      if rows.isEmpty { rows = Array(floats.prefix(width)) }
      for start in stride(from: 0, to: floats.count, by: width)
      where !floats[start..<start + width].elementsEqual(rows) {
        throw file.failure(
          node.label, "\(name): expected an initial state that is the same for every sequence")
      }
    }
    return rows.allSatisfy { $0 == 0 } ? nil : Tensor(rows)
  }
}

// MARK: Comparing

extension ONNXTrial {
  /// The largest difference of a logit, relative to the largest logit, with weights of 32 bits and of 16 bits.
  private static let (tolerance, halfTolerance): (Float, Float) = (1e-4, 3e-2)

  /// Checks that one of the outputs has the logits that a model computes, whichever axis of the tokens is that of time.
  ///
  /// - Throws: `CheckpointError` with the logits that differ.
  func check(_ languageModel: LanguageModel) throws(CheckpointError) {
    let (shape, ids, values) = try onFirstShape(2, 5) { shape throws(CheckpointError) in
      let (ids, values) = try results(
        of: model.graph.outputs.map(\.name), shape: shape, first: 1,
        vocabularySize: languageModel.vocabularySize)
      return (shape, ids, values)
    }
    let isHalf = model.graph.initializers.contains { $0.array.elementType.width == 2 }
    var nearest: (found: Float, expected: Float, distance: Float)?
    for layout in ONNXTokenLayout.all(shape) {
      let expected = layout.logits(of: languageModel, ids)
      let scale = max(1, expected[0].scalars.map(\.magnitude).max() ?? 0)
      for output in model.graph.outputs {
        guard let found = values[output.name], found.count == expected[0].count else { continue }
        let floats = found.floats
        for logits in expected {
          let worst =
            zip(floats, logits.scalars).map { ($0, $1, abs($0 - $1)) }
            .max { $0.2 < $1.2 || $1.2.isNaN } ?? (0, 0, 0)
          if worst.2 <= scale * (isHalf ? Self.halfTolerance : Self.tolerance) { return }
          if worst.2 < nearest?.distance ?? .infinity {
            nearest = (worst.0, worst.1, worst.2)
          }
        }
      }
    }
    throw file.failure(
      "outputs",
      "expected the logits of an embedding, \(languageModel.configuration.layers) "
        + "\(languageModel.configuration.cell.name) layers and a linear layer, found "
        + (nearest.map { "\($0.found) where these give \($0.expected)" } ?? "other shapes"))
  }
}

/// Which axis of the tokens is that of time.
private struct ONNXTokenLayout {
  let batch: Int
  let steps: Int
  let isTimeFirst: Bool

  static func all(_ shape: [Int]) -> [ONNXTokenLayout] {
    guard shape.count == 2 else {
      return [ONNXTokenLayout(batch: 1, steps: shape[0], isTimeFirst: false)]
    }
    return [
      ONNXTokenLayout(batch: shape[0], steps: shape[1], isTimeFirst: false),
      ONNXTokenLayout(batch: shape[1], steps: shape[0], isTimeFirst: true),
    ]
  }

  /// The logits of a model, sequence by sequence and step by step.
  func logits(of model: LanguageModel, _ ids: [Int32]) -> [Tensor] {
    var rows = ids
    if isTimeFirst {
      for row in 0..<batch {
        for step in 0..<steps { rows[row * steps + step] = ids[step * batch + row] }
      }
    }
    let (logits, _) = model(rows, shape: [batch, steps], from: model.zeroState(batch: batch))
    return [logits, logits.transposed(1, 0, 2)]
  }
}
