import FileCore

/// Images and labels in IDX files, like MNIST's; each image is a sequence of its rows.
///
/// A sample is a sequence of H steps of W numbers from 0 to 1, and a class. The path is a folder with
/// `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, and optionally the same for `t10k` as a test part, packed by
/// gzip (`.gz`) or not; or it is one file of images, with the labels' file in the same folder.
///
/// An IDX file is two zero bytes, the type (8 for bytes), the number of dimensions, each dimension as a
/// big-endian 32-bit number, and the bytes.
struct ImageFiles {
  let path: String
  let options: FileOptions

  /// The most bytes of a file, unpacked.
  private static let sizeLimit = TextFile.sizeLimit

  func read() throws(FileError) -> TaskSamples {
    let files = Folder.exists(path) ? try Folder.content(of: path).files : [path]
    let images = files.filter { Folder.name(of: $0).contains("images") }
    guard let first = images.first(where: { Folder.name(of: $0).contains("train") }) ?? images.first
    else {
      throw FileError(
        file: path, expected: "a file of images, such as train-images-idx3-ubyte", found: "none")
    }
    let all = try pictures(first)
    var (training, validation) = (all, all)
    if let test = images.first(where: { $0 != first }) {
      validation = try pictures(test)
      guard validation.height == all.height, validation.width == all.width else {
        throw FileError(
          file: test, line: 1, column: 9, expected: "images of \(all.height) x \(all.width)",
          found: "\(validation.height) x \(validation.width)")
      }
    } else {
      let period = options.validationPeriod
      training.order = all.order.filter { $0 % period != period - 1 }
      validation.order = all.order.filter { $0 % period == period - 1 }
    }
    let classes = Int((training.labels + validation.labels).max() ?? 0) + 1
    return TaskSamples(
      input: .features((0..<all.width).map { Column("pixel \($0 + 1)", scale: 255) }),
      target: .label(Vocabulary((0..<classes).map { "\($0)" })), training: training,
      validation: validation)
  }

  private func pictures(_ path: String) throws(FileError) -> Pictures {
    let images = try IDXFile(path, dimensions: 3, bytes(path))
    let name = Folder.name(of: path)
    let other = name.replacing("images", with: "labels").replacing("idx3", with: "idx1")
    let folder = String(path.dropLast(name.count))
    let labelPath = folder + other
    let labels = try IDXFile(labelPath, dimensions: 1, bytes(labelPath))
    let count = images.sizes[0]
    guard labels.sizes[0] == count else {
      throw FileError(
        file: labelPath, line: 1, column: 5,
        expected: "\(count.counted("labels")), as there are images",
        found: labels.sizes[0].grouped)
    }
    return Pictures(
      height: images.sizes[1], width: images.sizes[2], pixels: images.values, start: images.start,
      labels: Array(labels.values[labels.start...]), order: Array(0..<count))
  }

  private func bytes(_ path: String) throws(FileError) -> [UInt8] {
    try FileBytes.readUnpacked(path, limit: Self.sizeLimit)
  }
}

/// An IDX file of bytes.
private struct IDXFile {
  let sizes: [Int]
  let values: [UInt8]
  /// The offset of the values.
  let start: Int

  init(_ path: String, dimensions: Int, _ bytes: [UInt8]) throws(FileError) {
    func fault(_ offset: Int, _ expected: String, _ found: String) -> FileError {
      FileError(
        file: path, line: 1, column: offset + 1, expected: expected, found: found)
    }
    start = 4 + 4 * dimensions
    guard bytes.count >= start else {
      throw fault(bytes.count, "\(start) bytes of sizes", "the end")
    }
    guard bytes.starts(with: [0, 0, 8, UInt8(dimensions)]) else {
      throw fault(
        0, "an IDX file of bytes with \(dimensions) dimensions",
        "\(bytes[0]) \(bytes[1]) \(bytes[2]) \(bytes[3])")
    }
    sizes = (0..<dimensions).map { index in
      bytes[4 + 4 * index..<8 + 4 * index].reduce(0) { $0 << 8 | Int($1) }
    }
    guard !sizes.contains(0) else { throw fault(4, "sizes above 0", "\(sizes)") }
    var needed = 1
    for size in sizes {
      let (product, overflow) = needed.multipliedReportingOverflow(by: size)
      needed = overflow ? .max : product
    }
    guard bytes.count - start == needed else {
      throw fault(start, "\(needed) bytes of values", "\(bytes.count - start)")
    }
    values = bytes
  }
}

/// Images with labels; bytes are converted to numbers on access.
private struct Pictures: IndexedSamples {
  let height: Int
  let width: Int
  let pixels: [UInt8]
  let start: Int
  let labels: [UInt8]
  /// The indices of the images.
  var order: [Int]

  var sampleCount: Int { order.count }

  func sample(at index: Int) -> Sample {
    let size = height * width
    let first = start + order[index] * size
    let values = pixels[first..<first + size].map { Float($0) / 255 }
    return Sample(
      .features(FeatureSequence(values, width: width)), .label(Int32(labels[order[index]])))
  }
}
