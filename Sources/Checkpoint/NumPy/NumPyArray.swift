import FileCore

extension StoredArray {
  /// Takes a NumPy array from the bytes of an `.npy` file, of which none are left.
  init(numPy bytes: inout [UInt8]) throws(NumPyError) {
    let count = bytes.count
    let header = try NumPyHeader(Array(bytes[..<min(count, NumPyHeader.maximumSize)]))
    try header.check(byteCount: count)
    // In place: there may be no memory for a second array of this size.
    bytes.removeFirst(header.size)
    let numbers = bytes
    bytes = []
    guard header.isColumnMajor, !numbers.isEmpty else {
      self.init(elementType: header.elementType, shape: header.shape, bytes: numbers)
      return
    }
    self.init(elementType: header.elementType, columnMajor: header.shape, bytes: numbers)
  }

  /// Reads an `.npy` file, which holds one array.
  ///
  /// - Throws: `CheckpointError` if it is missing, damaged or too large, or if its elements are not numbers.
  public init(
    numPyPath path: String, limits: ReadLimits = ReadLimits()
  ) throws(CheckpointError) {
    let source = try ByteSource(path: path)
    try limits.check(.totalBytes, UInt64(source.count), of: nil, in: path)
    try limits.checkMemory("", UInt64(source.count), in: path)
    var bytes = try source.read(at: 0, count: source.count)
    do throws(NumPyError) {
      try self.init(numPy: &bytes)
    } catch {
      throw CheckpointError(file: path, format: "NumPy array", place: "", reason: error.reason)
    }
  }

  /// The array as the bytes of an `.npy` file; bfloat16, which NumPy does not have, as float32.
  public var numPyBytes: [UInt8] {
    guard let code = elementType.numPyCode else {
      return StoredArray(floats, shape: shape).numPyBytes
    }
    let sizes = shape.map { "\($0)," }.joined(separator: " ")
    var header = "{'descr': '\(code)', 'fortran_order': False, 'shape': (\(sizes)), }"
    // The header ends with a line feed at a multiple of 64.
    let unpadded = 10 + header.utf8.count + 1
    header += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
    var result: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0]
    result.append(littleEndian: UInt16(header.utf8.count))
    return result + header.utf8 + bytes
  }

  /// Saves an `.npy` file atomically, like ``Checkpoint/save(to:compression:)``.
  public func saveNumPy(to path: String) throws(CheckpointError) {
    try CheckpointError.saving([numPyBytes], to: path)
  }
}

extension NumPyArchive {
  /// The bytes of an `.npz` file of some arrays, uncompressed; equal arrays give equal bytes.
  ///
  /// - Throws: `CheckpointError` if an array or the file has 4 GiB or more, or a name has more than 512 bytes.
  public static func encoded(
    _ arrays: ExactDictionary<StoredArray>
  ) throws(CheckpointError) -> [UInt8] {
    var (file, directory) = ([UInt8](), [UInt8]())
    for name in arrays.keys {
      guard let array = arrays[name] else { continue }
      let (entry, content) = (Array((name + ".npy").utf8), array.numPyBytes)
      guard entry.count <= Format.maximumNameSize,
        file.count + content.count + directory.count < Int(UInt32.max) - 1024
      else {
        throw CheckpointError(
          file: "new file", format: format, place: name,
          reason: "expected a short name and less than 4 GiB in all")
      }
      // The fields that the entry and its line in the directory share: version, flags (UTF-8), stored, no date.
      var shared: [UInt8] = [20, 0, 0, 8, 0, 0, 0, 0, 0x21, 0]
      shared.append(littleEndian: crc32(content))
      shared.append(littleEndian: UInt32(content.count))
      shared.append(littleEndian: UInt32(content.count))
      shared.append(littleEndian: UInt16(entry.count))
      shared += [0, 0]
      directory += [0x50, 0x4B, 1, 2, 20, 0] + shared
      directory += [UInt8](repeating: 0, count: 10)
      directory.append(littleEndian: UInt32(file.count))
      directory += entry
      file += [0x50, 0x4B, 3, 4] + shared + entry + content
    }
    let count = UInt16(clamping: arrays.count)
    var end: [UInt8] = [0x50, 0x4B, 5, 6, 0, 0, 0, 0]
    end.append(littleEndian: count)
    end.append(littleEndian: count)
    end.append(littleEndian: UInt32(directory.count))
    end.append(littleEndian: UInt32(file.count))
    return file + directory + end + [0, 0]
  }

  /// Saves an `.npz` file of some arrays atomically, like ``Checkpoint/save(to:compression:)``.
  public static func save(
    _ arrays: ExactDictionary<StoredArray>, to path: String
  ) throws(CheckpointError) {
    try CheckpointError.saving([encoded(arrays)], to: path)
  }
}

extension ElementType {
  /// NumPy's code of the type, for example `<f4`; nil if NumPy does not have it.
  fileprivate var numPyCode: String? {
    switch self {
    case .float32: "<f4"
    case .float64: "<f8"
    case .float16: "<f2"
    case .bfloat16: nil
    case .int32: "<i4"
    case .int64: "<i8"
    case .uint8: "|u1"
    case .uint32: "<u4"
    case .uint64: "<u8"
    case .int8: "|i1"
    case .bool: "|b1"
    case .int16: "<i2"
    case .uint16: "<u2"
    }
  }
}
