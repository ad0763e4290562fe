import Requirements
import TensorCore

extension Recurrent.Options {
  /// Checks that a cell's layers can have these options.
  ///
  /// Check options from outside (flags, files) with it before making a layer.
  ///
  /// - Throws: ``UnsuitableOption`` with the first one that does not suit, the cell's own included.
  public func validate(
    for cell: some RecurrentCell, inputSize: Int, hiddenSize: Int, layers: Int = 1,
    direction: Recurrent.Direction = .forward
  ) throws(UnsuitableOption) {
    try validateNumbers(layers: layers)
    _ = try cellSizes(
      of: cell, inputSize: inputSize, hiddenSize: hiddenSize, layers: layers, direction: direction
    ) { graph throws(UnsuitableOption) in try validate(for: graph) }
  }

  /// The sizes for which a stack of layers states its cell's equations, layer by layer.
  ///
  /// - Throws: ``UnsuitableOption`` where the cell's own options do not suit, and what `check` throws.
  package func cellSizes(
    of cell: some RecurrentCell, inputSize: Int, hiddenSize: Int, layers: Int,
    direction: Recurrent.Direction,
    _ check: (CellGraph) throws(UnsuitableOption) -> Void = { _ in }
  ) throws(UnsuitableOption) -> [(input: Int, hidden: Int)] {
    var (sizes, size) = ([(input: Int, hidden: Int)](), inputSize)
    for layer in 0..<layers {
      let units = self.hiddenSize(ofLayer: layer, else: hiddenSize)
      try cell.validate(inputSize: size, hiddenSize: units)
      let graph = CellGraph(cell, inputSize: size, hiddenSize: units)
      try check(graph)
      sizes.append((size, units))
      size = direction.mergedSize(of: projectionSize ?? graph.outputSize)
    }
    return sizes
  }

  /// Stops the process if the options do not suit.
  func requireSuitable(
    _ cell: some RecurrentCell, inputSize: Int, hiddenSize: Int, layers: Int,
    direction: Recurrent.Direction
  ) {
    guard self != Self() else { return }
    do throws(UnsuitableOption) {
      try validate(
        for: cell, inputSize: inputSize, hiddenSize: hiddenSize, layers: layers,
        direction: direction)
    } catch {
      failure("\(error)")
    }
  }

  private func validateNumbers(layers: Int) throws(UnsuitableOption) {
    if layerSizes.count > layers {
      throw UnsuitableOption(
        "layerSizes", expected: "at most \(layers), one for each layer", found: layerSizes.count)
    }
    let sizes = 1...1 << 20
    for size in layerSizes { try sizes.check(size, "layerSizes") }
    if let projectionSize { try sizes.check(projectionSize, "projectionSize") }
    if let size = block?.feedForwardSize { try (0...1 << 20).check(size, "feedForwardSize") }
    try checkNorm(block?.epsilon)
    if block != nil, connection != .plain {
      throw UnsuitableOption(
        "connection", expected: "plain, since a block has its own", found: connection.rawValue)
    }
    let zones = zoneout.sorted { $0.key < $1.key }.map { ("zoneout of \($0.key)", $0.value) }
    for (name, share) in dropouts + zones {
      guard share >= 0, share < 1 else {
        throw UnsuitableOption(name, expected: "a share from 0 to below 1", found: share)
      }
    }
  }

  /// What the equations have to have.
  private func validate(for graph: CellGraph) throws(UnsuitableOption) {
    for name in zoneout.keys.sorted() where !graph.states.contains(where: { $0.name == name }) {
      throw UnsuitableOption(
        "zoneout", expected: "states among \(graph.states.map(\.name).joined(separator: ", "))",
        found: name)
    }
    try validateNames(of: graph)
    for name in initialization.blocks.keys.sorted() where !graph.blockNames.contains(name) {
      throw UnsuitableOption(
        "initialization",
        expected: "blocks among \(graph.blockNames.joined(separator: ", "))", found: name)
    }
    for case .opposite(let block) in initialization.blocks.values
    where !graph.blockNames.contains(where: { $0.hasSuffix(".\(block)") }) {
      throw UnsuitableOption("initialization", expected: "the opposite of a block", found: block)
    }
    if recurrentDropout > 0 || weightDropout > 0, graph.recurrentProducts.isEmpty {
      throw UnsuitableOption(
        recurrentDropout > 0 ? "recurrentDropout" : "weightDropout",
        expected: "a cell whose weights multiply its states", found: "one without such weights")
    }
  }

  /// The cell must not have the parameters that options add.
  private func validateNames(of graph: CellGraph) throws(UnsuitableOption) {
    let added: [(option: String, isSet: Bool, prefixes: [String], expected: String)] = [
      ("normalizesProducts", normalizesProducts, ["gain_"], "a normalisation of its own"),
      ("projectionSize", projectionSize != nil, ["weight_hr"], "a projection of its own"),
      (
        "connection", connection != .plain, ["weight_highway", "bias_highway", "weight_skip"],
        "a parameter named highway or skip"
      ),
      (
        "block", block != nil, Recurrent.Block.parameterPrefixes,
        "a parameter named attn, mlp, final_norm or skip"
      ),
    ]
    for (option, isSet, prefixes, expected) in added where isSet {
      let hasOne = graph.parameters.contains { parameter in
        prefixes.contains { parameter.name.hasPrefix($0) }
      }
      if hasOne {
        throw UnsuitableOption(
          option, expected: "a cell without \(expected)", found: "one that has it")
      }
    }
  }
}
