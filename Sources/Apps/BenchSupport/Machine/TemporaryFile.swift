import FileCore

/// A temporary file; the last reference deletes it.
final class TemporaryFile {
  let path: String

  init(_ name: String) { path = System.temporaryPath + name }

  deinit { System.delete(path) }
}
