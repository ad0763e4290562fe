#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The lines of a file or of standard input, each as soon as it is there.
final class InputLines: Sequence, IteratorProtocol {
  /// What messages call it: the path, or `standard input`.
  let name: String
  /// The number of the last line, from 1.
  private(set) var number = 0

  private let handle: UnsafeMutablePointer<FILE>
  private var buffer: UnsafeMutablePointer<CChar>?
  private var capacity = 0

  /// The lines of a file; without a path, or with `-`, of standard input.
  init(_ path: String?) throws {
    let file = path == "-" ? nil : path
    guard let handle = file.map({ fopen($0, "r") }) ?? fdopen(0, "r") else {
      throw Failure("\(file ?? "standard input"): \(String(cString: strerror(errno)))")
    }
    name = file ?? "standard input"
    self.handle = handle
  }

  deinit {
    free(buffer)
    fclose(handle)
  }

  /// The next line without its end; bytes that are no UTF-8 become U+FFFD.
  func next() -> String? {
    var count = getline(&buffer, &capacity, handle)
    guard count >= 0, let buffer else { return nil }
    number += 1
    while count > 0, [10, 13].contains(buffer[count - 1]) { count -= 1 }
    return UnsafeRawBufferPointer(start: buffer, count: count).withMemoryRebound(to: UInt8.self) {
      String(decoding: $0, as: UTF8.self)
    }
  }
}
