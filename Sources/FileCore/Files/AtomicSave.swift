import Synchronization

/// Replaces a file atomically: at every moment, and after a power cut, the old or the new file is there,
/// whole.
///
/// The new file is written without a name where the system can do that (Linux, most file systems), otherwise
/// under a temporary name. It is flushed to the disk, then `rename` replaces the old file, then the
/// directory is flushed. A process that is killed meanwhile leaves at most a temporary file
/// `.NAME.tmp-PID-TIME-COUNT` beside the target, which the next save removes.
package struct AtomicSave {
  private let path: String
  private let name: String
  private let directoryPath: String

  /// A save to `path`. If that is a symbolic link, its target is replaced and the link stays.
  package init(path: String) throws(FileError) {
    self.path = path
    let target = System.resolved(path) ?? path
    let slash = target.utf8.lastIndex(of: UInt8(ascii: "/"))
    name = slash.map { String(target[target.index(after: $0)...]) } ?? target
    directoryPath = slash.map { $0 == target.startIndex ? "/" : String(target[..<$0]) } ?? "."
    guard !name.isEmpty, name != ".", name != ".." else {
      throw FileError(file: path, .notARegularFile)
    }
  }

  /// Writes the concatenated pieces as the new file.
  package func write(_ pieces: [[UInt8]]) throws(FileError) {
    let place = try Directory(path: directoryPath)
    let directory = place.descriptor
    let mode = try existingMode(in: directory)
    place.removeLitter { $0 == name }
    let temporaryName = try writeTemporary(pieces, mode: mode, in: directory)
    guard System.rename(temporaryName, to: name, in: directory) == 0 else {
      let code = System.code
      System.remove(temporaryName, in: directory)
      throw failure("replacing the old file", code)
    }
    guard System.flush(directory) == 0 else {
      throw FileError(
        file: path, .durabilityUnknown(operation: "flushing the directory", code: System.code))
    }
  }

  private func failure(_ operation: String, _ code: Int32) -> FileError {
    FileError.system(path, operation, code)
  }

  /// The permissions of the old file, which the new one gets too; nil if there is no old file.
  private func existingMode(in directory: Int32) throws(FileError) -> UInt32? {
    guard let status = System.status(of: name, in: directory) else {
      if System.foundNothing { return nil }
      throw failure("looking up the old file", System.code)
    }
    guard status.kind == .file else { throw FileError(file: path, .notARegularFile) }
    return status.permissions
  }

  /// Writes and flushes a file beside the target; returns its name.
  private func writeTemporary(
    _ pieces: [[UInt8]], mode: UInt32?, in directory: Int32
  ) throws(FileError) -> String {
    if let name = try writeAnonymous(pieces, mode: mode, in: directory) { return name }
    let temporaryName = freshName()
    let file = System.create(temporaryName, in: directory)
    guard file >= 0 else { throw failure("creating a temporary file", System.code) }
    do throws(FileError) {
      do throws(FileError) {
        try fill(file, pieces, mode: mode)
      } catch {
        System.closeFile(file)
        throw error
      }
      guard System.closeFile(file) == 0 else { throw failure("closing", System.code) }
    } catch {
      System.remove(temporaryName, in: directory)
      throw error
    }
    return temporaryName
  }

  /// Writes a file without a name, then links it to a name: a process killed before leaves nothing. Nil if the
  /// system or file system can't do that, or /proc is missing.
  private func writeAnonymous(
    _ pieces: [[UInt8]], mode: UInt32?, in directory: Int32
  ) throws(FileError) -> String? {
    guard let file = System.createAnonymous(in: directory) else { return nil }
    guard file >= 0 else { throw failure("creating a temporary file", System.code) }
    do throws(FileError) {
      try fill(file, pieces, mode: mode)
    } catch {
      System.closeFile(file)
      throw error
    }
    let temporaryName = freshName()
    let linked = System.link(anonymous: file, as: temporaryName, in: directory)
    guard linked == 0 else {
      let code = System.code
      System.closeFile(file)
      if linked == nil { return nil }
      throw failure("naming the temporary file", code)
    }
    guard System.closeFile(file) == 0 else {
      let code = System.code
      System.remove(temporaryName, in: directory)
      throw failure("closing", code)
    }
    return temporaryName
  }

  /// Writes all pieces to an empty file and flushes it to the disk.
  private func fill(
    _ file: Int32, _ pieces: [[UInt8]], mode: UInt32?
  ) throws(FileError) {
    if let mode, System.setPermissions(mode, of: file) != 0 {
      throw failure("setting permissions", System.code)
    }
    let size = pieces.reduce(0) { $0 + $1.count }
    let code = System.reserve(size, in: file)
    guard code == 0 else { throw failure("reserving \(size) bytes", code) }
    for piece in pieces {
      var done = 0
      while done < piece.count {
        let written = piece.withUnsafeBytes { buffer in
          System.writeBytes(
            file, UnsafeRawBufferPointer(rebasing: buffer[done...].prefix(1 << 30)))
        }
        if written >= 0 {
          done += written
        } else if !System.wasInterrupted {
          throw failure("writing", System.code)
        }
      }
    }
    // No second try: after a failed flush the system may have dropped the unwritten data.
    guard System.flush(file) == 0 else { throw failure("flushing to the disk", System.code) }
  }

  /// A name that no other save uses. The count tells saves of this process apart, the process number those of others,
  /// the time those of an ended process with the same number. (Random numbers would need a system call that can fail.)
  private func freshName() -> String {
    let count = AtomicSave.count.wrappingAdd(1, ordering: .relaxed).oldValue
    return ".\(name).tmp-\(System.process)-" + String(System.nanoseconds, radix: 36) + "-\(count)"
  }

  private static let count = Atomic(0)
}
