import Requirements

/// The value of a loss and its gradient with respect to every parameter of a model.
///
///     let (loss, gradients) = valueAndGradient(of: model) { model in
///       crossEntropy(model(x), targets)
///     }
///
/// The closure gets a copy of the model whose parameters are tracked; it must return a tensor with
/// one element. `value` and the gradients are untracked. Calls may be nested, as long as no operation
/// of the inner call uses a tensor that only the outer one tracks. Higher derivatives are not
/// computed: gradients are constants to an outer call.
public func valueAndGradient<M: Module>(
  of model: M, _ loss: (M) throws -> Tensor
) rethrows -> (value: Tensor, gradients: Gradients) {
  let (value, _, gradients) = try valueAndGradient(of: model) { (try loss($0), ()) }
  return (value, gradients)
}

/// The same for a closure that also returns another value, such as a recurrent state or the number of correct
/// predictions. Tensors in it count as untracked after the call.
public func valueAndGradient<M: Module, Auxiliary>(
  of model: M, _ loss: (M) throws -> (Tensor, Auxiliary)
) rethrows -> (value: Tensor, auxiliary: Auxiliary, gradients: Gradients) {
  let tape = Tape()
  defer { tape.close() }
  var tracked = model
  let leaves = Leaves(tracking: &tracked, on: tape)
  let (value, auxiliary) = try loss(tracked)
  let gradients = leaves.gradients(of: value, on: tape)
  return (value.detached(), auxiliary, gradients)
}

/// The same, and gives each gradient to the caller as soon as it is complete, while others are still computed.
///
/// - Parameters:
///   - evaluated: called with the loss after the forward pass, before the backward pass.
///   - finished: called once for each parameter with its position in ``Gradients/names`` and its gradient; parameters
///     that were read last come first.
package func valueAndGradient<M: Module, Auxiliary>(
  of model: M, _ loss: (M) throws -> (Tensor, Auxiliary),
  evaluated: (_ value: Tensor, _ auxiliary: Auxiliary) throws -> Void,
  finished: (_ position: Int, _ gradient: Tensor) -> Void
) rethrows -> Auxiliary {
  let tape = Tape()
  defer { tape.close() }
  var tracked = model
  let leaves = Leaves(tracking: &tracked, on: tape)
  let (value, auxiliary) = try loss(tracked)
  try evaluated(value.detached(), auxiliary)
  leaves.finish(gradientsOf: value, on: tape, finished)
  return auxiliary
}

/// The same with gradients with respect to further tensors: an input, say, or an initial state.
///
/// ```swift
/// let (loss, gradients, inputGradients) = valueAndGradient(of: model, at: [x]) { model, inputs in
///   crossEntropy(model(inputs[0]), targets)
/// }
/// ```
///
/// The closure gets tracked copies of both; `inputGradients` have the shapes of `inputs`.
public func valueAndGradient<M: Module>(
  of model: M, at inputs: [Tensor], _ loss: (M, [Tensor]) throws -> Tensor
) rethrows -> (value: Tensor, gradients: Gradients, inputGradients: [Tensor]) {
  let tape = Tape()
  defer { tape.close() }
  var tracked = model
  let leaves = Leaves(tracking: &tracked, on: tape)
  let trackedInputs = tape.tracking(copiesOf: inputs)
  let value = try loss(tracked, trackedInputs)
  let (gradients, inputGradients) = leaves.gradients(of: value, and: trackedInputs, on: tape)
  return (value.detached(), gradients, inputGradients)
}

/// The value of a function of tensors and its gradient with respect to each of them.
///
/// The function must return a tensor with one element. The gradients have the inputs' shapes.
public func valueAndGradient(
  of inputs: [Tensor], _ function: ([Tensor]) throws -> Tensor
) rethrows -> (value: Tensor, gradients: [Tensor]) {
  let tape = Tape()
  defer { tape.close() }
  let tracked = tape.tracking(copiesOf: inputs)
  let value = try function(tracked)
  requireScalar(value)
  let cotangents = tape.cotangents(of: value, at: Array(inputs.indices))
  let gradients = zip(inputs, cotangents).map { $1 ?? Tensor(zeros: $0.shape) }
  return (value.detached(), gradients)
}

private func requireScalar(_ loss: Tensor) {
  require(
    loss.count == 1, "a loss must have one element; this one has the shape \(loss.shape)")
}

/// A model's parameters on a tape: each once, also where the model visits it under several names.
struct Leaves {
  private(set) var names: [String] = []
  private(set) var values: [Tensor] = []
  private var slots: [Int] = []
  /// Further names of tied parameters, with their positions in `names`.
  private var aliases: [String: Int] = [:]

  /// Replaces the model's parameters by copies that the tape follows.
  init<M: Module>(tracking model: inout M, on tape: Tape) {
    var leaves = (names: [String](), values: [Tensor](), slots: [Int](), aliases: [String: Int]())
    // Enough for a model of a few layers.
    let count = 16
    leaves.names.reserveCapacity(count)
    leaves.values.reserveCapacity(count)
    leaves.slots.reserveCapacity(count)
    var visitor = ParameterVisitor { name, parameter in
      if let slot = tape.slot(of: parameter), let position = leaves.slots.firstIndex(of: slot) {
        leaves.aliases[name] = position
        return
      }
      leaves.names.append(name)
      leaves.values.append(parameter.detached())
      leaves.slots.append(tape.track(&parameter))
    }
    model.visitParameters(&visitor)
    (names, values, slots, aliases) = leaves
  }

  /// Gives each gradient of a loss to `finished` as soon as it is complete. Closes the tape.
  func finish(
    gradientsOf value: Tensor, on tape: Tape,
    _ finished: (_ position: Int, _ gradient: Tensor) -> Void
  ) {
    requireScalar(value)
    requireTrainable()
    withoutActuallyEscaping(finished) { finished in
      _ = tape.cotangents(of: value, at: slots) { position, cotangent in
        finished(position, cotangent ?? Tensor(zeros: values[position].shape))
      }
    }
  }

  /// Weights in 8 or 16 bits are read-only.
  private func requireTrainable() {
    for index in values.indices where values[index].weightFormat != .float32 {
      let format = values[index].weightFormat.rawValue
      failure("\(names[index]) has weights in \(format), which cannot be trained")
    }
  }

  /// The parameters in the places of their gradients.
  var template: Gradients { Gradients(names: names, values: values, aliases: aliases) }

  /// The gradients of a loss with respect to the parameters. Closes the tape.
  func gradients(of value: Tensor, on tape: Tape) -> Gradients {
    gradients(of: value, and: [], on: tape).parameters
  }

  /// The same, and those with respect to other tensors that the tape follows.
  func gradients(
    of value: Tensor, and others: [Tensor], on tape: Tape
  ) -> (parameters: Gradients, others: [Tensor]) {
    requireScalar(value)
    requireTrainable()
    var cotangents = tape.cotangents(
      of: value, at: slots + others.compactMap { tape.slot(of: $0) })
    func gradients(of leaves: [Tensor], from first: Int) -> [Tensor] {
      leaves.indices.map { cotangents[first + $0].take() ?? Tensor(zeros: leaves[$0].shape) }
    }
    let parameters = Gradients(
      names: names, values: gradients(of: values, from: 0), aliases: aliases)
    return (parameters, gradients(of: others, from: values.count))
  }
}
