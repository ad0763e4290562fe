import FileCore
import Models

/// How each batch is cut into shards, and how their gradients are summed.
///
/// It belongs to a training like its seed: another number of shards, or another precision, gives other bits. The number
/// of ranks does not.
public struct Sharding: Codable, Hashable, Sendable {
  /// The number of shards, at most a batch's rows. More ranks than shards are not used.
  public var count: Int
  /// The precision in which sums of gradients go from rank to rank.
  public var wire: WirePrecision

  /// Some shards, by default 8, and exact sums.
  public init(_ count: Int = 8, wire: WirePrecision = .float32) {
    self.count = count
    self.wire = wire
  }

  /// The largest number of shards.
  public static let largestCount = 1 << 16

  func validate() throws(InvalidSetting) {
    try InvalidSetting.check("shards", count, in: 1...Self.largestCount)
  }

  /// Checks that a batch can be cut into so few parts that each has a row.
  func validate(rows: Int?) throws(InvalidSetting) {
    guard let rows, count > rows else { return }
    throw InvalidSetting(
      "shards", expected: "at most a batch's \(rows.counted("rows"))", found: count.grouped)
  }

  /// A few words.
  var line: String {
    "\(count) \(count == 1 ? "shard" : "shards")" + (wire == .bf16 ? " summed in bf16" : "")
  }
}
