import Cells
import Checkpoint
import Models
import TensorCore

/// Layers with their weights.
extension DescribedNetwork {
  /// What a layer computes, with its weights, and the number of units that it gives.
  static func operation(
    _ layer: NetworkDescription.Layer, inputSize: Int, _ weights: DescribedWeights
  ) throws(CheckpointError) -> (Part.Operation, size: Int) {
    switch layer.kind {
    case .embedding:
      let table = try weights.matrix("weight", of: layer)
      return (.tokens(.rows(table)), table.shape[1])
    case .oneHot:
      guard let size = layer.size, (1...65_536).contains(size) else {
        throw weights.failure(layer, "expected a size from 1 to 65536, found none")
      }
      return (.tokens(.oneHot(size)), size)
    case .recurrent:
      // The first layer reads vectors of the size of its weights.
      var size = inputSize
      if size == 0, let input = try weights.tensor("input", of: layer, suffix: "_l0"),
        input.rank == 2
      {
        size = input.shape[layer.hasTransposedMatrices ? 0 : 1]
      }
      let recurrent = try weights.recurrent(layer, inputSize: size)
      return (.recurrent(recurrent, TokenProducts()), recurrent.outputSize)
    case .linear:
      let linear = try linear(layer, inputSize: inputSize, weights)
      return (.linear(linear, layer.activation), linear.weight.shape[0])
    case .join: return (.join, inputSize)
    case .sum: return (.sum, inputSize)
    case .layerNorm, .batchNorm, .tags:
      return (try ofEachUnit(layer, inputSize: inputSize, weights), inputSize)
    case .last: return (.last, inputSize)
    case .mean: return (.mean, inputSize)
    case .max: return (.max, inputSize)
    case .convolution:
      let convolution = try convolution(layer, inputSize: inputSize, weights)
      return (.convolution(convolution, layer.activation), convolution.weight.shape[0])
    case .unitLength: return (.unitLength, inputSize)
    case .attention: return (try attention(layer, inputSize: inputSize, weights), inputSize)
    }
  }

  private static func attention(
    _ layer: NetworkDescription.Layer, inputSize: Int, _ weights: DescribedWeights
  ) throws(CheckpointError) -> Part.Operation {
    let weight = try weights.matrix("weight", of: layer)
    guard weight.shape.contains(1), weight.count == inputSize else {
      throw weights.failure(
        layer, "expected one weight for each of \(inputSize) inputs, found shape \(weight.shape)")
    }
    return .attention(weight.reshaped(to: [1, inputSize]))
  }

  private static func linear(
    _ layer: NetworkDescription.Layer, inputSize: Int, _ weights: DescribedWeights
  ) throws(CheckpointError) -> Linear {
    let stored = try weights.matrix("weight", of: layer)
    let matrix = layer.hasTransposedMatrices ? stored.transposed(1, 0) : stored
    let bias = try weights.tensor("bias", of: layer, isOptional: true)
    guard inputSize == 0 || matrix.shape[1] == inputSize,
      bias.map({ $0.shape == [matrix.shape[0]] }) ?? true
    else {
      throw weights.failure(
        layer, "expected a matrix for \(inputSize) inputs, found shape \(stored.shape)")
    }
    return Linear(weight: matrix, bias: bias)
  }

  private static func convolution(
    _ layer: NetworkDescription.Layer, inputSize: Int, _ weights: DescribedWeights
  ) throws(CheckpointError) -> Conv1d {
    let (stride, padding) = (layer.stride ?? 1, layer.padding ?? 0)
    let (dilation, groups) = (layer.dilation ?? 1, layer.groups ?? 1)
    let sizes = 1...65_536
    guard sizes.contains(stride), (0...65_536).contains(padding), sizes.contains(dilation),
      sizes.contains(groups)
    else {
      throw weights.failure(
        layer,
        "expected a stride, dilation and groups from 1 and a padding from 0, found \(stride), "
          + "\(dilation), \(groups) and \(padding)")
    }
    let stored = try weights.tensor("weight", of: layer)
    // Keras' kernels are [K, I, O].
    let turned =
      layer.hasTransposedMatrices && stored?.rank == 3 ? stored?.transposed([2, 1, 0]) : stored
    guard let weight = turned, weight.rank == 3, weight.count > 0,
      weight.shape[0].isMultiple(of: groups),
      inputSize == 0 || weight.shape[1] * groups == inputSize
    else {
      throw weights.failure(
        layer, "expected weights [O, \(inputSize / groups), K], found another shape")
    }
    let bias = try weights.tensor("bias", of: layer, isOptional: true)
    guard bias?.shape ?? [weight.shape[0]] == [weight.shape[0]] else {
      throw weights.failure(layer, "expected a bias of \(weight.shape[0]) units")
    }
    return Conv1d(
      weight: weight, bias: bias, stride: stride, dilation: dilation, groups: groups,
      padding: .zeros(padding))
  }

  /// Layers whose weights are numbers for each unit.
  private static func ofEachUnit(
    _ layer: NetworkDescription.Layer, inputSize: Int, _ weights: DescribedWeights
  ) throws(CheckpointError) -> Part.Operation {
    func numbers(_ name: String, _ shape: [Int], default value: Float) throws(CheckpointError)
      -> Tensor
    {
      guard let tensor = try weights.tensor(name, of: layer, isOptional: !value.isNaN) else {
        return value == 0 ? Tensor(zeros: shape) : Tensor(ones: shape)
      }
      guard tensor.shape == shape else {
        throw weights.failure(layer, "\(name): expected shape \(shape), found \(tensor.shape)")
      }
      return tensor
    }
    let (size, needed) = ([inputSize], Float.nan)
    let epsilon = Float(layer.epsilon ?? (layer.convention == .keras ? 1e-3 : 1e-5))
    guard inputSize > 0, epsilon >= 0 else {
      throw weights.failure(layer, "expected a layer before it and an epsilon from 0")
    }
    switch layer.kind {
    case .layerNorm:
      var norm = LayerNorm(size: inputSize, epsilon: epsilon)
      norm.weight = try numbers("scale", size, default: 1)
      norm.bias = try numbers("shift", size, default: 0)
      return .layerNorm(norm)
    case .batchNorm:
      return .batchNorm(
        FrozenBatchNorm(
          mean: try numbers("mean", size, default: needed),
          variance: try numbers("variance", size, default: needed),
          weight: try numbers("scale", size, default: 1),
          bias: try numbers("shift", size, default: 0), epsilon: epsilon))
    default:
      var field = ConditionalRandomField(tags: inputSize)
      field.transitions = try numbers("transitions", [inputSize, inputSize], default: needed)
      field.start = try numbers("start", size, default: 0)
      field.end = try numbers("end", size, default: 0)
      return .tags(field)
    }
  }
}
