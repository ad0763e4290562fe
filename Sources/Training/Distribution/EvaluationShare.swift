import FileCore

/// A rank's part of an evaluation. The data are cut into as many parts as batches into shards; each rank evaluates some
/// of them, and all ranks put all results together in the same order.
public struct EvaluationShare: Sendable {
  /// The parts of this rank.
  public let parts: Range<Int>
  /// The number of all parts.
  public let count: Int
  /// Whether this rank's result is shown to a person: only then examples are needed.
  public var isShown: Bool { group.isFirst }

  private let group: ProcessGroup

  /// The share of a group's rank in an evaluation of `count` parts.
  public init(_ group: ProcessGroup, shards count: Int) {
    self.group = group
    self.count = count
    parts = ShardTree.owned(by: group.rank, of: group.ranks, shards: count)
  }

  /// The results of all parts, in order, from those of the own ``parts``.
  ///
  /// - Throws: ``PeerFailure``, or errors of the connection.
  public func all<Part: Codable & Sendable>(_ own: [Part]) throws -> [Part] {
    guard group.ranks > 1 else { return own }
    let bytes = try own.map { Array(try JSONValue(encoding: $0).text.utf8) }
    let lines = Array(bytes.joined(separator: [UInt8(ascii: "\n")]))
    return try group.gather(lines).flatMap { text in
      try text.split(separator: UInt8(ascii: "\n")).map { line in
        try JSONValue(parsing: Array(line), maximumDepth: 32).decoded(as: Part.self)
      }
    }
  }
}
