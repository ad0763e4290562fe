import Cells
import Checkpoint
import FileCore
import TensorCore

/// A model's run in the middle of its sequence: what it remembers, and where it is.
///
/// A session is a value: a copy goes on separately, with the same bits. ``save(to:)`` writes it to a file of its own,
/// without the model; ``resumed(from:)`` of any session of the same model goes on from there with the same bits, for
/// every cell.
///
/// ```swift
/// var text = saved.session(seed: 1)
/// text.read("Once upon a time")
/// var other = text                          // goes on separately
/// try text.save(to: "text.rnnz")
/// text = try saved.session().resumed(from: "text.rnnz")
/// ```
///
/// In the file, all in section `carry`: the states as arrays `state/NAME` of the shape `[L, 1, width]`, and the entry
/// `session`, which says the kind of the session and the checksum of the model's weights.
public protocol Session: Sendable {
  /// The model's states.
  var state: RecurrentState { get }

  /// Adds the session to a checkpoint.
  func write(to checkpoint: inout Checkpoint) throws(CheckpointError)

  /// Goes on with a saved session of the same model.
  ///
  /// - Throws: `CheckpointError` if the file holds no session of this kind, or one of another model; then nothing has
  ///   changed.
  mutating func restore(from reader: CheckpointReader) throws(CheckpointError)
}

extension Session {
  /// Saves the session.
  public func save(to path: String) throws(CheckpointError) {
    var checkpoint = Checkpoint()
    try write(to: &checkpoint)
    try checkpoint.save(to: path)
  }

  /// Tests whether the session can be saved to a path, and leaves nothing behind.
  package func rehearseSave(to path: String) throws(CheckpointError) {
    var checkpoint = Checkpoint()
    try write(to: &checkpoint)
    try Checkpoint.rehearseSave(to: path, byteCount: checkpoint.encoded().count)
  }

  /// The session that a file holds, with the model of this one.
  public func resumed(from path: String) throws(CheckpointError) -> Self {
    var session = self
    try session.restore(from: CheckpointReader(path: path))
    return session
  }
}

/// The kind of a session in a file, whatever its details.
private struct SessionKind: Decodable { var kind: String }

/// The entry `session` of a session's file.
struct SessionHeader<Details: Codable>: Codable {
  /// The kind of the session: `text` or `steps`.
  var kind: String
  /// The checksum of the model's weights.
  var weights: UInt32
  /// What the session is besides its states.
  var details: Details

  fileprivate static var key: Checkpoint.Key { .init(.carry, "session") }

  /// Adds the entry and the states.
  func write(_ state: RecurrentState, to checkpoint: inout Checkpoint) throws(CheckpointError) {
    try checkpoint.setJSON(self, Self.key.section, Self.key.name)
    for name in state.names { checkpoint.set(state[name], .carry, "state/" + name) }
  }
}

extension SessionHeader {
  /// Reads the entry of a session of a kind and of a model.
  init(
    _ kind: String, _ weights: WeightsChecksum, reading reader: CheckpointReader
  ) throws(CheckpointError) {
    let found = try reader.json(SessionKind.self, Self.key.section, Self.key.name).kind
    guard found == kind else { throw Self.mismatch(reader, "kind", expected: kind, found: found) }
    self = try reader.json(Self.self, Self.key.section, Self.key.name)
    guard self.weights == weights.value else {
      throw Self.mismatch(
        reader, "weights", expected: "\(weights.value), the checksum of this model's weights",
        found: "\(self.weights)")
    }
  }

  /// The error of a value that does not suit the model.
  static func mismatch(
    _ reader: CheckpointReader, _ path: String, expected: String, found: String
  ) -> CheckpointError {
    reader.fail(.configValue(key, path: path, expected: expected, found: found))
  }
}

extension CheckpointReader {
  /// The states of a session, which have the names and shapes of others.
  func states(like other: RecurrentState) throws(CheckpointError) -> RecurrentState {
    var states = other
    for name in other.names {
      states[name] = try tensor(.carry, "state/" + name, shape: other[name].shape)
    }
    return states
  }
}

/// The checksum of a model's parameters: their names, shapes and numbers. It is computed when it is first asked for.
final class WeightsChecksum: Sendable {
  private let model: any Module & Sendable
  private let known = Guarded<UInt32?>(nil)

  init(of model: some Module & Sendable) { self.model = model }

  /// The CRC-32 of the parameters.
  var value: UInt32 {
    if let value = known.withLock({ $0 }) { return value }
    let value = Self.checksum(of: model)
    known.withLock { $0 = value }
    return value
  }

  private static func checksum(of model: some Module) -> UInt32 {
    var checksum = CRC32()
    for (name, tensor) in model.parameters {
      checksum.update("\(name) \(tensor.shape)\n".utf8)
      tensor.scalars.withUnsafeBytes { checksum.update($0) }
    }
    return checksum.value
  }
}
