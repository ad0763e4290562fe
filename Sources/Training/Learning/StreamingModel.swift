import Cells
import TensorCore

/// A model that reads an endless stream, window by window, with a recurrent layer that remembers.
public protocol StreamingModel: Module {
  /// The layer that a memory goes along with.
  var recurrent: Recurrent { get }

  /// The output for the next window of the stream, whose steps are along ``recurrent``'s axis of time.
  func callAsFunction(_ x: Tensor, with memory: RecurrentMemory) -> Tensor
}

/// A recurrent layer and a linear read-out of its every step.
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
