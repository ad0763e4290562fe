#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The path of a file in the folder `Fixtures`.
func fixture(_ name: String, file: String = #filePath) -> String {
  "\(folder(of: file))/Fixtures/\(name)"
}

/// The folder of PyTorch's reference numbers beside the package, if it is there.
let referenceDirectory: String? = {
  let path = "\(folder(of: #filePath))/../../../shared/reference"
  return access(path, R_OK) == 0 ? path : nil
}()

private func folder(of path: String) -> String {
  path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
}

struct FixtureError: Error, CustomStringConvertible {
  var description: String
}

/// The names of the files in a directory, sorted.
func fileNames(in directory: String) throws -> [String] {
  guard let stream = opendir(directory) else {
    throw FixtureError(description: "cannot list \(directory)")
  }
  defer { closedir(stream) }
  var names: [String] = []
  while let entry = readdir(stream) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted()
}
