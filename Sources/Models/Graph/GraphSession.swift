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
  /// The states after the last call; none before the first.
  private var states: [GraphValue] = []

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
    var values = try model.values(of: arrays)
    for (number, place) in model.statePlaces.enumerated() where values[place.input] == nil {
      values[place.input] =
        states.isEmpty
        ? try model.zeros(for: model.inputs[place.input], beside: values)
        : states[number]
    }
    let results = try model.results(of: values)
    states = model.statePlaces.map { results[$0.output] }
    return model.named(results)
  }

  /// Forgets the states: the next call starts from zeros.
  public mutating func reset() { states = [] }
}
