import CZlib

/// Writes zlib streams.
enum Deflate {
  /// How a stretch of input is to be compressed.
  enum Method: Hashable {
    /// Copied.
    case stored
    /// Runs of one byte, and Huffman codes.
    case runLength
    /// Huffman codes alone.
    case huffman
    /// Everything that deflate can, at its usual level.
    case full

    fileprivate var level: Int32 {
      switch self {
      case .stored: 0
      case .runLength, .huffman: 1
      case .full: 6
      }
    }

    fileprivate var strategy: Int32 {
      switch self {
      case .runLength: Z_RLE
      case .huffman: Z_HUFFMAN_ONLY
      case .stored, .full: Z_DEFAULT_STRATEGY
      }
    }
  }

  /// One stream of all the bytes, in equal stretches with a method each; nil unless it takes fewer bytes.
  ///
  /// The result depends on the arguments and the version of zlib alone.
  static func compressed(_ bytes: [UInt8], methods: [Method]) -> [UInt8]? {
    guard let first = methods.first, bytes.count > 1 else { return nil }
    precondition(
      bytes.count.isMultiple(of: methods.count) && bytes.count <= UInt32.max,
      "\(bytes.count) bytes are not \(methods.count) stretches that zlib can take")
    // zlib refers back to the stream's address, which therefore must not change.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    defer { stream.deallocate() }
    let status = deflateInit2_(
      stream, first.level, Z_DEFLATED, 15, 8, first.strategy, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else { return nil }
    defer { deflateEnd(stream) }

    let capacity = bytes.count - 1
    let output = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, initializedCount in
      stream.pointee.next_out = buffer.baseAddress
      stream.pointee.avail_out = UInt32(capacity)
      let isComplete = bytes.withUnsafeBufferPointer { input in
        run(stream, over: input, methods: methods)
      }
      initializedCount = isComplete ? capacity - Int(stream.pointee.avail_out) : 0
    }
    return output.isEmpty ? nil : output
  }

  /// Whether the output had room for the whole stream.
  private static func run(
    _ stream: UnsafeMutablePointer<z_stream>, over input: UnsafeBufferPointer<UInt8>,
    methods: [Method]
  ) -> Bool {
    let length = input.count / methods.count
    for (index, method) in methods.enumerated() {
      if index > 0, method != methods[index - 1] {
        guard deflateParams(stream, method.level, method.strategy) == Z_OK else { return false }
      }
      stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)?
        .advanced(by: index * length)
      stream.pointee.avail_in = UInt32(length)
      let isLast = index == methods.count - 1
      let status = deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
      if isLast { return status == Z_STREAM_END }
      guard status == Z_OK, stream.pointee.avail_in == 0 else { return false }
    }
    return false
  }
}
