import Checkpoint
import FileCore
import Requirements

/// The sessions of many ids, of which at most a given number is in memory: the one that was used longest ago goes to a
/// file of its own in a folder, and comes back from there when its id is asked for again.
///
/// ```swift
/// var store = SessionStore(saved.session(), limit: 1000, folder: "sessions")
/// var session = try store.session(of: "user 7")      // from memory, from the folder, or a new one
/// session.read("Good morning")
/// try store.set(session, for: "user 7")
/// try store.saveAll()                                // another run goes on with all of them
/// ```
///
/// A file has the name of its id, in which bytes other than lower-case letters, digits, `-` and `_` are written as `%` and
/// two digits.
public struct SessionStore<State: Session> {
  /// The most sessions in memory.
  public let limit: Int
  /// The folder of the others.
  public let folder: String

  /// The most bytes of an id in UTF-8.
  public static var longestID: Int { 80 }

  private let start: State
  /// The sessions in memory, with the turn in which each was set.
  private var sessions: [ExactString: (session: State, turn: Int)] = [:]
  /// The ids by their turns, from `next` on; a turn that is not its id's last one does not count.
  private var turns: [(id: ExactString, turn: Int)] = []
  private var next = 0
  private var turn = 0

  /// A store whose ids begin with a given session; the folder must be there.
  ///
  /// - Precondition: `limit` is positive.
  public init(_ start: State, limit: Int, folder: String) {
    require(limit > 0, "expected a limit of one session or more, found \(limit)")
    (self.start, self.limit, self.folder) = (start, limit, folder)
  }

  /// The number of sessions in memory.
  public var count: Int { sessions.count }

  /// A session at the beginning.
  public var newSession: State { start }

  /// The session of an id, a new one if it has none.
  ///
  /// - Throws: `CheckpointError` if its file is damaged, or of another model.
  public func session(of id: String) throws(CheckpointError) -> State {
    if let known = sessions[ExactString(id)] { return known.session }
    let path = path(of: id)
    return FileBytes.exists(path) ? try start.resumed(from: path) : start
  }

  /// Sets the session of an id, and saves the one that was used longest ago if there are too many.
  ///
  /// - Precondition: the id has 1 to ``longestID`` bytes.
  public mutating func set(_ session: State, for id: String) throws(CheckpointError) {
    require(
      1...Self.longestID ~= id.utf8.count,
      "expected an id of 1 to \(Self.longestID) bytes, found \(id.utf8.count)")
    turn += 1
    sessions[ExactString(id)] = (session, turn)
    turns.append((ExactString(id), turn))
    while sessions.count > limit { try evictOldest() }
    let most = 2 * sessions.count + 64
    guard next > most || turns.count - next > most else { return }
    turns = turns[next...].filter(isLast)
    next = 0
  }

  /// Saves all sessions that are in memory; they stay there. One that can't be saved does not keep the others from it.
  ///
  /// - Throws: the first error.
  public func saveAll() throws(CheckpointError) {
    var first: CheckpointError?
    for id in sessions.keys.sorted() {
      do throws(CheckpointError) {
        try save(id)
      } catch {
        first = first ?? error
      }
    }
    if let first { throw first }
  }

  private mutating func evictOldest() throws(CheckpointError) {
    while next < turns.count, !isLast(turns[next]) { next += 1 }
    guard next < turns.count else { return }
    try save(turns[next].id)
    sessions[turns[next].id] = nil
    next += 1
  }

  private func isLast(_ entry: (id: ExactString, turn: Int)) -> Bool {
    sessions[entry.id]?.turn == entry.turn
  }

  private func save(_ id: ExactString) throws(CheckpointError) {
    try sessions[id]?.session.save(to: path(of: id.string))
  }

  /// The file of an id.
  public func path(of id: String) -> String {
    var name = ""
    for byte in id.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"), UInt8(ascii: "_"):
        name.unicodeScalars.append(Unicode.Scalar(byte))
      default: name += "%" + hexadecimal(byte, digits: 2)
      }
    }
    return "\(folder)/\(name).rnnz"
  }
}
