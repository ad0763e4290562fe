import CZlib
import FileCore

/// Writes zlib streams by zlib itself, which looks for every repetition: for text, and for the smallest
/// of several tries.
enum Deflate {
  /// One stream of all the bytes; nil unless it takes fewer bytes.
  ///
  /// The result depends on the bytes and the version of zlib alone.
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
