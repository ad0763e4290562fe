/// How much a file may make its reader do and hold; exceeding any limit is a `resourceLimit` error,
/// thrown before anything is allocated for what exceeds it.
public struct ReadLimits: Sendable, Hashable {
  /// What a limit is about.
  public enum Kind: String, Sendable, Hashable {
    /// Entries in the index.
    case entries
    /// Bytes of the index, or of a safetensors header.
    case indexBytes
    /// The extent of one axis.
    case dimension
    /// Bytes of one entry, as stored and as read.
    case entryBytes
    /// Bytes of all entries as read.
    case totalBytes
    /// Bytes of one JSON text.
    case jsonBytes
  }

  /// Entries in the index.
  public var entries = 65_536
  /// Bytes of the index, or of a safetensors header.
  public var indexBytes = 16 << 20
  /// The extent of one axis.
  public var dimension = Int(Int32.max)
  /// Bytes of one entry, as stored and as read.
  public var entryBytes = Int(UInt32.max)
  /// Bytes of all entries as read.
  public var totalBytes = 16 << 30
  /// Bytes of one JSON text.
  public var jsonBytes = 1 << 20
  /// How deep arrays and objects may nest in JSON.
  public var jsonDepth = 32

  /// The format's limits.
  public init() {}
}
