import Cells
import Checkpoint
import Datasets
import Models
import TensorCore

/// One of the models that `Fixtures/make_models.py` computed.
package struct ModelCase: Sendable, CustomStringConvertible {
  package let name: String
  let cell: String
  let isBidirectional: Bool
  let layers: Int
  let pooling: Pooling
  let attention: Attention
  package var description: String { name }

  package init(
    name: String, cell: String, isBidirectional: Bool, layers: Int = 2, pooling: Pooling = .last,
    attention: Attention = .none
  ) {
    self.name = name
    self.cell = cell
    self.isBidirectional = isBidirectional
    self.layers = layers
    self.pooling = pooling
    self.attention = attention
  }

  package static let all = [
    ModelCase(name: "tagger", cell: "gru", isBidirectional: true),
    ModelCase(name: "forecaster", cell: "gru", isBidirectional: false),
    ModelCase(name: "last", cell: "gru", isBidirectional: true, pooling: .last),
    ModelCase(name: "mean", cell: "gru", isBidirectional: true, pooling: .mean),
    ModelCase(name: "max", cell: "gru", isBidirectional: true, pooling: .max),
    ModelCase(name: "attention", cell: "gru", isBidirectional: true, pooling: .attention),
    ModelCase(name: "writer", cell: "gru", isBidirectional: false, layers: 1),
    ModelCase(name: "plain", cell: "gru", isBidirectional: false),
    ModelCase(name: "dot", cell: "lstm", isBidirectional: false, attention: .dot),
    ModelCase(name: "general", cell: "lstm", isBidirectional: true, attention: .general),
    ModelCase(name: "additive", cell: "gru", isBidirectional: true, attention: .additive),
  ]

  static let words = Vocabulary("abcdefg".map(String.init))
  static let answers = Vocabulary("wxyz".map(String.init))

  package var interface: SequenceInterface {
    let numbers = ["p", "q", "r", "s"].map { Column($0) }
    switch name {
    case "tagger": return .init(input: .symbols(Self.words), target: .symbols(Self.answers))
    case "forecaster":
      return .init(input: .features(Array(numbers.prefix(3))), target: .features(numbers))
    case "last", "mean", "max", "attention":
      return .init(input: .symbols(Self.words), target: .label(Self.answers))
    case "writer": return .init(input: .label(Self.words), target: .symbols(Self.answers))
    default:
      return .init(
        input: .symbols(Self.words), target: .symbols(Self.answers), alignment: .delayed)
    }
  }

  package func configuration() throws -> ModelConfiguration {
    var result = ModelConfiguration(cell: try CellRegistry.standard.cell(named: cell))
    result.embeddingSize = 4
    result.hiddenSize = 6
    result.layers = layers
    result.isBidirectional = isBidirectional
    result.pooling = pooling
    result.attention = attention
    return result
  }
}

/// The numbers that PyTorch computed for each ``ModelCase``.
package struct ModelNumbers {
  private let file: Safetensors

  package init() throws {
    let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    file = try Safetensors(path: folder.joined(separator: "/") + "/Fixtures/models.safetensors")
  }

  private func ids(_ name: String) throws -> [Int32] {
    try file.array(name).values(as: Int32.self) ?? []
  }

  /// The tensors `CASE/PART/NAME` by name.
  package func tensors(_ model: ModelCase, _ part: String) -> [String: Tensor] {
    let prefix = "\(model.name)/\(part)/"
    var result: [String: Tensor] = [:]
    for (name, array) in file.arrays where name.hasPrefix(prefix) {
      result[String(name.dropFirst(prefix.count))] = Tensor(array.floats, shape: array.shape)
    }
    return result
  }

  package func loss(_ model: ModelCase) throws -> Float {
    try file.array("\(model.name)/loss").floats.first ?? .nan
  }

  /// The three recorded samples, as the case reads and answers them.
  package func samples(of model: ModelCase) throws -> [Sample] {
    let (lengths, answerLengths) = (try ids("lengths"), try ids("answer_lengths"))
    let (tokens, tags, answers) = (try ids("tokens"), try ids("tags"), try ids("answers"))
    let (features, numbers) = (try file.array("features").floats, try file.array("numbers").floats)
    let labels = try ids("labels")
    func row(_ ids: [Int32], _ sample: Int, _ length: Int32) -> SampleValue {
      .tokens((0..<Int(length)).map { ids[$0 * 3 + sample] })
    }
    func rows(_ values: [Float], _ sample: Int, width: Int) -> SampleValue {
      let parts = (0..<Int(lengths[sample])).flatMap { step -> ArraySlice<Float> in
        let start = (step * 3 + sample) * width
        return values[start..<start + width]
      }
      return .features(FeatureSequence(parts, width: width))
    }
    return (0..<3).map { sample in
      let words = row(tokens, sample, lengths[sample])
      return switch model.name {
      case "tagger": Sample(words, row(tags, sample, lengths[sample]))
      case "forecaster":
        Sample(rows(features, sample, width: 3), rows(numbers, sample, width: 4))
      case "last", "mean", "max", "attention": Sample(words, .label(labels[sample]))
      case "writer":
        Sample(.label(labels[sample]), row(answers, sample, answerLengths[sample]))
      default: Sample(words, row(answers, sample, answerLengths[sample]))
      }
    }
  }
}
