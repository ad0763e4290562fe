import FileCore

/// The limits of reading an ONNX file, and the other files of its folder that hold weights.
final class ONNXFiles {
  let limits: ReadLimits
  private let folder: String?
  private var sources: [String: ByteSource] = [:]
  private var total = 0

  /// The most other files.
  private static let maximumCount = 1024

  /// Files beside one of a folder; nil for bytes that are in no folder.
  init(_ limits: ReadLimits, beside folder: String?) {
    (self.limits, self.folder) = (limits, folder)
  }

  /// Where the bytes of an array are.
  struct Place {
    private(set) var location = ""
    private(set) var offset = 0
    private(set) var length: Int?

    /// Reads an entry: a key and its value.
    mutating func set(_ message: ArraySlice<UInt8>) throws(FormatError) {
      var (key, value) = ("", "")
      var reader = ProtobufReader(message)
      while let (field, content) = try reader.next() {
        switch (field, content) {
        case (1, .data(let text)): key = try reader.text(text)
        case (2, .data(let text)): value = try reader.text(text)
        default: throw reader.failure("field \(field) of a place in another file is not known")
        }
      }
      switch key {
      case "location": location = value
      case "offset", "length":
        guard let number = Int(value), number >= 0 else {
          throw reader.failure("\(key): expected a whole number of 0 or more, found \(value)")
        }
        if key == "offset" { offset = number } else { length = number }
      default: break  // a checksum
      }
    }
  }

  /// The bytes of an array, of which a number is expected.
  func bytes(
    _ place: Place, expecting size: Int?, _ reader: ProtobufReader, _ name: String
  ) throws(FormatError) -> [UInt8] {
    let source = try source(place.location, reader, name)
    guard place.offset <= source.count else {
      throw reader.failure("\(name): \(source.name) ends before byte \(place.offset)")
    }
    let count = place.length ?? source.count - place.offset
    guard count == size, count <= source.count - place.offset else {
      throw reader.failure(
        "\(name): expected \(size ?? 0) bytes at \(place.offset) of \(source.name), found "
          + "\(min(count, source.count - place.offset))")
    }
    total += count
    guard total <= limits.totalBytes else {
      throw reader.failure("\(name): more than \(limits.totalBytes) bytes in other files")
    }
    do throws(CheckpointError) {
      return try source.read(at: place.offset, count: count)
    } catch {
      throw reader.failure("\(name): \(error)")
    }
  }

  /// The file of a location: a path inside the folder.
  private func source(
    _ location: String, _ reader: ProtobufReader, _ name: String
  ) throws(FormatError) -> ByteSource {
    if let source = sources[location] { return source }
    let parts = location.split(separator: "/", omittingEmptySubsequences: false)
    guard !location.isEmpty, parts.allSatisfy({ !$0.isEmpty && $0 != ".." }),
      !location.unicodeScalars.contains("\0"), sources.count < Self.maximumCount
    else {
      throw reader.failure(
        "\(name): expected weights in a file of the same folder, found \(location)")
    }
    guard let folder else {
      throw reader.failure(
        "\(name): weights in another file, \(location), which bytes in memory lack")
    }
    do throws(CheckpointError) {
      let source = try ByteSource(path: folder + location)
      sources[location] = source
      return source
    } catch {
      throw reader.failure("\(name): weights in another file: \(error)")
    }
  }
}
