import Checkpoint
import FileCore
import Models

/// The data that all shards carry to the next batch, as it is saved.
struct CollectedCarries: Sendable {
  /// The number of completed steps when it was collected; nil if it never was.
  fileprivate var step: Int?
  fileprivate var carries: [Int: Checkpoint] = [:]
}

extension Trainer {
  /// Brings what all ranks carry to rank 0, which saves it. All ranks call it before rank 0 saves.
  ///
  /// - Throws: ``PeerFailure``, or errors of the connection.
  public mutating func collect() throws {
    guard settings.sharding != nil else { return }
    var collected = CollectedCarries(step: steps, carries: try ownCarries())
    if group.ranks > 1 {
      var bytes: [UInt8] = []
      for (shard, carry) in collected.carries.sorted(by: { $0.key < $1.key }) {
        let file = try carry.encoded(compression: .none)
        for number in [shard, file.count] { bytes.append(littleEndian: UInt64(number)) }
        bytes += file
      }
      let all = try group.wait(for: group.startGather(bytes, at: 0))
      if group.isFirst {
        for bytes in all[1...] { try Self.read(bytes, to: &collected.carries) }
      }
    }
    self.collected = collected
  }

  private func ownCarries() throws(CheckpointError) -> [Int: Checkpoint] {
    var result: [Int: Checkpoint] = [:]
    for (shard, carry) in shardCarries {
      var checkpoint = Checkpoint()
      try task.write(carry, to: &checkpoint)
      result[shard] = checkpoint
    }
    return result
  }

  private static func read(_ bytes: [UInt8], to carries: inout [Int: Checkpoint]) throws {
    var rest = bytes[...]
    while rest.count >= 16 {
      let numbers = (0..<2).map { number in
        rest.dropFirst(8 * number).prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
      }
      rest = rest.dropFirst(16)
      let reader = try CheckpointReader(bytes: Array(rest.prefix(numbers[1])))
      carries[numbers[0]] = try Checkpoint(reading: reader)
      rest = rest.dropFirst(numbers[1])
    }
  }

  /// Adds the data that each shard carries: `shard/NUMBER/…` in the section of what is carried.
  func writeShardCarries(to checkpoint: inout Checkpoint) throws(CheckpointError) {
    guard settings.sharding != nil else { return }
    let isCollected = collected.step == steps
    for (shard, carry) in isCollected ? collected.carries : try ownCarries() {
      for (key, content) in carry.contents {
        checkpoint.set(content, .init(key.section, Self.prefix(of: shard) + key.name))
      }
    }
  }

  /// Reads what the own shards carry; all of it on rank 0, which may save it before the first step.
  mutating func readShardCarries(from reader: CheckpointReader) throws {
    guard let sharding = settings.sharding else { return }
    var all: [Int: Checkpoint] = [:]
    for shard in 0..<sharding.count {
      var part = Checkpoint()
      let prefix = Self.prefix(of: shard)
      for entry in reader.entries
      where entry.key.section == .carry && entry.key.name.hasPrefix(prefix) {
        let name = String(entry.key.name.dropFirst(prefix.count))
        part.set(try reader.content(entry.key), .init(.carry, name))
      }
      guard !part.contents.isEmpty else { continue }
      all[shard] = part
      guard
        ShardTree.owned(by: group.rank, of: group.ranks, shards: sharding.count).contains(shard)
      else { continue }
      var own = try CheckpointReader(bytes: part.encoded(compression: .none), name: reader.file)
      own.userInfo = reader.userInfo
      shardCarries[shard] = try task.carry(
        reading: own, for: model, of: Shard(shard, of: sharding.count))
    }
    collected = CollectedCarries(step: steps, carries: all)
  }

  private static func prefix(of shard: Int) -> String { "shard/\(shard)/" }
}
