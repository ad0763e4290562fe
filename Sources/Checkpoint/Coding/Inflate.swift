import CZlib

/// Reads zlib streams.
enum Inflate {
  /// Why a stream was refused.
  enum Failure: Error, Hashable {
    case malformed(String)
    case wrongSize
    case trailing(Int)
  }

  /// The `count` bytes that a stream expands to. The stream must give exactly as many, must not need a preset dictionary,
  /// and must end where the bytes end.
  static func expanded(_ bytes: [UInt8], count: Int) throws(Failure) -> [UInt8] {
    precondition(
      bytes.count <= UInt32.max && count <= UInt32.max,
      "zlib cannot expand \(bytes.count) bytes to \(count) in one call")
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    defer { stream.deallocate() }
    let start = inflateInit2_(stream, 15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard start == Z_OK else { throw .malformed("zlib cannot start (\(start))") }
    defer { inflateEnd(stream) }

    var status = Z_OK
    let output = [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      stream.pointee.next_out = buffer.baseAddress
      stream.pointee.avail_out = UInt32(count)
      bytes.withUnsafeBufferPointer { input in
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.pointee.avail_in = UInt32(input.count)
        status = inflate(stream, Z_FINISH)
      }
      initializedCount = count - Int(stream.pointee.avail_out)
    }
    let (unread, unfilled) = (Int(stream.pointee.avail_in), Int(stream.pointee.avail_out))
    switch status {
    case Z_STREAM_END:
      guard unfilled == 0 else { throw .wrongSize }
      guard unread == 0 else { throw .trailing(unread) }
      return output
    case Z_NEED_DICT:
      throw .malformed("it needs a preset dictionary")
    case Z_OK, Z_BUF_ERROR:
      // The output is full, or the input is used up.
      throw unread > 0 ? .wrongSize : .malformed("the stream ends too early")
    default:
      let message = stream.pointee.msg.map { String(cString: $0) }
      throw .malformed(message ?? "zlib error \(status)")
    }
  }
}
