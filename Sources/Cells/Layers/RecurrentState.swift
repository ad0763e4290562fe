import Requirements
import TensorCore

/// The states of a recurrent layer or step, by name.
///
/// A layer's states have the shape `[layers * directions, B, width]`, as in PyTorch: layer after layer,
/// the forward direction before the reverse one. A step's have `[B, width]`.
public struct RecurrentState: Sendable {
  /// The names, in the cell's order: "hidden" and, for an LSTM, "cell".
  public let names: [String]
  var tensors: [Tensor]

  /// States with the given names and values.
  public init(_ states: [(name: String, value: Tensor)]) {
    names = states.map(\.name)
    tensors = states.map(\.value)
  }

  init(names: [String], tensors: [Tensor]) {
    self.names = names
    self.tensors = tensors
  }

  /// The state of a name. Asking for a name that the cell doesn't have is a caller's bug.
  public subscript(name: String) -> Tensor {
    get { tensors[position(name)] }
    set { tensors[position(name)] = newValue }
  }

  /// The hidden state, which most cells have.
  public var hidden: Tensor { self["hidden"] }

  /// The same values, cut off from the tape: gradients end here.
  public func detached() -> RecurrentState {
    RecurrentState(names: names, tensors: tensors.map { $0.detached() })
  }

  private func position(_ name: String) -> Int {
    guard let position = names.firstIndex(of: name) else {
      failure("no state is named \(name); there are \(names)")
    }
    return position
  }
}
