/// What is read whole from a file or from bytes in memory.
///
/// ```swift
/// let weights = try Safetensors(path: "model.safetensors")
/// let same = try Safetensors(bytes: bytes, name: "model.safetensors")
/// ```
///
/// The formats of this library conform; each says what it refuses.
public protocol ReadableFile: Sendable {
  /// Reads a source, within limits.
  ///
  /// - Throws: `CheckpointError` with the file's name, the place, and what is wrong there.
  init(source: ByteSource, limits: ReadLimits) throws(CheckpointError)
}

extension ReadableFile {
  /// Reads a file.
  ///
  /// - Throws: `CheckpointError` if it can't be read, or is none of the format.
  public init(path: String, limits: ReadLimits = ReadLimits()) throws(CheckpointError) {
    try self.init(source: ByteSource(path: path), limits: limits)
  }

  /// Reads a file in memory; `name` is its name in errors.
  ///
  /// - Throws: `CheckpointError` if it is none of the format.
  public init(
    bytes: [UInt8], name: String = "bytes in memory", limits: ReadLimits = ReadLimits()
  ) throws(CheckpointError) {
    try self.init(source: ByteSource(bytes: bytes, name: name), limits: limits)
  }
}
