import Cells
import TensorCore

/// A model with a recurrent layer that reads an endless stream, window by window.
public protocol StreamingModel: Module {
  /// The recurrent layer, whose gradients a memory computes.
  var recurrent: Recurrent { get }

  /// The output for the next window of the stream, in the layout of ``recurrent``.
  func callAsFunction(_ x: Tensor, with memory: RecurrentMemory) -> Tensor
}

/// A recurrent layer with a linear layer on the output of every step.
public struct StreamPredictor: StreamingModel {
  public private(set) var recurrent: Recurrent
  private var readout: Linear

  /// A model with random weights.
  public init(
    _ cell: some RecurrentCell, inputSize: Int, hiddenSize: Int, outputSize: Int,
    layers: Int = 1, using generator: inout some RandomNumberGenerator
  ) {
    recurrent = Recurrent(
      cell, inputSize: inputSize, hiddenSize: hiddenSize, layers: layers, using: &generator)
    readout = Linear(
      inputSize: recurrent.outputSize, outputSize: outputSize, using: &generator)
  }

  public func callAsFunction(_ x: Tensor, with memory: RecurrentMemory) -> Tensor {
    readout(recurrent(x, with: memory))
  }

  public mutating func visitParameters(_ visitor: inout ParameterVisitor) {
    visitor.visit("recurrent", &recurrent)
    visitor.visit("readout", &readout)
  }
}
