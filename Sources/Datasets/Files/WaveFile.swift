public import FileCore

/// Sound in a WAV file: samples from -1 to 1.
///
/// Reads 16, 24 and 32-bit integers and 32-bit floats of any number of channels; writes 16-bit integers, as
/// `round(32767 x)` of samples that are cut to -1 ... 1.
///
/// ```swift
/// var sound = try WaveFile(path: "noisy.wav")
/// sound.samples = sound.samples.map { $0 / 2 }
/// try sound.write(to: "quieter.wav")
/// ```
public struct WaveFile: Hashable, Sendable {
  /// The samples a second of each channel.
  public var sampleRate: Int
  /// The number of channels.
  public var channels: Int
  /// The samples, of all channels at a time one after the other.
  public var samples: [Float]

  /// The most bytes of a file.
  private static let sizeLimit = 1 << 31

  /// A sound of samples.
  public init(sampleRate: Int, channels: Int = 1, samples: [Float]) {
    (self.sampleRate, self.channels, self.samples) = (sampleRate, channels, samples)
  }

  /// Reads a file.
  ///
  /// - Throws: `FileError` if it can't be read, is cut off, or is of another kind.
  public init(path: String) throws(FileError) {
    try self.init(bytes: FileBytes.read(path, limit: Self.sizeLimit), file: path)
  }

  /// Reads the bytes of a file.
  ///
  /// - Throws: `FileError` if they are cut off or of another kind.
  public init(bytes: [UInt8], file: String = "bytes") throws(FileError) {
    guard bytes.count >= 12, bytes[0..<4].elementsEqual("RIFF".utf8),
      bytes[8..<12].elementsEqual("WAVE".utf8)
    else {
      throw FileError(
        file: file, .byte(0), expected: "a WAV file (RIFF ... WAVE)",
        found: bytes.isEmpty ? "nothing" : "other bytes")
    }
    var place = 12
    var format: Format?
    while place + 8 <= bytes.count {
      let (start, size) = (place + 8, Int(bytes.littleEndian(UInt32.self, at: place + 4)))
      let name = bytes[place..<place + 4]
      if name.elementsEqual("fmt ".utf8) {
        format = try Format(bytes, at: start, size: size, file)
      } else if name.elementsEqual("data".utf8) {
        guard let format else {
          throw FileError(
            file: file, .byte(place), expected: "a format (fmt) first", found: "samples (data)")
        }
        // A program that writes into a pipe does not know the size: 0 or the largest number stand for the rest.
        let isOpen = size == 0 || size == Int(UInt32.max)
        let end = isOpen ? bytes.count : start + size
        guard end <= bytes.count else {
          throw FileError(file: file, .cutShort(expected: end, found: bytes.count))
        }
        self.init(
          sampleRate: format.sampleRate, channels: format.channels,
          samples: format.samples(bytes, start..<end))
        return
      }
      // Chunks begin at even places.
      place = start + size + size % 2
    }
    throw FileError(
      file: file, .byte(min(place, bytes.count)), expected: "samples (data)", found: "the end")
  }

  /// Writes a file, as a whole or not at all.
  ///
  /// - Throws: `FileError`.
  public func write(to path: String) throws(FileError) {
    try AtomicSave(path: path).write([bytes])
  }

  /// The bytes of a file of 16-bit integers.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(44 + 2 * samples.count)
    let dataSize = UInt32(clamping: 2 * samples.count)
    bytes += "RIFF".utf8
    bytes.append(littleEndian: dataSize &+ 36)
    bytes += "WAVEfmt ".utf8
    bytes.append(littleEndian: UInt32(16))
    for number in [1, channels] { bytes.append(littleEndian: UInt16(clamping: number)) }
    for number in [sampleRate, sampleRate * channels * 2] {
      bytes.append(littleEndian: UInt32(clamping: number))
    }
    for number in [channels * 2, 16] { bytes.append(littleEndian: UInt16(clamping: number)) }
    bytes += "data".utf8
    bytes.append(littleEndian: dataSize)
    for sample in samples {
      let cut = sample.isNaN ? 0 : max(-1, min(1, sample))
      bytes.append(littleEndian: UInt16(bitPattern: Int16((cut * 32767).rounded())))
    }
    return bytes
  }
}

/// The format of a WAV file's samples.
private struct Format {
  let channels: Int
  let sampleRate: Int
  private let bits: Int
  private let isFloat: Bool

  init(_ bytes: [UInt8], at start: Int, size: Int, _ file: String) throws(FileError) {
    guard size >= 16, start + size <= bytes.count else {
      throw FileError(
        file: file, .byte(start), expected: "a format of 16 bytes or more",
        found: "\(min(size, max(0, bytes.count - start)))")
    }
    func number(_ offset: Int) -> Int { Int(bytes.littleEndian(UInt16.self, at: start + offset)) }
    var kind = number(0)
    // The extensible format says the kind in its first two bytes of an identifier.
    if kind == 0xFFFE, size >= 26 { kind = number(24) }
    channels = number(2)
    sampleRate = Int(bytes.littleEndian(UInt32.self, at: start + 4))
    bits = number(14)
    isFloat = kind == 3
    guard channels > 0, kind == 1 && [16, 24, 32].contains(bits) || kind == 3 && bits == 32 else {
      throw FileError(
        file: file, .byte(start),
        expected: "integers (1) of 16, 24 or 32 bits or floats (3) of 32, of a channel or more",
        found: "format \(kind) of \(bits) bits, \(channels.counted("channels"))")
    }
  }

  /// The samples of whole times in a range of bytes.
  func samples(_ bytes: [UInt8], _ range: Range<Int>) -> [Float] {
    let width = bits / 8
    let count = range.count / (width * channels) * channels
    return (0..<count).map { index in
      let place = range.lowerBound + index * width
      switch (bits, isFloat) {
      case (_, true): return Float(bitPattern: bytes.littleEndian(UInt32.self, at: place))
      case (16, _):
        return Float(Int16(bitPattern: bytes.littleEndian(UInt16.self, at: place))) / 32768
      case (24, _):
        let low = UInt32(bytes.littleEndian(UInt16.self, at: place))
        let number = low << 8 | UInt32(bytes[place + 2]) << 24
        return Float(Int32(bitPattern: number)) / 2_147_483_648
      default:
        return Float(Int32(bitPattern: bytes.littleEndian(UInt32.self, at: place))) / 2_147_483_648
      }
    }
  }
}
