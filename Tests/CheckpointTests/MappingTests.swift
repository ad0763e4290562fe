import Checkpoint
import Testing

struct MappingTests {
  private func saved(
    _ directory: TemporaryDirectory, _ compression: Compression
  ) throws -> String {
    try sample().save(to: directory.file("model.rnnz"), compression: compression)
    return directory.file("model.rnnz")
  }

  @Test func storedTensorsAreSeenWhereTheyAre() throws {
    let directory = try TemporaryDirectory()
    let reader = try CheckpointReader(path: saved(directory, .none), mapping: .stored)
    try reader.verify()
    #expect(try Checkpoint(reading: reader) == sample())
    let (first, second) = (
      try reader.view(.model, "rnn.weight_ih_l0"), try reader.view(.model, "rnn.weight_ih_l0")
    )
    #expect(first.isMapped && first.shape == [8, 12] && first.elementType == .float32)
    let address = first.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
    #expect(address.isMultiple(of: 64))
    #expect(second.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } == address)
    let floats = first.withElements(as: Float.self) { $0.map { Array($0) } }
    #expect(floats == normals(96, seed: 1))
    #expect(first.withElements(as: Double.self) { $0 == nil })
    #expect(try reader.view(.model, "empty").withUnsafeBytes { $0.isEmpty })
  }

  @Test func aViewOutlivesItsReaderAndItsFile() throws {
    let directory = try TemporaryDirectory()
    let path = try saved(directory, .none)
    let view = try CheckpointReader(path: path, mapping: .stored).view(.model, "rnn.bias_ih_l0")
    // A save replaces the file; it does not change the bytes of the mapped file.
    try Checkpoint().save(to: path)
    #expect(view.withElements(as: Float.self) { $0.map { Array($0) } } == normals(8, seed: 2))
  }

  @Test func otherTensorsAreCopied() throws {
    let directory = try TemporaryDirectory()
    let path = try saved(directory, .fast)
    let compressed = try CheckpointReader(path: path, mapping: .stored)
    try compressed.verify()
    for reader in [compressed, try CheckpointReader(path: path)] {
      let view = try reader.view(.model, "rnn.weight_ih_l0")
      #expect(!view.isMapped)
      #expect(view.withElements(as: Float.self) { $0.map { Array($0) } } == normals(96, seed: 1))
    }
    #expect(throws: CheckpointError.self) { try compressed.view(.configuration, "model") }
  }

  @Test func aViewOfDamagedBytesIsRefused() throws {
    let directory = try TemporaryDirectory()
    let key = Checkpoint.Key(.model, "rnn.weight_ih_l0")
    var bytes = try sample().encoded(compression: .none)
    let entries = try CheckpointReader(bytes: bytes).entries
    let entry = try #require(entries.first { $0.key == key })
    bytes[entry.offset + 5] ^= 1
    try directory.create("damaged.rnnz", bytes: bytes)
    let reader = try CheckpointReader(path: directory.file("damaged.rnnz"), mapping: .stored)
    let error = #expect(throws: CheckpointError.self) { try reader.view(.model, key.name) }
    let found = checksum(bytes, entry.offset..<entry.offset + entry.storedByteCount)
    #expect(error?.problem == .storedChecksum(key, expected: entry.storedChecksum, found: found))
  }
}
