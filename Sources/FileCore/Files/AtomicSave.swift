import Synchronization

/// Replaces a file atomically: at every moment, and after a power cut, the old or the new file is there,
/// whole.
///
/// The new file is written without a name where the system can do that (Linux, most file systems), otherwise
/// under a temporary name. It is flushed to the disk, then `rename` replaces the old file, then the
/// directory is flushed. A process that is killed meanwhile leaves at most a temporary file
/// `.NAME.tmp-PID-TIME-COUNT` beside the target, which the next save removes; a long name is cut off in it.
package struct AtomicSave {
  private let path: String
  private let target: ResolvedPath

  /// A save to `path`. If that is a symbolic link, its target is replaced or created and the link stays.
  package init(path: String) throws(FileError) {
    self.path = path
    target = ResolvedPath(path)
    guard target.namesFile else { throw FileError(file: path, .notARegularFile(.directory)) }
  }

  /// Writes the concatenated pieces as the new file.
  package func write(_ pieces: [[UInt8]]) throws(FileError) {
    let place = try Directory(target.folder, of: path)
    let directory = place.descriptor
    let mode = try existingMode(in: directory)
    place.removeLitter { $0 == target.stem }
    let temporaryName = try writeTemporary(pieces, mode: mode, in: directory)
    guard System.rename(temporaryName, to: target.name, in: directory) == 0 else {
      let code = System.code
      System.remove(temporaryName, in: directory)
      throw failure("replacing the old file", code)
    }
    guard System.flush(directory) == 0 else {
      throw FileError(
        file: path, .durabilityUnknown(operation: "flushing the directory", code: System.code))
    }
  }

  /// Does all of a save but the last step: writes `byteCount` zeros to a file beside the target, and removes it.
  ///
  /// - Throws: why the file could not be saved.
  package func rehearse(byteCount: Int) throws(FileError) {
    let place = try Directory(target.folder, of: path)
    let mode = try existingMode(in: place.descriptor)
    let pieces = [[UInt8](repeating: 0, count: byteCount)]
    System.remove(
      try writeTemporary(pieces, mode: mode, in: place.descriptor), in: place.descriptor)
  }

  private func failure(_ operation: String, _ code: Int32) -> FileError {
    FileError.system(path, operation, code)
  }

  /// The permissions of the old file, which the new one gets too; nil if there is no old file.
  private func existingMode(in directory: Int32) throws(FileError) -> UInt32? {
    guard let status = System.status(of: target.name, in: directory) else {
      if System.foundNothing { return nil }
      throw failure("looking up the old file", System.code)
    }
    if let kind = status.irregular { throw FileError(file: path, .notARegularFile(kind)) }
    return status.permissions
  }

  /// Writes and flushes a file beside the target; returns its name.
  private func writeTemporary(
    _ pieces: [[UInt8]], mode: UInt32?, in directory: Int32
  ) throws(FileError) -> [CChar] {
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
  ) throws(FileError) -> [CChar]? {
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
  private func freshName() -> [CChar] {
    let count = AtomicSave.count.wrappingAdd(1, ordering: .relaxed).oldValue
    let ending = ".tmp-\(System.process)-" + String(System.nanoseconds, radix: 36) + "-\(count)"
    let bytes = [UInt8(ascii: ".")] + target.stemBytes + Array(ending.utf8)
    return bytes.map { CChar(bitPattern: $0) } + [0]
  }

  private static let count = Atomic(0)
}
