import Checkpoint
import Testing

#if os(Linux)
  @Suite(.enabled(if: SmallDisk.canBeMounted, "a file system cannot be mounted here"))
  struct FullDiskTests {
    @Test func theOldFileSurvivesAFullDisk() throws {
      try SmallDisk.whileMounted { directory in
        let path = directory + "/model.rnnz"
        try sample().save(to: path)
        var larger = try sample()
        larger.set(StoredArray(normals(400_000, seed: 8)), .model, "more")
        let error = #expect(throws: CheckpointError.self) { try larger.save(to: path) }
        let size = try larger.encoded().count
        #expect(error?.problem == .file(.noSpace(operation: "reserving \(size) bytes")))
        #expect(try Checkpoint(path: path) == sample())
        #expect(try fileNames(in: directory) == ["model.rnnz"])
        // A checkpoint that fits is saved.
        larger.set(StoredArray(normals(100_000, seed: 8)), .model, "more")
        try larger.save(to: path)
        #expect(try Checkpoint(path: path) == larger)
      }
    }
  }

  /// A disk of one megabyte: a file system in memory, which only root can mount.
  private enum SmallDisk {
    static let canBeMounted = (try? whileMounted { _ in }) != nil

    static func whileMounted(_ body: (_ directory: String) throws -> Void) throws {
      let (log, disk) = (try TemporaryDirectory(), try TemporaryDirectory())
      let mounting = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", disk.path]
      guard try execute(mounting, in: log.path).status == 0 else {
        throw FixtureError(description: "cannot mount a file system")
      }
      defer { _ = try? execute(["umount", disk.path], in: log.path) }
      try body(disk.path)
    }
  }
#endif
