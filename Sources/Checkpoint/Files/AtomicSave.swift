import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Puts a file in place of another in one step, so that at every moment, and after a power cut, one
/// of the two is there, whole.
///
/// The new file is written without a name where the system can do that (Linux, most file systems), else
/// under a temporary one; flushed to the disk; given its name by `rename`, which replaces the old one at
/// once; and the directory is flushed. A process that is killed on the way leaves at most a temporary
/// file `.NAME.tmp-PID-TIME-COUNT` beside the target, which the next save removes.
struct AtomicSave {
  private let path: String
  private let name: String
  private let directoryPath: String

  /// A save to `path`. A symbolic link there is followed: the link stays, the file that it names is replaced.
  init(path: String) throws(CheckpointError) {
    self.path = path
    var target = path
    if let resolved = realpath(path, nil) {
      target = String(cString: resolved)
      free(resolved)
    }
    let slash = target.utf8.lastIndex(of: UInt8(ascii: "/"))
    name = slash.map { String(target[target.index(after: $0)...]) } ?? target
    directoryPath = slash.map { $0 == target.startIndex ? "/" : String(target[..<$0]) } ?? "."
    guard !name.isEmpty, name != ".", name != ".." else {
      throw CheckpointError(file: path, .notARegularFile)
    }
  }

  /// Writes the pieces one after the other as the new file.
  func write(_ pieces: [[UInt8]]) throws(CheckpointError) {
    let place = try Directory(path: directoryPath)
    let directory = place.descriptor
    let mode = try existingMode(in: directory)
    place.removeLitter { $0 == name }
    let temporaryName = try writeTemporary(pieces, mode: mode, in: directory)
    guard renameat(directory, temporaryName, directory, name) == 0 else {
      let code = errno
      unlinkat(directory, temporaryName, 0)
      throw failure("replacing the old file", code)
    }
    guard flush(directory) == 0 else {
      throw CheckpointError(
        file: path, .durabilityUnknown(operation: "flushing the directory", code: errno))
    }
  }

  private func failure(_ operation: String, _ code: Int32) -> CheckpointError {
    CheckpointError(file: path, operation: operation, code: code)
  }

  /// The permissions of the file that is to be replaced, which the new one takes over; nil if there is none.
  private func existingMode(in directory: Int32) throws(CheckpointError) -> mode_t? {
    var status = stat()
    guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
      if errno == ENOENT { return nil }
      throw failure("looking up the old file", errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw CheckpointError(file: path, .notARegularFile)
    }
    return status.st_mode & 0o7777
  }

  /// Writes and flushes a file beside the target, and gives its name.
  private func writeTemporary(
    _ pieces: [[UInt8]], mode: mode_t?, in directory: Int32
  ) throws(CheckpointError) -> String {
    #if os(Linux) || os(Android)
      if let name = try writeAnonymous(pieces, mode: mode, in: directory) { return name }
    #endif
    let temporaryName = freshName()
    let file = openat(
      directory, temporaryName, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw failure("creating a temporary file", errno) }
    do throws(CheckpointError) {
      do throws(CheckpointError) {
        try fill(file, pieces, mode: mode)
      } catch {
        close(file)
        throw error
      }
      guard close(file) == 0 else { throw failure("closing", errno) }
    } catch {
      unlinkat(directory, temporaryName, 0)
      throw error
    }
    return temporaryName
  }

  #if os(Linux) || os(Android)
    /// Writes a file without a name, then names it: a process killed before that leaves nothing. Nil if the
    /// file system or a missing /proc stands in the way.
    private func writeAnonymous(
      _ pieces: [[UInt8]], mode: mode_t?, in directory: Int32
    ) throws(CheckpointError) -> String? {
      // O_TMPFILE, a macro that Swift cannot import.
      let anonymous: Int32 = 0o20_000_000 | O_DIRECTORY
      let file = openat(directory, ".", anonymous | O_RDWR | O_CLOEXEC, 0o666)
      guard file >= 0 else {
        if [EOPNOTSUPP, EISDIR, EINVAL, ENOENT].contains(errno) { return nil }
        throw failure("creating a temporary file", errno)
      }
      do throws(CheckpointError) {
        try fill(file, pieces, mode: mode)
      } catch {
        close(file)
        throw error
      }
      let temporaryName = freshName()
      let linked = linkat(
        AT_FDCWD, "/proc/self/fd/\(file)", directory, temporaryName, AT_SYMLINK_FOLLOW)
      let code = errno
      guard linked == 0 else {
        close(file)
        if [ENOENT, EOPNOTSUPP, EXDEV].contains(code) { return nil }
        throw failure("naming the temporary file", code)
      }
      guard close(file) == 0 else {
        let code = errno
        unlinkat(directory, temporaryName, 0)
        throw failure("closing", code)
      }
      return temporaryName
    }
  #endif

  /// Writes all pieces to an empty file and flushes it to the disk.
  private func fill(
    _ file: Int32, _ pieces: [[UInt8]], mode: mode_t?
  ) throws(CheckpointError) {
    if let mode, fchmod(file, mode) != 0 { throw failure("setting permissions", errno) }
    try reserve(pieces.reduce(0) { $0 + $1.count }, in: file)
    for piece in pieces {
      var done = 0
      while done < piece.count {
        let written = piece.withUnsafeBytes { buffer in
          let rest = UnsafeRawBufferPointer(rebasing: buffer[done...])
          return systemWrite(file, rest.baseAddress, min(rest.count, 1 << 30))
        }
        if written >= 0 {
          done += written
        } else if errno != EINTR {
          throw failure("writing", errno)
        }
      }
    }
    // Never a second try: after one failure the system may have dropped what it could not write.
    guard flush(file) == 0 else { throw failure("flushing to the disk", errno) }
  }

  /// Takes the space on the disk before anything is written, where the file system can.
  private func reserve(_ size: Int, in file: Int32) throws(CheckpointError) {
    // Beyond the limit the system would end the process by a signal.
    var limit = rlimit()
    if getrlimit(fileSizeLimit, &limit) == 0, limit.rlim_cur < rlim_t(size) {
      throw failure("reserving \(size) bytes", EFBIG)
    }
    #if os(Linux) || os(Android)
      guard size > 0 else { return }
      var code = EINTR
      while code == EINTR { code = posix_fallocate(file, 0, off_t(size)) }
      if code != 0, code != EOPNOTSUPP, code != EINVAL, code != ENOSYS {
        throw failure("reserving \(size) bytes", code)
      }
    #endif
  }

  /// A name that no other save uses: of this process by the count, of another by its number, and of one that had the
  /// same number by the time. (The system's random numbers would be one more call that can fail.)
  private func freshName() -> String {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    let count = AtomicSave.count.wrappingAdd(1, ordering: .relaxed).oldValue
    let nanoseconds = UInt64(max(0, time.tv_sec)) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    return ".\(name).tmp-\(getpid())-" + String(nanoseconds, radix: 36) + "-\(count)"
  }

  private static let count = Atomic(0)
}

extension Directory {
  /// Removes what saves of some files left behind whose process is gone.
  func removeLitter(of isTarget: (_ name: Substring) -> Bool) {
    // Litter that cannot be listed is no reason not to save.
    for found in (try? names()) ?? [] where found.hasPrefix(".") {
      guard let mark = found.ranges(of: ".tmp-").last,
        isTarget(found[..<mark.lowerBound].dropFirst()),
        let process = found[mark.upperBound...].split(separator: "-").first.flatMap({ pid_t($0) }),
        process > 0, kill(process, 0) != 0, errno == ESRCH
      else { continue }
      remove(found)
    }
  }
}

#if canImport(Glibc)
  private let fileSizeLimit = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
#else
  private let fileSizeLimit = RLIMIT_FSIZE
#endif

/// `write`, which inside a type of that method's name is out of sight.
private func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(file, bytes, count)
}

/// Waits until a file or directory is on the disk, not only in the disk's own cache.
private func flush(_ descriptor: Int32) -> Int32 {
  #if canImport(Darwin)
    if fcntl(descriptor, F_FULLFSYNC) == 0 { return 0 }
  #endif
  return fsync(descriptor)
}
