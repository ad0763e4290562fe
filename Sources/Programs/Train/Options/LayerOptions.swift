import ArgumentParser
import Cells

/// The flags for the options of recurrent layers.
struct LayerOptions: ParsableArguments {
  @Option(help: .rare("Units of the first layers, in order, where they differ from --hidden."))
  var layerSize: [Int] = []

  @Option(help: .rare("How a layer is connected with its input."))
  var connection: Recurrent.Connection?

  @Flag(
    inversion: .prefixedNo,
    help: .rare("Makes each layer a block: norm, cell, residual, gated feed-forward part."))
  var block: Bool?

  @Option(help: .rare("How a block normalises; implies --block."))
  var blockNorm: Recurrent.Block.Normalization?

  @Option(help: .rare("What follows the cell in a block; implies --block."))
  var blockOutput: Recurrent.Block.Output?

  @Option(help: .rare("Units of a block's feed-forward part, 0 for none; implies --block."))
  var feedForward: Int?

  @Option(help: .rare("Units that a layer's output is projected to."))
  var projection: Int?

  @Flag(inversion: .prefixedNo, help: .rare("Normalises every product with a matrix."))
  var layerNorm: Bool?

  @Flag(inversion: .prefixedNo, help: .rare("Learns the states that sequences start from."))
  var learnInitialState: Bool?

  @Option(help: .rare("Share of the input that is dropped for a whole sequence."))
  var inputDropout: Float?

  @Option(
    help: .rare("Share of what recurrent weights multiply that is dropped for a whole sequence."))
  var recurrentDropout: Float?

  @Option(help: .rare("Share of a layer's output that is dropped for a whole sequence."))
  var outputDropout: Float?

  @Option(help: .rare("Share of a state's units that stay as they are at a step: STATE=SHARE."))
  var zoneout: [Zoneout] = []

  @Option(help: .rare("Share of the recurrent weights that is dropped."))
  var weightDrop: Float?

  @Option(
    name: .customLong("init"),
    help: .rare(
      "How weights start: pytorch, keras, flax, xavier, kaiming, lecun, orthogonal, identity, chrono:STEPS:FORGET[:INPUT]."
    ))
  var initialization: Recurrent.Initialization?

  /// Options changed by the given flags.
  func applied(to options: Recurrent.Options) -> Recurrent.Options {
    var result = options
    if !layerSize.isEmpty { result.layerSizes = layerSize }
    result.connection = connection ?? result.connection
    result.block = block(from: result.block)
    result.projectionSize = projection ?? result.projectionSize
    result.normalizesProducts = layerNorm ?? result.normalizesProducts
    result.learnsInitialState = learnInitialState ?? result.learnsInitialState
    result.inputDropout = inputDropout ?? result.inputDropout
    result.recurrentDropout = recurrentDropout ?? result.recurrentDropout
    result.outputDropout = outputDropout ?? result.outputDropout
    for part in zoneout { result.zoneout[part.state] = part.share }
    result.weightDropout = weightDrop ?? result.weightDropout
    result.initialization = initialization ?? result.initialization
    return result
  }

  /// The block with the flags' changes; nil for none.
  private func block(from other: Recurrent.Block?) -> Recurrent.Block? {
    let isAsked = block ?? (blockNorm != nil || blockOutput != nil || feedForward != nil)
    guard isAsked || block == nil && other != nil else { return nil }
    var result = other ?? Recurrent.Block()
    result.normalization = blockNorm ?? result.normalization
    result.output = blockOutput ?? result.output
    result.feedForwardSize = feedForward ?? result.feedForwardSize
    return result
  }
}

/// The zoneout probability of one state.
struct Zoneout: ExpressibleByArgument {
  let state: String
  let share: Float

  init?(argument: String) {
    let parts = argument.split(separator: "=")
    guard parts.count == 2, let share = Float(parts[1]) else { return nil }
    state = String(parts[0])
    self.share = share
  }
}

extension Recurrent.Connection: ExpressibleByArgument {}
extension Recurrent.Block.Normalization: ExpressibleByArgument {}
extension Recurrent.Block.Output: ExpressibleByArgument {}

extension Recurrent.Initialization: ExpressibleByArgument {
  /// A named initialization, or a chrono initialization.
  public init?(argument: String) {
    let parts = argument.split(separator: ":").map(String.init)
    if parts.count == 1, let known = Self.named.first(where: { $0.name == argument }) {
      self = known.initialization
    } else if (3...4).contains(parts.count), parts[0] == "chrono", let steps = Int(parts[1]),
      steps > 1
    {
      self = .chrono(steps: steps, forget: parts[2], input: parts.count == 4 ? parts[3] : nil)
    } else {
      return nil
    }
  }

  /// What ``init(argument:)`` reads.
  var argument: String {
    if let known = Self.named.first(where: { $0.initialization == self }) { return known.name }
    let blocks = blocks.keys.sorted().map { $0.replacing("bias_ih.", with: "") }
    for forget in blocks {
      guard case .logUniform(let range) = self.blocks["bias_ih.\(forget)"],
        let steps = Int(exactly: range.upperBound).map({ $0 + 1 })
      else { continue }
      for input in [nil] + blocks where self == .chrono(steps: steps, forget: forget, input: input)
      {
        return ["chrono", "\(steps)", forget, input].compactMap(\.self).joined(separator: ":")
      }
    }
    return "another"
  }
}
