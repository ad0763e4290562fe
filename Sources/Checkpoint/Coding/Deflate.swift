import CZlib
import FileCore

/// Writes zlib streams with zlib, which finds all repetitions: for text, and for ``Compression/small``.
enum Deflate {
  /// The stream of the bytes; nil unless it is shorter than they are.
  ///
  /// The result depends only on the bytes and the version of zlib.
  static func compressed(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count > 1 else { return nil }
    let capacity = bytes.count - 1
    var isComplete = false
    let output = [UInt8](uninitializedCapacity: capacity) { buffer, initializedCount in
      var size = uLong(capacity)
      isComplete =
        compress2(
          buffer.baseAddress, &size, bytes, uLong(bytes.count), Z_DEFAULT_COMPRESSION) == Z_OK
      initializedCount = isComplete ? Int(size) : 0
    }
    return isComplete ? output : nil
  }
}
