public import Checkpoint
public import FileCore

/// Calls of a graph model one after the other: each call's states are those that the call before computed.
///
/// ```swift
/// var session = GraphSession(model)
/// let first = try session.run(["input": frames[0]])   // from states of zeros
/// let second = try session.run(["input": frames[1]])  // from the states after the first frame
/// session.reset()
/// ```
public struct GraphSession: Sendable {
  /// The model.
  public let model: GraphModel
  /// The states after the last call, by the names of the inputs.
  private var states = ExactDictionary<GraphValue>()

  /// A session before its first call.
  public init(_ model: GraphModel) { self.model = model }

  /// Computes the outputs of one call.
  ///
  /// - Parameter arrays: the inputs. A state that is among them starts from this value; one that is not goes on from
  ///   the call before, and starts from zeros in the first call.
  /// - Returns: all outputs, with the new states under the outputs' names.
  /// - Throws: `CheckpointError` that names the input or the node; the states are then unchanged.
  public mutating func run(
    _ arrays: ExactDictionary<StoredArray>
  ) throws(CheckpointError) -> ExactDictionary<StoredArray> {
    var values = ExactDictionary<GraphValue>()
    for name in arrays.keys {
      guard let array = arrays[name],
        let input = model.inputs.first(where: { ExactString($0.name) == ExactString(name) })
      else {
        let names = model.inputs.map(\.name).joined(separator: ", ")
        throw model.failure("input \(name)", "expected one of \(names), found another one")
      }
      values[name] = try model.value(of: array, for: input)
    }
    for state in model.states where values[state.input] == nil {
      if let value = states[state.input] {
        values[state.input] = value
      } else if let input = model.inputs.first(where: {
        ExactString($0.name) == ExactString(state.input)
      }) {
        values[state.input] = try model.zeros(for: input, beside: values)
      }
    }
    let results = try model(values)
    for state in model.states { states[state.input] = results[state.output] }
    return results.mapValues(\.array)
  }

  /// Forgets the states: the next call starts from zeros.
  public mutating func reset() { states = ExactDictionary() }
}
