import Datasets
import TensorCore

extension SavedLanguageModel {
  /// What the model is, in a line.
  public var summary: String {
    let configuration = model.configuration
    return "language model: \(configuration.cell.name), "
      + configuration.layerText
      + ", embedding of \(configuration.embeddingSize), \(model.vocabularySize.counted("tokens")), "
      + model.sizeText
  }
}

extension SavedSequenceModel {
  /// What the model is, in a line.
  public var summary: String {
    let configuration = model.configuration
    var parts = [
      configuration.cell.name,
      configuration.layerText + (configuration.isBidirectional ? " in both directions" : ""),
    ]
    if configuration.head != .plain { parts.append("head: \(configuration.head)") }
    if case .translator = model { parts.append("attention: \(configuration.attention)") }
    parts.append("\(interface.input.summary) to \(interface.target.summary)")
    return "\(role): " + (parts + [model.sizeText]).joined(separator: ", ")
  }

  /// The usual name of a model with this input and answer, for example `tagger`.
  private var role: String {
    switch (interface.shape, interface.target.isDiscrete) {
    case (.oneToOne, true), (.manyToOne, true): "classifier"
    case (.oneToOne, false), (.manyToOne, false): "regression"
    case (.manyToManyInStep, true): "tagger"
    case (.manyToManyInStep, false): "forecaster"
    case (.oneToMany, _): "writer"
    case (.manyToManyDelayed, _): "encoder-decoder"
    case (.manyToManyOrdered, _): "transcriber"
    }
  }
}

extension Module {
  /// For example `42,972 numbers` or, where its weights are not float32, `42,972 numbers, weights in int8`.
  fileprivate var sizeText: String {
    let format = weightFormat
    return parameterCount.counted("numbers")
      + (format == .float32 ? "" : ", weights in \(format.rawValue)")
  }
}

extension ModelConfiguration {
  /// For example `2 layers of 64 units`, `4 blocks of 64 units`.
  fileprivate var layerText: String {
    let kind = recurrent.block == nil ? "layer" : "block"
    let count = layers == 1 ? "one \(kind)" : "\(layers) \(kind)s"
    return "\(count) of \(hiddenSize.counted("units"))"
  }
}

extension ValueKind {
  /// For example `text of 40 tokens`, `5 symbols`, `3 features a step`.
  var summary: String {
    switch self {
    case .text: "text of \(size.counted("tokens"))"
    case .symbols: size.counted("symbols")
    case .features: "\(size.counted("features")) a step"
    case .label: "one of \(size.counted("classes"))"
    case .vector: size.counted("numbers")
    }
  }
}
