// The one file of the libraries under Programs that asks the operating system for files.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The calls of the operating system that deal with files, as they are: each gives what the call gives, and
/// ``code`` says why one failed.
package enum System {
  /// Why the last call failed.
  package static var code: Int32 { errno }

  /// Whether the last call stopped for a signal and is to be tried again.
  package static var wasInterrupted: Bool { errno == EINTR }

  /// Whether the last call failed because there is nothing of that name.
  package static var foundNothing: Bool { errno == ENOENT }

  /// Reasons of failure that messages have words of their own for.
  package enum Reason { case missing, permission, noSpace, other }

  /// The reason that a code stands for.
  package static func reason(_ code: Int32) -> Reason {
    switch code {
    case ENOENT, ENOTDIR: .missing
    case EACCES, EPERM, EROFS: .permission
    case ENOSPC, EDQUOT: .noSpace
    default: .other
    }
  }

  /// The system's words for a code.
  package static func message(_ code: Int32) -> String {
    guard let message = strerror(code) else { return "error \(code)" }
    return String(cString: message)
  }

  /// What stands at a path.
  package struct Status: Equatable, Sendable {
    /// The kinds that this package treats apart.
    package enum Kind: Sendable { case file, folder, other }

    /// What it is.
    package var kind: Kind
    /// Its number of bytes.
    package var size: Int
    /// Its permissions.
    package var permissions: UInt32

    fileprivate init(_ status: stat) {
      switch status.st_mode & S_IFMT {
      case S_IFREG: kind = .file
      case S_IFDIR: kind = .folder
      default: kind = .other
      }
      size = Int(status.st_size)
      permissions = UInt32(status.st_mode & 0o7777)
    }
  }

  // MARK: Opening and looking

  /// Opens a file for reading; a pipe without a writer is not waited for where `waits` is false.
  package static func openForReading(_ path: String, waits: Bool = true) -> Int32 {
    open(path, O_RDONLY | O_CLOEXEC | (waits ? 0 : O_NONBLOCK))
  }

  /// Opens a file for reading and writing, and makes it where there is none.
  package static func openForWriting(_ path: String) -> Int32 {
    open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
  }

  /// Opens a folder.
  package static func openFolder(_ path: String) -> Int32 {
    open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  }

  /// Opens a folder that is open once more, with a place of its own.
  package static func openAgain(folder: Int32) -> Int32 {
    openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  }

  /// Makes a new file in a folder; fails where the name is taken.
  package static func create(_ name: String, in folder: Int32) -> Int32 {
    openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
  }

  /// Closes what is open; 0 where that succeeds.
  @discardableResult package static func closeFile(_ descriptor: Int32) -> Int32 {
    close(descriptor)
  }

  /// What a path leads to, links followed; nil where there is nothing.
  package static func status(of path: String) -> Status? {
    var status = stat()
    return stat(path, &status) == 0 ? Status(status) : nil
  }

  /// What is open.
  package static func status(of descriptor: Int32) -> Status? {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? Status(status) : nil
  }

  /// What bears a name in a folder, a link being no file.
  package static func status(of name: String, in folder: Int32) -> Status? {
    var status = stat()
    return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? Status(status) : nil
  }

  /// Whether something bears this path, readable or not.
  package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// A path without links; nil where it leads nowhere.
  package static func resolved(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// The names in a folder that is open, in no order; the descriptor is closed. Nil where the list fails.
  package static func names(inFolder descriptor: Int32) -> [String]? {
    guard let stream = fdopendir(descriptor) else {
      let code = errno
      close(descriptor)
      errno = code
      return nil
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
    return errno == 0 ? names : nil
  }

  // MARK: Bytes

  /// Reads on from where the file stands: the number of bytes, 0 at the end, or -1.
  package static func readBytes(
    _ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    read(descriptor, buffer.baseAddress, buffer.count)
  }

  /// Reads at an offset: the number of bytes, 0 at the end, or -1.
  package static func readBytes(
    _ descriptor: Int32, at offset: Int, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
  }

  /// Writes: the number of bytes, or -1.
  package static func writeBytes(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(descriptor, bytes.baseAddress, bytes.count)
  }

  /// Goes to an offset; -1 where that cannot be.
  package static func seek(_ descriptor: Int32, to offset: Int) -> Int {
    Int(lseek(descriptor, off_t(offset), SEEK_SET))
  }

  /// Maps a whole file into memory; nil where that cannot be.
  package static func map(_ descriptor: Int32, size: Int) -> UnsafeMutableRawPointer? {
    let start = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0)
    return start == MAP_FAILED ? nil : start
  }

  /// Takes a mapped file out of memory.
  package static func unmap(_ start: UnsafeMutableRawPointer, size: Int) { munmap(start, size) }
}
