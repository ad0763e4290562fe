import FileCore

/// Recognizes other file formats by their first bytes: a name helps more than "bad magic".
enum ForeignFile {
  /// The number of bytes that `kind(of:)` looks at.
  static let recognizableSize = 64

  /// The format of a file with these first bytes, if it is one that is often mistaken for a checkpoint.
  static func kind(of start: [UInt8]) -> String? {
    func starts(with text: StaticString) -> Bool {
      text.withUTF8Buffer { start.starts(with: $0) }
    }
    guard !start.isEmpty else { return "an empty file" }
    // What the bytes mean comes before what they happen to look like: the length of a header can be any number.
    if isSafetensors(start) { return "a safetensors file" }
    if starts(with: "PK\u{3}\u{4}") { return "a zip archive (PyTorch's .pt, or .npz)" }
    if isPickle(start) { return "a Python pickle (.pkl, or an old .pt)" }
    if start.starts(with: hdf5) { return "an HDF5 file (Keras)" }
    if isNumPy(start) { return "a NumPy array (.npy)" }
    if isONNX(start) { return "an ONNX model" }
    if start.starts(with: [0x1F, 0x8B]) { return "a gzip file" }
    if starts(with: "GGUF") { return "a GGUF file" }
    if starts(with: "version https://git-lfs") { return "a Git LFS pointer: run 'git lfs pull'" }
    let text = String(decoding: start.prefix(16), as: UTF8.self).lowercased()
    if text.hasPrefix("<!doctype html") || text.hasPrefix("<html") { return "a web page" }
    return nil
  }

  /// The first bytes of an HDF5 file, without those that damage by conversion of line ends changes.
  private static let hdf5: [UInt8] = [0x89, 0x48, 0x44, 0x46]

  /// Whether a file begins as a pickle of protocol 2 or later.
  static func isPickle(_ start: [UInt8]) -> Bool {
    start.count > 1 && start[0] == 0x80 && (2...5).contains(start[1])
  }

  /// Whether a file begins as an array of NumPy.
  static func isNumPy(_ start: [UInt8]) -> Bool {
    start.starts(with: [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59])
  }

  /// Whether a file begins as an ONNX model usually does: with a small version, then the tag of a field of 2 to 8 whose content
  /// has a length.
  static func isONNX(_ start: [UInt8]) -> Bool {
    start.count > 3 && start[0] == 0x08 && (1..<0x20).contains(start[1])
      && [0x12, 0x1A, 0x22, 0x32, 0x3A, 0x42].contains(start[2])
  }

  /// Whether a file begins with the length of a header and the header's first character, `{`.
  static func isSafetensors(_ start: [UInt8]) -> Bool {
    start.count > 8 && start[8] == UInt8(ascii: "{")
      && start.littleEndian(UInt64.self, at: 0) < 1 << 32
  }
}
