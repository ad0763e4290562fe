import FileCore

extension CheckpointError: CustomStringConvertible {
  /// One line: file, place, what was expected and what was found.
  public var description: String { "\(FileError.named(file)): \(problem)" }
}

extension CheckpointError.Problem: CustomStringConvertible {
  /// The place, what was expected and what was found, without the file's name.
  public var description: String {
    preambleDescription ?? indexDescription ?? entryDescription ?? meaningDescription
      ?? systemDescription
  }

  private var preambleDescription: String? {
    switch self {
    case .notARnnzFile(let kind):
      "not a .rnnz checkpoint: this looks like \(kind)"
    case .truncatedPreamble(let size):
      "cut off: expected at least 64 bytes, found \(size)"
    case .badMagic(let found):
      "not a .rnnz checkpoint: expected first bytes 89 52 4e 5a 0d 0a 1a 0a, found "
        + found.map { hexadecimal($0, digits: 2) }.joined(separator: " ")
    case .preambleChecksum(let expected, let found):
      "the preamble is damaged: \(checksums(expected, found))"
    case .unsupportedVersion(let found):
      "written in version \(found) of the format: expected version 1"
    case .unknownRequiredFeature(let bit):
      "needs a feature (bit \(bit)) that this version of the library does not have"
    case .truncatedFile(let expected, let found):
      "cut off: expected \(expected) bytes, found \(found)"
    case .trailingBytes(let expected, let found):
      "bytes were added at the end: expected \(expected) bytes, found \(found)"
    default: nil
    }
  }

  private var indexDescription: String? {
    switch self {
    case .indexBounds(let offset, let stored, let raw):
      "index: expected at byte 64 and inside the file, found at \(offset), "
        + "\(stored) bytes stored and \(raw) bytes long"
    case .reservedNonZero(let offset):
      "byte \(offset): expected 0 in a reserved field, found something else"
    case .indexChecksum(let expected, let found):
      "the index is damaged: \(checksums(expected, found))"
    case .indexLayout(let expected, let found):
      "index: expected \(expected), found \(found)"
    case .nameBounds(let entry):
      "entry \(entry): expected a name of 1 to 512 bytes that follows the name before it"
    case .nameNotUTF8(let entry):
      "entry \(entry): expected a name in UTF-8, found other bytes"
    case .nameControlCharacter(let entry):
      "entry \(entry): expected a printable name, found a control character in it"
    case .duplicateName(let key):
      "\(key): there are two entries of this name"
    case .unsortedIndex(let key, let previous):
      "\(key): expected before \(previous), found after it"
    case .unknownKind(let key, let found):
      "\(key): expected kind 0, 1 or 2, found \(found)"
    case .unknownDType(let key, let found):
      "\(key): element type \(found) is unknown or does not fit the entry's kind"
    case .unknownCodec(let key, let found):
      "\(key): expected codec 0 or 1, found \(found)"
    case .unknownFilter(let key, let found):
      "\(key): filter \(found) is unknown or has no effect on this entry"
    case .unknownRequiredSection(let key):
      "\(key): must be understood, but this version of the library does not know the section"
    default: layoutDescription
    }
  }

  private var layoutDescription: String? {
    switch self {
    case .badRank(let key, let found):
      "\(key): rank \(found) is too high, or does not fit the entry's kind or extents"
    case .shapeOverflow(let key):
      "\(key): the shape is beyond any memory"
    case .shapeSizeMismatch(let key, let expected, let found):
      "\(key): expected \(expected) bytes for the shape, found \(found)"
    case .resourceLimit(let kind, let key, let limit, let found):
      (key.map { "\($0): " } ?? "") + "expected \(kind.phrase) of at most \(limit), found \(found)"
    case .memoryLimit(let place, let limit, let name, let found):
      (place.isEmpty ? "" : "\(place): ") + "expected to take at most \(limit.counted("bytes")), "
        + "\(name), found \(found.grouped) to unpack and read"
    case .storedSizeMismatch(let key, let stored, let raw):
      "\(key): \(stored) stored bytes do not go with \(raw) bytes and the entry's codec"
    case .expansionLimit(let key, let stored, let raw):
      "\(key): \(stored) compressed bytes cannot hold \(raw) bytes"
    case .payloadLayout(let key?, let expected, let found):
      "\(key): expected at byte \(expected) and inside the file, found at byte \(found)"
    case .payloadLayout(nil, let expected, let found):
      "expected the last entry to end with the file at byte \(found), found its end at \(expected)"
    default: nil
    }
  }

  private var entryDescription: String? {
    switch self {
    case .paddingNotZero(let offset):
      "byte \(offset): expected 0 between entries, found something else"
    case .storedChecksum(let key, let expected, let found):
      "\(key): the stored bytes are damaged: \(checksums(expected, found))"
    case .inflateFailed(let key, let reason):
      "\(key): cannot be decompressed: \(reason)"
    case .inflatedSizeMismatch(let key, let expected):
      "\(key): expected \(expected) decompressed bytes, found another number"
    case .trailingCompressedBytes(let key, let count):
      "\(key): expected the compressed stream to end with the entry, found \(count) bytes after it"
    case .rawChecksum(let key, let expected, let found):
      "\(key): the array is not the one that was saved: \(checksums(expected, found))"
    case .configMalformed(let key, let offset, let reason):
      "\(key): byte \(offset) of the JSON text: \(reason)"
    default: nil
    }
  }

  private var meaningDescription: String? {
    switch self {
    case .missingEntry(let key):
      "\(key): expected in the file, not found"
    case .entryKind(let key, let expected, let found):
      "\(key): expected \(expected), found \(found)"
    case .elementType(let key, let expected, let found):
      "\(key): expected \(expected), found \(found)"
    case .missingTensor(let key):
      "\(key): the model has this parameter, the file does not"
    case .unexpectedTensor(let key):
      "\(key): the file has this tensor, the model does not"
    case .tensorShape(let key, let expected, let found):
      "\(key): expected shape \(expected), found \(found)"
    case .configValue(let key, let path, let expected, let found):
      "\(key): \(path.isEmpty ? "" : "\(path): ")expected \(expected), found \(found)"
    case .nonFiniteWeights(let key, let index):
      "\(key): expected finite weights, found infinity or NaN at element \(index)"
    case .scales(let key, let expected, let found):
      "\(key): expected \(expected), found \(found)"
    case .notTrainable(let format):
      "expected weights in float32, which alone can be trained, found \(format.rawValue)"
    case .safetensorsHeader(let offset, let reason):
      "safetensors header, byte \(offset): \(reason)"
    case .safetensorsTensor(let name, let reason):
      "\(name): \(reason)"
    case .safetensorsMetadata(let key, let reason):
      "metadata \(key): \(reason)"
    case .malformed(let format, let place, let reason):
      "\(format): \(place.isEmpty ? "" : "\(place): ")\(reason)"
    default: nil
    }
  }

  private var systemDescription: String {
    switch self {
    case .file(let problem):
      (problem.place == .whole ? "" : "\(problem.place): ") + problem.description
    default: "unknown problem"
    }
  }

  private func checksums(_ expected: UInt32, _ found: UInt32) -> String {
    "expected checksum \(hexadecimal(expected, digits: 8)), found \(hexadecimal(found, digits: 8))"
  }
}

extension ReadLimits.Kind {
  /// The limit's name in "expected ... of at most 16".
  fileprivate var phrase: String {
    switch self {
    case .entries: "a number of entries"
    case .indexBytes: "a size of the index"
    case .dimension: "an extent"
    case .entryBytes: "a size of the entry"
    case .totalBytes: "a size of all entries"
    case .jsonBytes: "a size of the JSON text"
    }
  }
}
