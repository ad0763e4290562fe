import Checkpoint
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Files of version 1 of the format must stay readable.
struct GoldenFileTests {
  @Test(arguments: GoldenFile.all)
  func everyLaterVersionReadsIt(file: GoldenFile) throws {
    let reader = try CheckpointReader(path: file.path)
    try reader.verify()
    #expect(try Checkpoint(reading: reader) == file.contents)
    #expect(reader.entries.count == file.contents.contents.count)
  }

  /// Every golden file must be read by a test.
  @Test func everyFileOfTheFolderIsRead() throws {
    let names = try fileNames(in: fixture("version-1"))
    #expect(names == GoldenFile.all.map { $0.name + ".rnnz" }.sorted())
  }

  /// Writes missing golden files; never changes an existing one.
  @Test(.enabled(if: getenv("SWIFT_RNN_WRITE_GOLDEN_FILES") != nil, "only writes new files"))
  func writeNewFiles() throws {
    mkdir(fixture("version-1"), 0o755)
    for file in GoldenFile.all where access(file.path, F_OK) != 0 {
      let bytes = try file.bytes()
      let descriptor = open(file.path, O_WRONLY | O_CREAT | O_EXCL, 0o644)
      #expect(descriptor >= 0 && write(descriptor, bytes, bytes.count) == bytes.count)
      close(descriptor)
    }
  }
}
