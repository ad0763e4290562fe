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

/// The bytes of a file.
func readFile(_ path: String) throws -> [UInt8] {
  guard let file = fopen(path, "rb") else {
    throw FixtureError(description: "cannot open \(path)")
  }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 65_536)
  while case let count = fread(&piece, 1, piece.count, file), count > 0 { bytes += piece[..<count] }
  return bytes
}
