#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What a folder holds, through the system's own calls.
enum Folder {
  /// Whether a path is a folder's.
  static func exists(_ path: String) -> Bool { mode(path) == S_IFDIR }

  /// The paths of the folders and of the files in a folder, sorted by name; hidden ones are left out.
  static func content(
    of path: String
  ) throws(DatasetError) -> (folders: [String], files: [String]) {
    guard let stream = opendir(path) else { throw FileBytes.unreadable(path) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    let paths = names.sorted().map { path.hasSuffix("/") ? path + $0 : path + "/" + $0 }
    return (paths.filter { mode($0) == S_IFDIR }, paths.filter { mode($0) == S_IFREG })
  }

  /// The last part of a path.
  static func name(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  private static func mode(_ path: String) -> mode_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
  }
}
