// All file system calls of the libraries go through this type.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The operating system's calls for files. Each returns the call's own result; ``code`` is the `errno` of a
/// failure.
package enum System {
  /// The `errno` of the last call.
  package static var code: Int32 { errno }

  /// Whether a signal interrupted the last call, so that it is to be tried again.
  package static var wasInterrupted: Bool { errno == EINTR }

  /// Whether the last call failed because the name does not exist.
  package static var foundNothing: Bool { errno == ENOENT }

  /// Reasons of failure that have their own messages.
  package enum Reason { case missing, permission, noSpace, other }

  /// The reason of a code.
  package static func reason(_ code: Int32) -> Reason {
    switch code {
    case ENOENT, ENOTDIR: .missing
    case EACCES, EPERM, EROFS: .permission
    case ENOSPC, EDQUOT: .noSpace
    default: .other
    }
  }

  /// The system's message for a code.
  package static func message(_ code: Int32) -> String {
    guard let message = strerror(code) else { return "error \(code)" }
    return String(cString: message)
  }

  /// The status of a path or descriptor.
  package struct Status: Equatable, Sendable {
    /// The kinds that this package distinguishes.
    package enum Kind: Sendable { case file, folder, other }

    /// File, folder or other.
    package var kind: Kind
    /// Its number of bytes.
    package var size: Int
    /// Its permissions.
    package var permissions: UInt32
    /// What it is, if it is no regular file.
    package var irregular: FileError.Kind?

    fileprivate init(_ status: stat) {
      switch status.st_mode & S_IFMT {
      case S_IFREG: (kind, irregular) = (.file, nil)
      case S_IFDIR: (kind, irregular) = (.folder, .directory)
      case S_IFIFO: (kind, irregular) = (.other, .pipe)
      case S_IFSOCK: (kind, irregular) = (.other, .socket)
      case S_IFLNK: (kind, irregular) = (.other, .link)
      default: (kind, irregular) = (.other, .device)
      }
      size = Int(status.st_size)
      permissions = UInt32(status.st_mode & 0o7777)
    }
  }

  // MARK: Opening and status

  /// Opens a file for reading; with `waits` false, opening a pipe does not wait for its writer.
  package static func openForReading(_ path: String, waits: Bool = true) -> Int32 {
    open(path, O_RDONLY | O_CLOEXEC | (waits ? 0 : O_NONBLOCK))
  }

  /// Opens a file for reading and writing; creates it if it does not exist.
  package static func openForWriting(_ path: String) -> Int32 {
    open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
  }

  /// Opens a folder.
  package static func openFolder(_ path: String) -> Int32 {
    open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  }

  /// Opens a folder; the path's bytes end with a zero.
  static func openFolder(_ path: [CChar]) -> Int32 {
    open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  }

  /// Opens an open folder again, with an independent position.
  package static func openAgain(folder: Int32) -> Int32 {
    openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  }

  /// Creates a new file in a folder; fails if the name exists.
  static func create(_ name: [CChar], in folder: Int32) -> Int32 {
    openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
  }

  /// Closes a descriptor: 0, or -1.
  @discardableResult package static func closeFile(_ descriptor: Int32) -> Int32 {
    close(descriptor)
  }

  /// The status of a path, following links; nil if it does not exist.
  package static func status(of path: String) -> Status? {
    var status = stat()
    return stat(path, &status) == 0 ? Status(status) : nil
  }

  /// The status of an open file or folder.
  package static func status(of descriptor: Int32) -> Status? {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? Status(status) : nil
  }

  /// The status of a name in a folder, without following links.
  static func status(of name: [CChar], in folder: Int32) -> Status? {
    var status = stat()
    return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? Status(status) : nil
  }

  /// Whether the path exists, readable or not.
  package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// The path with all links resolved, with a zero at its end; nil if it does not exist.
  static func resolved(_ path: [CChar]) -> [CChar]? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return Array(UnsafeBufferPointer(start: resolved, count: strlen(resolved) + 1))
  }

  /// Where a symbolic link leads, with a zero at its end; nil where there is no link.
  static func target(ofLink path: [CChar]) -> [CChar]? {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink(path, &buffer, buffer.count - 1)
    return count > 0 ? Array(buffer[..<count]) + [0] : nil
  }

  /// The names in an open folder, in no order; nil on failure. Closes the descriptor.
  package static func names(inFolder descriptor: Int32) -> [String]? {
    nameBytes(inFolder: descriptor)?.map {
      String(decoding: $0.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }

  /// The names as the system has them, each with a zero at its end: they need not be UTF-8.
  static func nameBytes(inFolder descriptor: Int32) -> [[CChar]]? {
    guard let stream = fdopendir(descriptor) else {
      let code = errno
      close(descriptor)
      errno = code
      return nil
    }
    defer { closedir(stream) }
    var names: [[CChar]] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else { break }
      names.append(
        withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
          bytes.prefix { $0 != 0 }.map { CChar(bitPattern: $0) } + [0]
        })
    }
    // Tells the end of the list from a failure, which would hide files.
    return errno == 0 ? names : nil
  }

  // MARK: Bytes

  /// Reads at the current position: the number of bytes, 0 at the end, or -1.
  package static func readBytes(
    _ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    read(descriptor, buffer.baseAddress, buffer.count)
  }

  /// Whether a descriptor has bytes, its end or an error to tell within some milliseconds; false where a signal comes first.
  static func isReadable(_ descriptor: Int32, within milliseconds: Int) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, Int32(milliseconds)) > 0
  }

  /// Reads at an offset: the number of bytes, 0 at the end, or -1.
  package static func readBytes(
    _ descriptor: Int32, at offset: Int, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
  }

  /// The bytes of the machine's memory; nil where the system does not say it.
  package static var physicalMemory: Int? {
    let (pages, size) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
    return pages > 0 && size > 0 ? Int(pages) * Int(size) : nil
  }

  /// The bytes of addresses that this process may have; nil where they are not limited.
  static var addressSpace: Int? {
    var limit = rlimit()
    guard getrlimit(addressSpaceLimit, &limit) == 0, limit.rlim_cur != infinity else { return nil }
    return Int(clamping: limit.rlim_cur)
  }

  /// Writes: the number of bytes, or -1.
  package static func writeBytes(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(descriptor, bytes.baseAddress, bytes.count)
  }

  /// Seeks to an offset: the offset, or -1.
  package static func seek(_ descriptor: Int32, to offset: Int) -> Int {
    Int(lseek(descriptor, off_t(offset), SEEK_SET))
  }

  /// Maps a whole file into memory; nil on failure.
  package static func map(_ descriptor: Int32, size: Int) -> UnsafeMutableRawPointer? {
    let start = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0)
    return start == MAP_FAILED ? nil : start
  }

  /// Unmaps a mapped file.
  package static func unmap(_ start: UnsafeMutableRawPointer, size: Int) { munmap(start, size) }
}

// MARK: Saving

extension System {
  /// Creates a file without a name in a folder; it vanishes if the process is killed.
  ///
  /// - Returns: the descriptor; -1 and a ``code``; nil where the file system cannot do it.
  static func createAnonymous(in folder: Int32) -> Int32? {
    #if os(Linux) || os(Android)
      // O_TMPFILE, a macro that Swift cannot import.
      let anonymous: Int32 = 0o20_000_000 | O_DIRECTORY
      let file = openat(folder, ".", anonymous | O_RDWR | O_CLOEXEC, 0o666)
      if file < 0, [EOPNOTSUPP, EISDIR, EINVAL, ENOENT].contains(errno) { return nil }
      return file
    #else
      return nil
    #endif
  }

  /// Gives a name to a file without one: 0, or -1 and a ``code``; nil where the system cannot do it.
  static func link(anonymous file: Int32, as name: [CChar], in folder: Int32) -> Int32? {
    #if os(Linux) || os(Android)
      let linked = linkat(AT_FDCWD, "/proc/self/fd/\(file)", folder, name, AT_SYMLINK_FOLLOW)
      if linked != 0, [ENOENT, EOPNOTSUPP, EXDEV].contains(errno) { return nil }
      return linked
    #else
      return nil
    #endif
  }

  /// Renames a file within its folder, replacing any file of the new name: 0, or -1.
  static func rename(_ name: [CChar], to other: [CChar], in folder: Int32) -> Int32 {
    renameat(folder, name, folder, other)
  }

  /// Removes a file's name from a folder.
  static func remove(_ name: [CChar], in folder: Int32) { unlinkat(folder, name, 0) }

  /// Removes a file's name from a folder.
  static func remove(_ name: String, in folder: Int32) { unlinkat(folder, name, 0) }

  /// Sets a file's permissions: 0, or -1.
  static func setPermissions(_ permissions: UInt32, of file: Int32) -> Int32 {
    fchmod(file, mode_t(permissions))
  }

  /// Reserves disk space before writing, where the file system can: 0, or a code.
  static func reserve(_ size: Int, in file: Int32) -> Int32 {
    // Beyond this limit the system would end the process with a signal.
    var limit = rlimit()
    if getrlimit(fileSizeLimit, &limit) == 0, limit.rlim_cur < rlim_t(size) { return EFBIG }
    #if os(Linux) || os(Android)
      guard size > 0 else { return 0 }
      var code = EINTR
      while code == EINTR { code = posix_fallocate(file, 0, off_t(size)) }
      return [EOPNOTSUPP, EINVAL, ENOSYS].contains(code) ? 0 : code
    #else
      return 0
    #endif
  }

  /// Flushes a file or folder to the disk, past the disk's own cache: 0, or -1.
  package static func flush(_ descriptor: Int32) -> Int32 {
    #if canImport(Darwin)
      if fcntl(descriptor, F_FULLFSYNC) == 0 { return 0 }
    #endif
    return fsync(descriptor)
  }

  /// The ID of this process.
  static var process: Int32 { getpid() }

  /// The path of the running program; nil and a ``code`` on failure.
  package static var ownPath: String? {
    #if os(Linux)
      let link = "/proc/self/exe"
    #else
      let link = CommandLine.arguments[0]
    #endif
    guard let resolved = realpath(link, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// Whether the process with an ID has ended.
  static func isGone(process: Int32) -> Bool { kill(process, 0) != 0 && errno == ESRCH }

  /// Nanoseconds since 1970.
  package static var nanoseconds: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(max(0, time.tv_sec)) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }

  // MARK: Files shared by processes

  /// Waits for the exclusive lock of a file and takes it: 0, or -1.
  package static func lock(_ descriptor: Int32) -> Int32 { flock(descriptor, LOCK_EX) }

  /// Truncates a file to no bytes: 0, or -1.
  package static func truncate(_ descriptor: Int32) -> Int32 { ftruncate(descriptor, 0) }

  /// Renames a file: 0, or -1.
  package static func rename(_ path: String, to other: String) -> Int32 {
    renameat(AT_FDCWD, path, AT_FDCWD, other)
  }
}

#if canImport(Glibc)
  private let fileSizeLimit = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
  private let addressSpaceLimit = __rlimit_resource_t(RLIMIT_AS.rawValue)
#else
  private let fileSizeLimit = RLIMIT_FSIZE
  private let addressSpaceLimit = RLIMIT_AS
#endif

// RLIM_INFINITY, a macro that Swift cannot import everywhere.
#if canImport(Darwin)
  private let infinity = rlim_t(Int64.max)
#else
  private let infinity = rlim_t.max
#endif
