// System calls for saving.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

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

  /// Whether the process with an ID has ended.
  static func isGone(process: Int32) -> Bool { kill(process, 0) != 0 && errno == ESRCH }

  /// Nanoseconds since 1970.
  static var nanoseconds: UInt64 {
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
#else
  private let fileSizeLimit = RLIMIT_FSIZE
#endif
