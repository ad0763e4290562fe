/// The type of the numbers of a model's weights.
///
/// Weights in 8 or 16 bits are for use alone: files and memory are smaller, and single steps, which read every weight
/// once, are faster. Training needs float32.
///
/// ```swift
/// var small = model
/// small.encodeWeights(as: .int8)
/// ```
public enum WeightFormat: String, Sendable, Hashable, Codable, CaseIterable {
  /// 32 bits.
  case float32
  /// The upper half of a float32: a relative error of at most 2^-8.
  case bfloat16 = "bf16"
  /// Integers from -127 to 127 with one scale for each row of a matrix, its largest magnitude / 127: an error of at most
  /// half a scale.
  case int8

  /// The bytes of a weight.
  public var bytesPerWeight: Int {
    switch self {
    case .float32: 4
    case .bfloat16: 2
    case .int8: 1
    }
  }
}

extension Tensor {
  /// The type of the numbers in memory: float32, unless the tensor is a matrix of weights that was encoded or loaded
  /// so. Operations take every format and give float32.
  public var weightFormat: WeightFormat { encoded?.format ?? .float32 }

  /// The weights in the panels that products read; nil where they are rows of floats.
  package var encoded: EncodedMatrix? { storage.encoded }

  /// The tensor of an encoded matrix.
  package init(_ matrix: EncodedMatrix) {
    self.init(storage: Storage(matrix), shape: [matrix.rows, matrix.columns])
  }

  /// The index of the first infinity or NaN, in row-major order; nil if all elements are finite.
  package var firstNonFinite: Int? {
    if let encoded { return encoded.firstNonFinite }
    return scalars.firstIndex { !$0.isFinite }
  }

  /// The matrix with its numbers rounded to a format.
  func encoded(as format: WeightFormat) -> Tensor {
    if weightFormat == format { return self }
    if format == .float32 { return Tensor(scalars, shape: shape) }
    return Tensor(EncodedMatrix(elements, rows: shape[0], columns: shape[1], format: format))
  }
}

extension Module {
  /// Packs the matrices of weights, other than embeddings, as products read them: a model that is only used then has them
  /// in memory once, instead of beside their packed copies. All results stay the same to the bit.
  ///
  /// Whatever else reads or writes such a weight, as training does, gets rows of floats as before, in memory of its own.
  public mutating func packWeights() {
    updateParameters { name, parameter in
      let words = name.split(separator: ".")
      guard parameter.rank == 2, parameter.encoded == nil, !parameter.isDeclared,
        words.contains(where: { $0.hasPrefix("weight") }),
        !words.contains(where: { $0.hasPrefix("embed") })
      else { return }
      parameter = Tensor(
        EncodedMatrix(
          parameter.elements, rows: parameter.shape[0], columns: parameter.shape[1],
          format: .float32))
    }
  }

  /// Rounds the weights of products and embeddings, which are the matrices whose names end with `weight` or a word that
  /// begins with it (`fc.weight`, `rnn.weight_ih_l0`), to a format. All other parameters stay as they are.
  public mutating func encodeWeights(as format: WeightFormat) {
    updateParameters { name, parameter in
      let word = name.split(separator: ".").last { $0.hasPrefix("weight") }
      guard parameter.rank == 2, word != nil else { return }
      parameter = parameter.encoded(as: format)
    }
  }

  /// The format of the weights: the smallest of all parameters.
  public var weightFormat: WeightFormat {
    parameters.map(\.value.weightFormat).min { $0.bytesPerWeight < $1.bytesPerWeight } ?? .float32
  }
}
