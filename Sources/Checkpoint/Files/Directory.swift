#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A directory that is open: names are looked up in it even if its own path changes meanwhile.
struct Directory: ~Copyable {
  let path: String
  let descriptor: Int32

  init(path: String) throws(CheckpointError) {
    descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw CheckpointError(file: path, operation: "opening the directory", code: errno)
    }
    self.path = path
  }

  deinit { close(descriptor) }

  /// The names of everything in it, in no order.
  func names() throws(CheckpointError) -> [String] {
    let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0, let stream = fdopendir(copy) else {
      let code = errno
      if copy >= 0 { close(copy) }
      throw CheckpointError(file: path, operation: "listing the directory", code: code)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else { break }
      names.append(
        withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
          String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        })
    }
    // The end of the list, or a failure, which would hide files.
    guard errno == 0 else {
      throw CheckpointError(file: path, operation: "listing the directory", code: errno)
    }
    return names
  }

  /// Removes a file, if it is there and may be removed.
  func remove(_ name: String) { unlinkat(descriptor, name, 0) }
}
