/// The arrays of an `.npz` file, which NumPy's `savez` and `savez_compressed` write.
///
/// ```swift
/// let file = try NumPyArchive(path: "weights.npz")
/// let kernel = try file.array("layers/dense/vars/0")   // StoredArray
/// ```
///
/// Opening reads only the names; an array is read, and its checksum verified, on request. Arrays of objects, which are
/// Python pickles, and big-endian arrays are refused.
public struct NumPyArchive: ReadableFile {
  static let format = "NumPy archive"

  /// The names of the arrays, in the file's order.
  public let names: [String]

  /// The file's name in errors.
  public var file: String { archive.file }

  private let archive: ZipArchive
  private static let suffix = ".npy"

  /// Opens a file. Throws unless it is a zip archive that contains only NumPy arrays.
  public init(source: ByteSource, limits: ReadLimits) throws(CheckpointError) {
    try self.init(archive: ZipArchive(reading: source, limits: limits))
  }

  init(archive: ZipArchive) throws(CheckpointError) {
    self.archive = archive
    if let other = archive.entries.first(where: { !$0.name.hasSuffix(Self.suffix) }) {
      throw CheckpointError(
        file: archive.file, format: Self.format, place: other.name,
        reason: "expected a NumPy array (.npy), found another entry")
    }
    names = archive.entries.map { String($0.name.dropLast(Self.suffix.count)) }
  }

  /// The size of an array in bytes, with its header.
  func byteCount(_ name: String) -> Int { archive[name + Self.suffix]?.rawSize ?? 0 }

  /// The stored size of an array in bytes, with its header.
  func storedByteCount(_ name: String) -> Int { archive[name + Self.suffix]?.storedSize ?? 0 }

  /// Reads the array of a name; throws if it is missing or damaged.
  public func array(_ name: String) throws(CheckpointError) -> StoredArray {
    func failure(_ reason: String) -> CheckpointError {
      CheckpointError(file: file, format: Self.format, place: name, reason: reason)
    }
    guard let entry = archive[name + Self.suffix] else { throw failure("no such array") }
    if entry.rawSize > NumPyHeader.maximumSize {
      let start = try archive.start(of: entry, count: NumPyHeader.maximumSize)
      // An array that its header does not describe is not decompressed.
      do throws(NumPyError) {
        try NumPyHeader(start).check(byteCount: entry.rawSize)
      } catch {
        throw failure(error.reason)
      }
    }
    var bytes = try archive.bytes(of: entry)
    do throws(NumPyError) {
      return try StoredArray(numPy: &bytes)
    } catch {
      throw failure(error.reason)
    }
  }
}
