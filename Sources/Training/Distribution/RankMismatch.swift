import Datasets
import FileCore
import TensorCore

/// The error of a rank that would train otherwise than rank 0: on other data, with other settings or on another kind of
/// processor.
public struct RankMismatch: Error, Hashable, Sendable, CustomStringConvertible {
  /// The rank.
  public let rank: Int
  /// What differs.
  public let what: String
  /// Rank 0's value.
  public let expected: String
  /// The rank's value.
  public let found: String

  /// One line with all four.
  public var description: String {
    "rank \(rank) has other \(what) than rank 0: expected \(expected), found \(found)"
  }
}

extension Trainer {
  /// Compares what every rank must have in common before the first step.
  ///
  /// - Throws: ``RankMismatch``, the same on all ranks; ``PeerFailure``.
  func requireSameRanks(_ cursor: BatchCursor) throws {
    guard group.ranks > 1 else { return }
    let facts = [
      ("settings", try JSONValue(encoding: settings).text),
      ("configuration", try JSONValue(encoding: task.configuration).text),
      ("data", task.dataIdentity),
      ("kernels", InstructionSet.active),
      ("place in the data", try JSONValue(encoding: cursor).text),
    ]
    let all = try group.gather(Array(facts.map(\.1).joined(separator: "\n").utf8))
    for (rank, bytes) in all.enumerated() {
      let pair = [all[0], bytes].map { bytes in
        bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
          .map { String(decoding: $0, as: UTF8.self) }
      }
      for (fact, (expected, found)) in zip(facts, zip(pair[0], pair[1])) where expected != found {
        throw RankMismatch(rank: rank, what: fact.0, expected: expected, found: found)
      }
    }
  }
}
