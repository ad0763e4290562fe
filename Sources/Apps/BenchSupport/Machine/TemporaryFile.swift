#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A temporary file; the last reference deletes it.
final class TemporaryFile {
  let path: String

  init(_ name: String) {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    path = "\(folder)/swift-rnn-bench-\(getpid())-\(name)"
  }

  deinit { unlink(path) }
}
