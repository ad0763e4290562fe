import Checkpoint
import FileCore
import TensorCore

/// What each rank tells the others in every step besides gradients.
struct StepHeader: Sendable {
  /// The loss and the targets of a shard.
  struct Share: Sendable {
    /// The sum of the losses of its targets.
    private(set) var loss = 0.0
    private(set) var targets = 0

    /// Adds the mean loss of some targets.
    mutating func add(loss: Double, targets: Int) {
      self.loss += loss * Double(targets)
      self.targets += targets
    }

    init() {}

    fileprivate init(loss: Double, targets: Int) {
      self.loss = loss
      self.targets = targets
    }
  }

  var wantsToStop: Bool
  /// The checksum of the weights before the step; nil if it is not compared in this step.
  var checksum: UInt32?
  /// The rank's shards, in order.
  var shares: [Share] = []

  init(wantsToStop: Bool, checksum: UInt32?) {
    self.wantsToStop = wantsToStop
    self.checksum = checksum
  }

  /// Two flags, the checksum in 4 bytes, then 16 bytes a shard, the smallest byte first.
  var bytes: [UInt8] {
    var bytes: [UInt8] = [wantsToStop ? 1 : 0, checksum == nil ? 0 : 1]
    bytes.append(littleEndian: checksum ?? 0)
    for share in shares {
      bytes.append(littleEndian: share.loss.bitPattern)
      bytes.append(littleEndian: UInt64(share.targets))
    }
    return bytes
  }

  init(bytes: [UInt8]) throws {
    guard bytes.count >= 6, (bytes.count - 6).isMultiple(of: 16) else {
      throw ExchangeFailure(reason: "a step's header of \(bytes.count) bytes")
    }
    wantsToStop = bytes[0] == 1
    checksum = bytes[1] == 1 ? bytes.littleEndian(UInt32.self, at: 2) : nil
    shares = stride(from: 6, to: bytes.count, by: 16).map { start in
      Share(
        loss: Double(bitPattern: bytes.littleEndian(UInt64.self, at: start)),
        targets: Int(clamping: bytes.littleEndian(UInt64.self, at: start + 8)))
    }
  }

  /// The sums over all ranks' shards, in the order of the shards.
  struct Total {
    var loss = 0.0
    var targets = 0
    var wantsToStop = false

    init(_ headers: [StepHeader]) {
      for header in headers {
        wantsToStop = wantsToStop || header.wantsToStop
        for share in header.shares {
          loss += share.loss
          targets += share.targets
        }
      }
    }
  }
}

/// The error of ranks whose weights are no longer the same, as after a fault of a machine's memory.
public struct WeightMismatch: Error, Hashable, Sendable, CustomStringConvertible {
  /// The ranks whose weights differ from those of most ranks, or from rank 0's.
  public let ranks: [Int]
  /// The number of completed steps.
  public let step: Int

  /// One line with the ranks.
  public var description: String {
    let names = ranks.map(String.init).joined(separator: ", ")
    let who = ranks.count == 1 ? "rank \(names) has" : "ranks \(names) have"
    return
      "after step \(step) \(who) other weights than the rest: a machine's memory, kernels or library may be faulty"
  }

  /// Compares the ranks' checksums.
  static func check(_ checksums: [UInt32?], step: Int) throws(WeightMismatch) {
    guard let first = checksums.first, checksums.contains(where: { $0 != first }) else { return }
    // Most ranks are right; of as many on both sides those that agree with rank 0.
    var counts: [UInt32?: Int] = [:]
    for checksum in checksums { counts[checksum, default: 0] += 1 }
    let most = counts.values.max() ?? 0
    let right = checksums.first { counts[$0] == most } ?? first
    throw WeightMismatch(ranks: checksums.indices.filter { checksums[$0] != right }, step: step)
  }
}

extension Module {
  /// A CRC-32 of the bits of all parameters.
  package var weightChecksum: UInt32 {
    let sums = parameters.map { parameter in
      parameter.value.withUnsafePointer {
        crc32(UnsafeRawBufferPointer(start: $0, count: 4 * parameter.value.count))
      }
    }
    return sums.withUnsafeBytes { crc32($0) }
  }
}
