#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file that is gone when nobody refers to it any more.
final class TemporaryFile {
  let path: String

  init(_ name: String) {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    path = "\(folder)/swift-rnn-bench-\(getpid())-\(name)"
  }

  deinit { unlink(path) }
}
