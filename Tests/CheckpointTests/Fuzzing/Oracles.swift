import Checkpoint
import FileCore

/// The laws of accepted files in formats of other libraries.
enum Oracles {
  private typealias Outcome = FuzzedFormat.Outcome

  private static let limits = FuzzedFormat.limits

  /// Content that is read can be written, and is then read as equal.
  static func safetensors(_ bytes: [UInt8]) -> FuzzedFormat.Outcome {
    guard let file = try? Safetensors(bytes: bytes, limits: limits) else { return .refused }
    let total = file.arrays.values.reduce(0) { $0 + $1.bytes.count }
    guard total <= bytes.count else { return .violation("more bytes than the file has") }
    for (name, array) in file.arrays where !isConsistent(array) {
      return .violation("\(name): \(array.bytes.count) bytes for \(array.shape)")
    }
    guard let written = try? file.encoded() else { return .violation("cannot be written again") }
    guard let again = try? Safetensors(bytes: written),
      again.arrays == file.arrays, again.metadata == file.metadata
    else { return .violation("written again it is read as something else") }
    return .verified
  }

  /// Each tensor matches its description in the file, in two reads.
  static func torch(_ bytes: [UInt8]) -> FuzzedFormat.Outcome {
    guard let file = try? TorchFile(bytes: bytes, limits: limits) else { return .refused }
    return readTwice(file.entries, named: \.name, file.array) { entry, array in
      guard array.shape == entry.shape, array.elementType == entry.elementType,
        sizeFault(entry.name, array) == nil
      else { return "\(entry.name): a tensor of another shape" }
      return nil
    }
  }

  /// Each array has the size that its shape needs, in two reads; together they are no more than the file.
  static func pickle(_ bytes: [UInt8]) -> FuzzedFormat.Outcome {
    guard let file = try? PickleFile(bytes: bytes, limits: limits) else { return .refused }
    return readTwice(file.names, named: \.self, file.array) {
      sizeFault($0, $1, atMost: bytes.count)
    }
  }

  /// Each array has the size that its shape needs, in two reads.
  static func numPy(_ bytes: [UInt8]) -> FuzzedFormat.Outcome {
    guard let file = try? NumPyArchive(bytes: bytes, limits: limits) else { return .refused }
    return readTwice(file.names, named: \.self, file.array) { sizeFault($0, $1) }
  }

  /// Each array has the size that its shape needs, in two reads; attributes are no larger than the file.
  static func hdf5(_ bytes: [UInt8]) -> FuzzedFormat.Outcome {
    guard let file = try? HDF5File(bytes: bytes, limits: limits) else { return .refused }
    return readTwice(file.names, named: \.self, file.array) { sizeFault($0, $1) }
  }

  /// Content that is read can be written, is read as equal, and is then written as the same bytes.
  static func onnx(_ bytes: [UInt8]) -> FuzzedFormat.Outcome {
    guard let model = try? ONNXModel(bytes: bytes, limits: limits) else { return .refused }
    let written = model.encoded()
    guard let again = try? ONNXModel(bytes: written) else {
      return .violation("cannot be read again")
    }
    // NaNs are not equal to themselves, so bytes are compared.
    guard again.encoded() == written else { return .violation("read again it is something else") }
    return .verified
  }

  /// A JSON text in a checkpoint that is read can be written, and is then read as equal.
  static func json(_ text: [UInt8]) -> FuzzedFormat.Outcome {
    func value(_ text: [UInt8]) -> JSONValue? {
      var checkpoint = Checkpoint()
      checkpoint.set(.json(text), .init(.configuration, "text"))
      guard let bytes = try? checkpoint.encoded(compression: .none),
        let reader = try? CheckpointReader(bytes: bytes, limits: limits)
      else { return nil }
      return try? reader.json(.configuration, "text")
    }
    guard let read = value(text) else { return .refused }
    let written = read.text
    guard value(Array(written.utf8)) == read else {
      return .violation("written again it is read as something else: \(written)")
    }
    return .verified
  }

  /// Reads each array twice, which must give the same; the file is verified if all can be read.
  ///
  /// - Parameter fault: What is wrong with an array that was read; nil if nothing is.
  private static func readTwice<Entry>(
    _ entries: [Entry], named nameOf: (Entry) -> String, _ read: (String) throws -> StoredArray,
    fault: (Entry, StoredArray) -> String?
  ) -> FuzzedFormat.Outcome {
    var outcome = Outcome.verified
    for entry in entries {
      let name = nameOf(entry)
      guard let array = try? read(name) else {
        outcome = .opened
        continue
      }
      if let fault = fault(entry, array) { return .violation(fault) }
      guard (try? read(name)) == array else {
        return .violation("\(name): read differently a second time")
      }
    }
    return outcome
  }

  /// A size that is not that of the array's shape, or beyond a limit.
  private static func sizeFault(
    _ name: String, _ array: StoredArray, atMost limit: Int = limits.totalBytes
  ) -> String? {
    guard isConsistent(array), array.bytes.count <= limit else {
      return "\(name): \(array.bytes.count) bytes for \(array.shape)"
    }
    return nil
  }

  /// Whether an array has as many bytes as its shape needs.
  private static func isConsistent(_ array: StoredArray) -> Bool {
    array.shape.reduce(array.elementType.width, *) == array.bytes.count
  }
}
