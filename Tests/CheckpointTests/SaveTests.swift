import Checkpoint
import FileCore
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// An empty directory that is removed, with what is in it, at the end.
final class TemporaryDirectory {
  let path: String

  init() throws {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    // mkdtemp puts letters of its own in the place of these six.
    let letters = String(repeating: "X", count: 6)
    var template = Array("\(folder)/checkpoint-tests-\(letters)".utf8CString)
    guard let path = mkdtemp(&template) else {
      throw FixtureError(description: "cannot make a temporary directory")
    }
    self.path = String(cString: path)
  }

  deinit {
    for name in (try? fileNames(in: path)) ?? [] { remove("\(path)/\(name)") }
    rmdir(path)
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file.
  func create(_ name: String, bytes: [UInt8] = [1, 2, 3], mode: mode_t = 0o644) throws {
    let descriptor = open(file(name), O_WRONLY | O_CREAT, mode)
    guard descriptor >= 0, write(descriptor, bytes, bytes.count) == bytes.count,
      fchmod(descriptor, mode) == 0
    else { throw FixtureError(description: "cannot create \(name)") }
    close(descriptor)
  }
}

private func mode(of path: String) -> mode_t {
  var status = stat()
  return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
}

struct SaveTests {
  @Test func aSavedFileIsTheEncodedOne() throws {
    let directory = try TemporaryDirectory()
    let checkpoint = try sample()
    try checkpoint.save(to: directory.file("model.rnnz"))
    #expect(try Checkpoint(path: directory.file("model.rnnz")) == checkpoint)
    let size = try CheckpointReader(path: directory.file("model.rnnz")).entries.count
    #expect(size == 8)
    #expect(try fileNames(in: directory.path) == ["model.rnnz"])
  }

  @Test func aSecondSaveReplacesTheFirstAndKeepsItsPermissions() throws {
    let directory = try TemporaryDirectory()
    try directory.create("model.rnnz", mode: 0o640)
    try sample().save(to: directory.file("model.rnnz"))
    try Checkpoint().save(to: directory.file("model.rnnz"))
    #expect(try Checkpoint(path: directory.file("model.rnnz")) == Checkpoint())
    #expect(mode(of: directory.file("model.rnnz")) == 0o640)
    #expect(try fileNames(in: directory.path) == ["model.rnnz"])
  }

  @Test func aSaveThroughALinkReplacesWhatItNames() throws {
    let directory = try TemporaryDirectory()
    try directory.create("step-7.rnnz")
    #expect(symlink("step-7.rnnz", directory.file("latest.rnnz")) == 0)
    try sample().save(to: directory.file("latest.rnnz"))
    #expect(try Checkpoint(path: directory.file("step-7.rnnz")) == sample())
    var status = stat()
    #expect(lstat(directory.file("latest.rnnz"), &status) == 0)
    #expect(status.st_mode & S_IFMT == S_IFLNK)
  }

  @Test func whatADeadProcessLeftIsRemoved() throws {
    let directory = try TemporaryDirectory()
    let alive = ".model.rnnz.tmp-\(getpid())-abc"
    for name in [".model.rnnz.tmp-4194305-abc", alive, ".other.rnnz.tmp-4194305-abc"] {
      try directory.create(name)
    }
    try sample().save(to: directory.file("model.rnnz"))
    let expected = [alive, ".other.rnnz.tmp-4194305-abc", "model.rnnz"]
    #expect(try fileNames(in: directory.path) == expected.sorted())
  }

  @Test func onlyFilesAreReplacedOrRead() throws {
    let directory = try TemporaryDirectory()
    func problem(_ body: () throws -> Void) -> CheckpointError.Problem? {
      #expect(throws: CheckpointError.self) { try body() }?.problem
    }
    #expect(problem { try Checkpoint().save(to: "/dev/null") } == .file(.notARegularFile(.device)))
    #expect(
      problem { try Checkpoint().save(to: directory.path) } == .file(.notARegularFile(.directory)))
    #expect(
      problem { try Checkpoint().save(to: directory.path + "/") }
        == .file(.notARegularFile(.directory)))
    #expect(mkfifo(directory.file("pipe"), 0o600) == 0)
    #expect(
      problem { try Checkpoint().save(to: directory.file("pipe")) }
        == .file(.notARegularFile(.pipe)))
    #expect(
      problem { _ = try CheckpointReader(path: "/dev/zero") } == .file(.notARegularFile(.device)))
    #expect(
      problem { _ = try CheckpointReader(path: directory.path) }
        == .file(.notARegularFile(.directory)))
    #expect(
      problem { _ = try CheckpointReader(path: directory.file("none")) } == .file(.noSuchFile))
    #expect(
      problem { try Checkpoint().save(to: directory.file("no/model.rnnz")) } == .file(.noSuchFolder)
    )
  }

  /// A rehearsal throws what a save would throw, and leaves nothing behind.
  @Test func aRehearsedSaveChangesNothing() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model.rnnz")
    try Checkpoint.rehearseSave(to: path, byteCount: 100_000)
    #expect(try fileNames(in: directory.path) == [])
    try sample().save(to: path)
    try Checkpoint.rehearseSave(to: path, byteCount: 100_000)
    #expect(try fileNames(in: directory.path) == ["model.rnnz"])
    #expect(try Checkpoint(path: path) == sample())
    for place in ["no/model.rnnz", "model.rnnz/model.rnnz", String(repeating: "x", count: 256)] {
      let place = directory.file(place)
      let (rehearsed, saved) = (
        #expect(throws: CheckpointError.self) {
          try Checkpoint.rehearseSave(to: place, byteCount: 9)
        },
        #expect(throws: CheckpointError.self) { try sample().save(to: place) }
      )
      #expect(rehearsed == saved)
    }
  }

  /// Where the file's name fits, its temporary name does.
  @Test(arguments: ["x", "é", "語"]) func theLongestNamesAreSaved(_ letter: String) throws {
    let directory = try TemporaryDirectory()
    let name =
      String(repeating: letter, count: 250 / letter.utf8.count) + ".rnnz"
    try sample().save(to: directory.file(name))
    try sample().save(to: directory.file(name))
    #expect(try fileNames(in: directory.path) == [name])
    #expect(try Checkpoint(path: directory.file(name)) == sample())
  }

  /// A link to a file that is not there yet leads the new file to its place.
  @Test func aLinkToNothingGetsItsTarget() throws {
    let directory = try TemporaryDirectory()
    #expect(mkdir(directory.file("models"), 0o700) == 0)
    #expect(symlink("models/new.rnnz", directory.file("second.rnnz")) == 0)
    #expect(symlink("second.rnnz", directory.file("first.rnnz")) == 0)
    try sample().save(to: directory.file("first.rnnz"))
    #expect(try Checkpoint(path: directory.file("models/new.rnnz")) == sample())
    #expect(try fileNames(in: directory.path) == ["first.rnnz", "models", "second.rnnz"])
    #expect(symlink("loop", directory.file("loop")) == 0)
    #expect(throws: CheckpointError.self) { try sample().save(to: directory.file("loop")) }
    remove(directory.file("models/new.rnnz"))
  }

  #if os(Linux)
    /// A folder whose name is no UTF-8 is reached through a link, and by the working directory.
    @Test func namesNeedNotBeUTF8() throws {
      let directory = try TemporaryDirectory()
      let folder =
        Array((directory.path + "/caf").utf8CString.dropLast()) + [CChar(bitPattern: 0xE9), 0]
      #expect(mkdir(folder, 0o700) == 0)
      #expect(symlink(folder, directory.file("cafe")) == 0)
      try sample().save(to: directory.file("cafe/model.rnnz"))
      try sample().save(to: directory.file("cafe/model.rnnz"))
      #expect(try Checkpoint(path: directory.file("cafe/model.rnnz")) == sample())
      let file = folder.dropLast() + Array("/model.rnnz".utf8CString)
      var status = stat()
      #expect(stat(file, &status) == 0)
    }
  #endif

  #if !os(macOS)
    /// The limit stands for a disk that becomes full; set in a process of its own.
    @Test func theOldFileSurvivesASaveThatCannotFinish() async {
      await #expect(processExitsWith: .success) {
        let directory = try TemporaryDirectory()
        let path = directory.file("model.rnnz")
        try sample().save(to: path)
        var limit = rlimit(rlim_cur: 1000, rlim_max: .max)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        var larger = try sample()
        larger.set(StoredArray(normals(5000, seed: 8)), .model, "more")
        let error = #expect(throws: CheckpointError.self) { try larger.save(to: path) }
        let size = try larger.encoded().count
        #expect(error?.problem == .file(.system(operation: "reserving \(size) bytes", code: EFBIG)))
        #expect(try Checkpoint(path: path) == sample())
        #expect(try fileNames(in: directory.path) == ["model.rnnz"])
      }
    }

    /// As root, permissions are no obstacle: the test then becomes another user, in a process of its own.
    @Test func theOldFileSurvivesWhereItsDirectoryIsReadOnly() async {
      await #expect(processExitsWith: .success) {
        let directory = try TemporaryDirectory()
        let path = directory.file("model.rnnz")
        try sample().save(to: path)
        chmod(directory.path, 0o555)
        if getuid() == 0 { #expect(seteuid(65_534) == 0) }
        let error = #expect(throws: CheckpointError.self) { try Checkpoint().save(to: path) }
        #expect(error?.problem == .file(.permission(operation: "creating a temporary file")))
        if getuid() == 0 { #expect(seteuid(0) == 0) }
        #expect(try Checkpoint(path: path) == sample())
        chmod(directory.path, 0o755)
      }
    }
  #endif
}
