import Models
import TensorCore

/// The error of diverged training: a loss or gradient that is not finite, or a norm of gradients above the limit.
///
/// The step with the error is not applied, so the weights are those of the previous step.
public struct Divergence: Error, Hashable, Sendable, CustomStringConvertible {
  /// What went wrong.
  public enum Fault: Hashable, Sendable {
    /// The loss is infinite or NaN.
    case loss(Double)
    /// An element of a gradient is infinite or NaN.
    case gradient(Float, index: Int)
    /// The norm of all gradients together is above the limit.
    case norm(Double, limit: Double)
  }

  /// What went wrong.
  public let fault: Fault
  /// The step that was not applied, from 1.
  public let step: Int
  /// The parameter with the fault, or with the largest part of the norm; nil if only the loss is not finite.
  public let parameter: String?
  /// What to try, most promising first.
  public let advice: [Advice]

  /// One line with all of it.
  public var description: String {
    "\(summary); try " + advice.map(\.description).joined(separator: ", or ")
  }

  /// One line without the advice.
  public var summary: String {
    let what =
      switch fault {
      case .loss(let value): "the loss became \(value.isNaN ? .nan : value)"
      case .gradient(let value, let index): "element \(index) of a gradient became \(value)"
      case .norm(let value, let limit):
        "the gradients' norm rose to \(value.text(0)), above \(limit.text(0))"
      }
    let place = parameter.map { " in \($0)" } ?? ""
    return "training diverged at step \(step): \(what)\(place)"
  }

  /// The fault in a step's loss and gradients; nil if there is none.
  static func find(
    loss: Double, gradients: Gradients, norm: Double, step: Int, settings: TrainingSettings
  ) -> Divergence? {
    if loss.isFinite, norm.isFinite, norm <= settings.normLimit { return nil }
    var fault: Fault = loss.isFinite ? .norm(norm, limit: settings.normLimit) : .loss(loss)
    var parameter: String?
    if !norm.isFinite {
      for (name, gradient) in zip(gradients.names, gradients.values) {
        guard let index = gradient.firstNonFinite else { continue }
        parameter = name
        if loss.isFinite { fault = .gradient(gradient.scalars[index], index: index) }
        break
      }
    } else if loss.isFinite {
      parameter = gradients.names.max { size(of: $0, gradients) < size(of: $1, gradients) }
    }
    return Divergence(
      fault: fault, step: step, parameter: parameter, advice: advice(for: settings))
  }

  private static func size(of name: String, _ gradients: Gradients) -> Double {
    gradients[name].map { Gradients([(name, $0)]).norm } ?? 0
  }

  private static func advice(for settings: TrainingSettings) -> [Advice] {
    var advice = [Advice.learningRate(settings.learningRate / 10)]
    if settings.clip == nil { advice.append(.clipping(norm: 1)) }
    if case .cosine(let warmUp, _) = settings.schedule, warmUp > 0 {
      advice.append(.longerWarmUp)
    } else {
      advice.append(.warmUp(steps: 200))
    }
    return advice + [.scaledInputs]
  }
}
