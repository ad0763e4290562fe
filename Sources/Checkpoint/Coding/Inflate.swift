import CZlib
import FileCore
import Requirements
internal import TensorCore

/// Reads deflate streams.
enum Inflate {
  /// The format around the compressed bytes.
  enum Wrapping {
    /// The header and the checksum of zlib.
    case zlib
    /// Nothing, as in a zip archive.
    case none
  }

  /// Why a stream was refused.
  enum Failure: Error, Hashable {
    case malformed(String)
    case wrongSize
    case trailing(Int)
  }

  private static let headerSize = 2
  private static let checksumSize = 4

  /// Expands a stream. It must give exactly `count` bytes, must not need a preset dictionary, and must end where
  /// the bytes end.
  static func expanded(
    _ bytes: [UInt8], count: Int, wrapping: Wrapping = .zlib
  ) throws(Failure) -> [UInt8] {
    try bytes.withRawBytes { bytes throws(Failure) in
      try expanded(bytes, count: count, wrapping: wrapping)
    }
  }

  /// The same for bytes in memory.
  static func expanded(
    _ bytes: UnsafeRawBufferPointer, count: Int, wrapping: Wrapping = .zlib
  ) throws(Failure) -> [UInt8] {
    guard wrapping == .zlib else {
      let (output, unread) = try inflated(bytes, count: count)
      guard output.count == count else { throw .wrongSize }
      guard unread == 0 else { throw .trailing(unread) }
      return output
    }
    // zlib's own wrapper code computes its checksum several times more slowly.
    try checkHeader(bytes)
    let body = UnsafeRawBufferPointer(rebasing: bytes[headerSize...])
    let (output, unread) = try inflated(body, count: count)
    guard unread >= checksumSize else { throw .malformed("the stream ends too early") }
    let stated = body.loadUnaligned(fromByteOffset: body.count - unread, as: UInt32.self)
    guard output.withRawBytes({ Checksums.adler32($0) }) == UInt32(bigEndian: stated) else {
      throw .malformed("incorrect data check")
    }
    guard output.count == count else { throw .wrongSize }
    guard unread == checksumSize else { throw .trailing(unread - checksumSize) }
    return output
  }

  /// The first `count` bytes that a raw deflate stream gives, or the beginning of one; fewer if these are all.
  static func start(of bytes: [UInt8], count: Int) throws(Failure) -> [UInt8] {
    try bytes.withRawBytes { bytes throws(Failure) in
      try inflated(bytes, count: count, isStart: true).output
    }
  }

  /// Checks the two bytes of the zlib header (RFC 1950).
  private static func checkHeader(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    guard bytes.count >= headerSize else { throw .malformed("the stream ends too early") }
    let (method, flags) = (bytes[0], bytes[1])
    guard (Int(method) << 8 | Int(flags)).isMultiple(of: 31) else {
      throw .malformed("incorrect header check")
    }
    guard method & 0xF == 8 else { throw .malformed("unknown compression method") }
    guard method >> 4 <= 7 else { throw .malformed("invalid window size") }
    guard flags & 0x20 == 0 else { throw .malformed("it needs a preset dictionary") }
  }

  /// Expands a raw deflate stream to at most `count` bytes; also returns the number of bytes after the stream.
  /// A stream may go on, if only its start is asked for.
  private static func inflated(
    _ bytes: UnsafeRawBufferPointer, count: Int, isStart: Bool = false
  ) throws(Failure) -> (output: [UInt8], unread: Int) {
    require(
      bytes.count <= UInt32.max && count <= UInt32.max,
      "zlib cannot expand \(bytes.count) bytes to \(count) in one call")
    // zlib stores the stream's address, so it must not change.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    defer { stream.deallocate() }
    let start = inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard start == Z_OK else { throw .malformed("zlib cannot start (\(start))") }
    defer { inflateEnd(stream) }

    var status = Z_OK
    let output = [UInt8](uninitializedCapacity: count) { buffer, initializedCount in
      stream.pointee.next_out = buffer.baseAddress
      stream.pointee.avail_out = UInt32(count)
      stream.pointee.next_in = UnsafeMutablePointer(
        mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
      stream.pointee.avail_in = UInt32(bytes.count)
      status = inflate(stream, Z_FINISH)
      initializedCount = count - Int(stream.pointee.avail_out)
    }
    let unread = Int(stream.pointee.avail_in)
    switch status {
    case Z_STREAM_END:
      return (output, unread)
    case Z_OK where isStart, Z_BUF_ERROR where isStart:
      return (output, unread)
    case Z_OK, Z_BUF_ERROR:
      // The output is full, or the input is used up.
      throw unread > 0 ? .wrongSize : .malformed("the stream ends too early")
    default:
      let message = stream.pointee.msg.map { String(cString: $0) }
      throw .malformed(message ?? "zlib error \(status)")
    }
  }
}
