import FileCore
import Foundation
import Testing

/// The memory that a container allows, read from files as Linux has them.
@Suite struct MemoryLimitTests {
  /// The limit that some files under a folder state.
  private func limit(_ files: [String: String]) throws -> Int? {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent(
      "groups-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: root) }
    for (path, text) in files {
      let file = root.appendingPathComponent(path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    return MemoryLimit.controlGroup(under: root.path)
  }

  @Test func aContainersOwnGroupLiesAtTheRoot() throws {
    let files = ["proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "2147483648\n"]
    #expect(try limit(files) == 2_147_483_648)
  }

  /// A service's limit, and that of the slice around it: the smaller one holds.
  @Test func groupsAroundTheOwnOneCountToo() throws {
    var files = [
      "proc/self/cgroup": "0::/user.slice/my job.scope\n",
      "sys/fs/cgroup/user.slice/my job.scope/memory.max": "8000000\n",
      "sys/fs/cgroup/user.slice/memory.max": "4000000\n",
    ]
    #expect(try limit(files) == 4_000_000)
    files["sys/fs/cgroup/user.slice/memory.max"] = "max\n"
    #expect(try limit(files) == 8_000_000)
    files["sys/fs/cgroup/user.slice/my job.scope/memory.max"] = "max"
    #expect(try limit(files) == nil)
  }

  @Test func versionOneHasFilesOfItsOwn() throws {
    let list = "12:cpu,cpuacct:/x\n4:memory:/docker/0a1b\n1:name=systemd:/docker/0a1b\n0::/x\n"
    let none = "9223372036854771712\n"
    #expect(
      try limit([
        "proc/self/cgroup": list,
        "sys/fs/cgroup/memory/docker/0a1b/memory.limit_in_bytes": "536870912\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": none,
      ]) == 536_870_912)
    // In the container, the path outside is not to be found.
    #expect(
      try limit([
        "proc/self/cgroup": list, "sys/fs/cgroup/memory/memory.limit_in_bytes": "1000000\n",
      ]) == 1_000_000)
    // Beside version 1, version 2 may have a place of its own.
    #expect(
      try limit([
        "proc/self/cgroup": list, "sys/fs/cgroup/memory/memory.limit_in_bytes": none,
        "sys/fs/cgroup/unified/x/memory.max": "3000000\n",
      ]) == 3_000_000)
  }

  /// Files that say something else state no limit, and nothing traps.
  @Test(arguments: ["", "\n", "max\n", "-1\n", "0\n", "1e9\n", "many\n", "99999999999999999999\n"])
  func whatIsNoNumberIsNoLimit(_ text: String) throws {
    let files = ["proc/self/cgroup": "0::/\n\n:\nx\n4:memory\n", "sys/fs/cgroup/memory.max": text]
    #expect(try limit(files) == nil)
  }

  @Test func withoutGroupsThereIsNoLimit() throws {
    #expect(try limit([:]) == nil)
    #expect(try limit(["proc/self/cgroup": "0::/../../x\n"]) == nil)
    let current = try #require(MemoryLimit.current)
    #expect(current.bytes > 0 && current.bytes <= System.physicalMemory ?? .max)
  }
}
