import FileCore

/// The elements of a tensor of a file: where they are in the file, if it is mapped and they are stored
/// as they are; else decompressed.
///
/// ```swift
/// let reader = try CheckpointReader(path: "model.rnnz", mapping: .stored)
/// let view = try reader.view(.model, "embed.weight")
/// let sum = view.withElements(as: Float.self) { $0?.reduce(0, +) }
/// ```
///
/// A view has been checked as an array that is read has been, and keeps the map for as long as it lives.
public struct StoredArrayView: Sendable {
  private enum Storage {
    case mapped(MappedFile, offset: Int, count: Int)
    case array([UInt8])
  }

  /// The type of every element.
  public let elementType: ElementType
  /// The extent of each axis; empty for a scalar.
  public let shape: [Int]
  private let storage: Storage

  init(_ entry: IndexEntry, in file: MappedFile) {
    (elementType, shape) = (entry.elementType, entry.shape)
    storage = .mapped(file, offset: Int(entry.offset), count: Int(entry.storedSize))
  }

  init(_ array: StoredArray) {
    (elementType, shape, storage) = (array.elementType, array.shape, .array(array.bytes))
  }

  /// Whether the elements are those in the file, none of them copied; their address is then a multiple
  /// of 64.
  public var isMapped: Bool {
    if case .mapped = storage { true } else { false }
  }

  /// Calls `body` with the elements' bytes, which must not be kept.
  public func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    switch storage {
    case .array(let bytes): return try bytes.withRawBytes(body)
    case .mapped(let file, let offset, let count):
      defer { withExtendedLifetime(file) {} }
      return try body(file.bytes(at: offset, count: count))
    }
  }

  /// Calls `body` with the elements, which must not be kept; with nil unless they are of this very type.
  public func withElements<Element: StoredElement, Result, Failure: Error>(
    as type: Element.Type,
    _ body: (UnsafeBufferPointer<Element>?) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard Element.elementType == elementType else { return try body(nil) }
    return try withUnsafeBytes { bytes throws(Failure) in
      try body(bytes.bindMemory(to: type))
    }
  }
}

extension CheckpointReader {
  /// Whether a file is mapped into memory.
  public enum Mapping: Sendable {
    /// It is not: what is read is copied.
    case none
    /// It is, and tensors that are stored as they are (``Compression/none``) are seen where they are.
    /// If another program cuts the file short meanwhile, this one ends with `SIGBUS`.
    case stored
  }

  /// A tensor to look at, without a copy where the file is mapped and the tensor is stored as it is.
  ///
  /// Throws what reading the array throws: its checksum has been checked.
  public func view(
    _ section: Checkpoint.Section, _ name: String
  ) throws(CheckpointError) -> StoredArrayView {
    let key = Checkpoint.Key(section, name)
    if let view = try mappedView(key) { return view }
    return StoredArrayView(try array(section, name))
  }
}
