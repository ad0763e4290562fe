#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The program's standard output and error, written to at once, without a buffer.
public struct Console: TextOutputStream, Sendable {
  private let descriptor: Int32

  /// Where results go.
  public static let output = Console(descriptor: 1)
  /// Where remarks go.
  public static let error = Console(descriptor: 2)

  /// Whether a person is looking: whether it is a terminal.
  public var isTerminal: Bool { isatty(descriptor) == 1 }

  /// Writes a text. What nobody can read any more is dropped.
  public func write(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty {
        #if canImport(Darwin)
          let count = Darwin.write(descriptor, rest.baseAddress, rest.count)
        #elseif canImport(Musl)
          let count = Musl.write(descriptor, rest.baseAddress, rest.count)
        #else
          let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
        #endif
        if count < 0 && errno != EINTR { return }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(max(count, 0)))
      }
    }
  }
}
