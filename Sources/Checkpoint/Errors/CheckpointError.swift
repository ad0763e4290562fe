import FileCore
public import TensorCore

/// Why a file could not be read or written: the file, and the first rule that it breaks.
///
/// ```
/// model.rnnz: model/fc.weight: the stored bytes are damaged: expected checksum 8d0f3a11, found 8d0f3a13
/// ```
public struct CheckpointError: Error, Hashable {
  /// The path of the file, or a name for bytes in memory.
  public let file: String
  /// The rule.
  public let problem: Problem

  init(file: String, _ problem: Problem) {
    self.file = file
    self.problem = problem
  }
}

extension CheckpointError {
  /// All errors. The first groups are the rules of the `.rnnz` format in the order in which a reader checks them:
  /// the first broken rule is reported.
  public enum Problem: Hashable, Sendable {
    // MARK: The preamble
    /// The first bytes are those of another kind of file.
    case notARnnzFile(looksLike: String)
    /// The file is shorter than a preamble.
    case truncatedPreamble(size: Int)
    /// The first eight bytes are not the format's.
    case badMagic(found: [UInt8])
    /// The preamble is damaged.
    case preambleChecksum(expected: UInt32, found: UInt32)
    /// The file has another major version.
    case unsupportedVersion(found: Int)
    /// The file needs a feature that this reader does not have.
    case unknownRequiredFeature(bit: Int)
    /// The file is shorter than its preamble says.
    case truncatedFile(expected: UInt64, found: UInt64)
    /// The file is longer than its preamble says.
    case trailingBytes(expected: UInt64, found: UInt64)

    // MARK: The index
    /// The index is not where it must be.
    case indexBounds(offset: UInt64, storedBytes: Int, rawBytes: Int)
    /// A byte that must be zero, at this offset of the file, is not.
    case reservedNonZero(offset: Int)
    /// The index is damaged.
    case indexChecksum(expected: UInt32, found: UInt32)
    /// The parts of the index do not add up.
    case indexLayout(expected: String, found: String)
    /// The name of the entry with this number is empty or too long, or does not follow the previous name.
    case nameBounds(entry: Int)
    /// The name of the entry with this number is not valid UTF-8.
    case nameNotUTF8(entry: Int)
    /// The name of the entry with this number has a control character.
    case nameControlCharacter(entry: Int)
    /// Two entries have the same section and name.
    case duplicateName(Checkpoint.Key)
    /// An entry precedes one that it must follow.
    case unsortedIndex(Checkpoint.Key, after: Checkpoint.Key)
    /// An entry is neither tensor nor bytes nor JSON.
    case unknownKind(Checkpoint.Key, found: UInt8)
    /// An entry's element type is unknown, or is not `uint8` though the entry is bytes or JSON.
    case unknownDType(Checkpoint.Key, found: UInt8)
    /// An entry's compression is unknown.
    case unknownCodec(Checkpoint.Key, found: UInt8)
    /// An entry's filter is unknown, or is one that has no effect on it.
    case unknownFilter(Checkpoint.Key, found: UInt8)
    /// An entry that readers must understand is in an unknown section.
    case unknownRequiredSection(Checkpoint.Key)
    /// A rank above 8, a rank other than 1 for bytes or JSON, or a nonzero size of an axis beyond the rank.
    case badRank(Checkpoint.Key, found: Int)
    /// The product of the sizes of the axes overflows.
    case shapeOverflow(Checkpoint.Key)
    /// The shape needs another number of bytes than the entry has.
    case shapeSizeMismatch(Checkpoint.Key, expected: UInt64, found: UInt64)
    /// A limit of `ReadLimits` is exceeded; the key is nil if the limit is not about one entry.
    case resourceLimit(ReadLimits.Kind, Checkpoint.Key?, limit: UInt64, found: UInt64)
    /// Reading what is at a place of the file, or all of it if that is empty, takes more bytes than this process can have;
    /// `name` says what limits it.
    case memoryLimit(String, limit: Int, name: String, found: Int)
    /// An uncompressed entry has another size than its array, or a compressed entry is not smaller.
    case storedSizeMismatch(Checkpoint.Key, stored: UInt64, raw: UInt64)
    /// An entry claims a larger expansion than its compression can give.
    case expansionLimit(Checkpoint.Key, stored: UInt64, raw: UInt64)
    /// An entry does not start where the previous one ends, or (key nil) bytes follow the last entry.
    case payloadLayout(Checkpoint.Key?, expected: UInt64, found: UInt64)

    // MARK: The entries
    /// A byte between two entries, at this offset of the file, is not zero.
    case paddingNotZero(offset: UInt64)
    /// An entry's bytes are damaged.
    case storedChecksum(Checkpoint.Key, expected: UInt32, found: UInt32)
    /// An entry's bytes are not a valid compressed stream.
    case inflateFailed(Checkpoint.Key, reason: String)
    /// An entry expands to another number of bytes than the index gives.
    case inflatedSizeMismatch(Checkpoint.Key, expected: UInt64)
    /// Bytes follow the end of an entry's compressed stream.
    case trailingCompressedBytes(Checkpoint.Key, count: Int)
    /// An entry's array is not the one that was saved.
    case rawChecksum(Checkpoint.Key, expected: UInt32, found: UInt32)
    /// An entry is not strict JSON; the offset counts from the start of the text.
    case configMalformed(Checkpoint.Key, at: Int, reason: String)

    // MARK: The meaning of entries
    /// A required entry is not in the file.
    case missingEntry(Checkpoint.Key)
    /// An entry has another kind (tensor, bytes, JSON) than requested.
    case entryKind(Checkpoint.Key, expected: String, found: String)
    /// A tensor has another element type than requested.
    case elementType(Checkpoint.Key, expected: ElementType, found: ElementType)
    /// A parameter of the model is not in the file.
    case missingTensor(Checkpoint.Key)
    /// A tensor in the file is not a parameter of the model.
    case unexpectedTensor(Checkpoint.Key)
    /// A tensor has another shape than the model's parameter.
    case tensorShape(Checkpoint.Key, expected: [Int], found: [Int])
    /// A value at a path in a JSON text is missing or of the wrong type.
    case configValue(Checkpoint.Key, path: String, expected: String, found: String)
    /// A weight is infinite or NaN; the index is in row-major order.
    case nonFiniteWeights(Checkpoint.Key, index: Int)
    /// Scales that are not those of the rows of an int8 matrix, or one that is negative, infinite or NaN.
    case scales(Checkpoint.Key, expected: String, found: String)
    /// Weights in 8 or 16 bits, which can't be trained.
    case notTrainable(WeightFormat)

    // MARK: safetensors
    /// The header of a safetensors file is malformed; the offset counts from the start of the file.
    case safetensorsHeader(at: Int, reason: String)
    /// The header of a safetensors file describes an impossible tensor.
    case safetensorsTensor(name: String, reason: String)
    /// A metadata text of a safetensors file is missing or not the requested JSON.
    case safetensorsMetadata(key: String, reason: String)

    // MARK: Files of other libraries
    /// A file of another format breaks one of its rules, or contains something that this library does not support.
    case malformed(format: String, place: String, reason: String)

    // MARK: The operating system
    /// The file could not be opened, read or written.
    case file(FileError.Problem)
  }
}

extension CheckpointError {
  /// Converts an error of opening or reading the file.
  package init(_ error: FileError) {
    if case .cutShort(let expected, let found) = error.problem {
      self.init(
        file: error.file, .truncatedFile(expected: UInt64(expected), found: UInt64(found)))
    } else {
      self.init(file: error.file, .file(error.problem))
    }
  }

  /// Replaces a file atomically.
  static func saving(_ pieces: [[UInt8]], to path: String) throws(CheckpointError) {
    try throwing { () throws(FileError) in try AtomicSave(path: path).write(pieces) }
  }

  /// Returns the result of `body`; converts its file error to a checkpoint error.
  package static func throwing<Value: ~Copyable>(
    _ body: () throws(FileError) -> Value
  ) throws(CheckpointError) -> Value {
    do throws(FileError) {
      return try body()
    } catch {
      throw CheckpointError(error)
    }
  }
}
