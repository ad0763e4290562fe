import FileCore

/// Limits for reading a file. Exceeding one throws a `resourceLimit` error before memory is allocated for it.
///
/// These are the same on every machine. What the machine or its container could not hold is refused besides, with a
/// `memoryLimit` error, before it is read or decompressed.
public struct ReadLimits: Sendable, Hashable {
  /// The quantity that a limit bounds.
  public enum Kind: String, Sendable, Hashable {
    /// The number of entries in the index.
    case entries
    /// Bytes of the index, or of a safetensors header.
    case indexBytes
    /// The size of one axis.
    case dimension
    /// Bytes of one entry, as stored and as decompressed.
    case entryBytes
    /// Bytes of all entries, decompressed.
    case totalBytes
    /// Bytes of one JSON text.
    case jsonBytes
  }

  /// The number of entries in the index.
  public var entries = 65_536
  /// Bytes of the index, or of a safetensors header.
  public var indexBytes = 16 << 20
  /// The size of one axis.
  public var dimension = Int(Int32.max)
  /// Bytes of one entry, as stored and as decompressed.
  public var entryBytes = Int(UInt32.max)
  /// Bytes of all entries, decompressed.
  public var totalBytes = 16 << 30
  /// Bytes of one JSON text.
  public var jsonBytes = 1 << 20
  /// The nesting depth of arrays and objects in JSON.
  public var jsonDepth = 32
  /// The most memory that there is for the bytes of an array; nil where it is not known.
  package var memory: MemoryLimit? = Self.processMemory

  private static let processMemory = MemoryLimit.current

  /// The format's limits.
  public init() {}
}
