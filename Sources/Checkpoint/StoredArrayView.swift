import FileCore

/// A view of a tensor in a file: of the mapped file itself if the tensor is uncompressed, otherwise of a
/// decompressed copy.
///
/// ```swift
/// let reader = try CheckpointReader(path: "model.rnnz", mapping: .stored)
/// let view = try reader.view(.model, "embed.weight")
/// let sum = view.withElements(as: Float.self) { $0?.reduce(0, +) }
/// ```
///
/// A view has passed the same checks as an array that is read. It keeps the file mapped for as long as it lives.
public struct StoredArrayView: Sendable {
  private enum Storage {
    case mapped(MappedFile, offset: Int, count: Int)
    case array([UInt8])
  }

  /// The type of every element.
  public let elementType: ElementType
  /// The size of each axis; empty for a scalar.
  public let shape: [Int]
  private let storage: Storage

  init(_ entry: IndexEntry, in file: MappedFile) {
    (elementType, shape) = (entry.elementType, entry.shape)
    storage = .mapped(file, offset: Int(entry.offset), count: Int(entry.storedSize))
  }

  init(_ array: StoredArray) {
    (elementType, shape, storage) = (array.elementType, array.shape, .array(array.bytes))
  }

  /// Whether the elements are in the mapped file, without a copy; their address is then a multiple of 64.
  public var isMapped: Bool {
    if case .mapped = storage { true } else { false }
  }

  /// Calls `body` with the elements' bytes; they must not be used afterwards.
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

  /// Calls `body` with the elements, or with nil unless they have exactly this type; they must not be used afterwards.
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
    /// It is not; reading copies.
    case none
    /// It is, and uncompressed tensors (``Compression/none``) are used in place. If another program truncates the
    /// file meanwhile, this one ends with `SIGBUS`.
    case stored
  }

  /// A view of a tensor, without a copy if the file is mapped and the tensor is uncompressed.
  ///
  /// Throws the errors of reading the array; its checksum is checked.
  public func view(
    _ section: Checkpoint.Section, _ name: String
  ) throws(CheckpointError) -> StoredArrayView {
    let key = Checkpoint.Key(section, name)
    if let view = try mappedView(key) { return view }
    return StoredArrayView(try array(section, name))
  }
}
