import Cells
import Datasets

extension ModelConfiguration {
  /// Checks the configuration of a language model.
  ///
  /// - Throws: ``InvalidSetting`` with the first number that is out of range.
  public func validateForText() throws(InvalidSetting) {
    try validateSizes()
    try recurrent.validate(
      for: cell, inputSize: embeddingSize, hiddenSize: hiddenSize, layers: layers)
    if isBidirectional {
      throw InvalidSetting("directions", expected: "one, for a language model", found: 2)
    }
    guard tiesWeights else { return }
    let outputSize = layer(inputSize: embeddingSize).outputSize
    guard outputSize == embeddingSize else {
      throw InvalidSetting(
        "embedding size", expected: "\(outputSize), the size of the output, for tied weights",
        found: embeddingSize)
    }
  }

  /// Checks the configuration of a sequence model for data of the given kinds.
  ///
  /// - Throws: ``InvalidSetting`` with the first number that is out of range.
  public func validate(for interface: SequenceInterface) throws(InvalidSetting) {
    try validateSizes()
    try teacherForcing.validate()
    try interface.validate()
    try head.validate(for: interface)
    for size in inputSizes(for: interface) {
      for direction in [direction, .forward] {
        try recurrent.validate(
          for: cell, inputSize: size, hiddenSize: hiddenSize, layers: layers, direction: direction)
      }
    }
    if isBidirectional, merge == .concatenate, interface.shape == .manyToManyDelayed,
      attention == .dot
    {
      throw InvalidSetting(
        "attention", expected: "general, additive or none over both directions", found: "dot")
    }
    if isBidirectional, interface.shape == .oneToMany {
      throw InvalidSetting(
        "directions", expected: "one, for a model that writes from a single value", found: 2)
    }
  }

  /// The sizes of what the model's first layers read.
  func inputSizes(for interface: SequenceInterface) -> Set<Int> {
    let sides = [interface.input] + (interface.writes ? [interface.target] : [])
    return Set(sides.map { $0.isDiscrete ? embeddingSize : $0.size })
  }

  private func validateSizes() throws(InvalidSetting) {
    try InvalidSetting.check("embedding size", embeddingSize, in: 1...InvalidSetting.largestSize)
    try InvalidSetting.check("hidden size", hiddenSize, in: 1...InvalidSetting.largestSize)
    try InvalidSetting.check("layers", layers, in: 1...InvalidSetting.mostLayers)
    guard dropout >= 0, dropout < 1 else {
      throw InvalidSetting("dropout", expected: "a share from 0 to below 1", found: dropout)
    }
  }
}

extension Recurrent.Options {
  /// Checks these options and the cell's own options.
  func validate(
    for cell: NamedCell, inputSize: Int, hiddenSize: Int, layers: Int,
    direction: Recurrent.Direction = .forward
  ) throws(InvalidSetting) {
    for size in layerSizes {
      try InvalidSetting.check("layer sizes", size, in: 1...InvalidSetting.largestSize)
    }
    if let projectionSize {
      try InvalidSetting.check(
        "projection size", projectionSize, in: 1...InvalidSetting.largestSize)
    }
    do throws(UnsuitableOption) {
      try validate(
        for: cell.base, inputSize: inputSize, hiddenSize: hiddenSize, layers: layers,
        direction: direction)
    } catch {
      throw InvalidSetting(
        "\(cell.name)'s \(error.option)", expected: error.expected, found: error.found)
    }
  }
}
