/// What may help training that diverged, as a value: a program says by which of its flags it is done.
public enum Advice: Hashable, Sendable, CustomStringConvertible {
  /// A smaller step size.
  case learningRate(Double)
  /// A limit to the norm of the gradients.
  case clipping(norm: Double)
  /// A warm-up of some steps.
  case warmUp(steps: Int)
  /// A longer warm-up than there is.
  case longerWarmUp
  /// Inputs of about the size of one.
  case scaledInputs

  /// A noun phrase without a full stop.
  public var description: String {
    switch self {
    case .learningRate(let rate): "a learning rate of \(Float(rate))"
    case .clipping(let norm): "clipping the gradients' norm at \(Float(norm))"
    case .warmUp(let steps): "a warm-up of \(steps) steps"
    case .longerWarmUp: "a longer warm-up"
    case .scaledInputs: "inputs scaled to about -1 to 1"
    }
  }
}
