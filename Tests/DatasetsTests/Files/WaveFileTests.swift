import Datasets
import FileCore
import Foundation
import Testing

/// Sound comes back as it was written, in every format that is read; damaged files are refused in one line.
@Suite struct WaveFileTests {
  private let samples: [Float] = [0, 1, -1, 0.5, -0.25, 0.001]

  @Test func writtenSamplesComeBack() throws {
    let sound = WaveFile(sampleRate: 16000, channels: 2, samples: samples + [2, .nan])
    let again = try WaveFile(bytes: sound.bytes)
    #expect(again.sampleRate == 16000 && again.channels == 2)
    for (a, b) in zip(again.samples, samples + [1, 0]) { #expect(abs(a - b) <= 1.0 / 16384) }
    // Python's wave module reads these bytes; the header is that of the format's description.
    #expect(Array(sound.bytes[0..<4]) == Array("RIFF".utf8) && sound.bytes.count == 44 + 16)
    #expect(sound.bytes[20] == 1 && sound.bytes[22] == 2 && sound.bytes[32] == 4)
  }

  private func file(_ kind: UInt16, bits: UInt16, _ data: [UInt8], size: UInt32? = nil) -> [UInt8] {
    func bytes<Number: FixedWidthInteger>(_ numbers: Number...) -> [UInt8] {
      numbers.flatMap { number in withUnsafeBytes(of: number.littleEndian) { Array($0) } }
    }
    var format = bytes(kind == 0xFFFE ? 0xFFFE : kind, 1 as UInt16) + bytes(8000 as UInt32, 0)
    format += bytes(bits / 8, bits)
    if kind == 0xFFFE { format += bytes(22, bits, 0, 0, 1) + [UInt8](repeating: 0, count: 14) }
    var whole = Array("RIFF".utf8) + bytes(0 as UInt32) + Array("WAVE".utf8)
    // A chunk of another kind, of an odd size, stands before.
    whole += Array("LIST".utf8) + bytes(3 as UInt32) + [1, 2, 3, 0]
    whole += Array("fmt ".utf8) + bytes(UInt32(format.count)) + format
    return whole + Array("data".utf8) + bytes(size ?? UInt32(data.count)) + data
  }

  @Test func otherFormatsAreRead() throws {
    func read(_ kind: UInt16, _ bits: UInt16, _ data: [UInt8]) throws -> [Float] {
      try WaveFile(bytes: file(kind, bits: bits, data)).samples
    }
    #expect(try read(1, 16, [0, 0x40, 0, 0xC0]) == [0.5, -0.5])
    #expect(try read(1, 24, [0, 0, 0x40, 0, 0, 0xC0, 9]) == [0.5, -0.5])
    #expect(try read(1, 32, [0, 0, 0, 0x20]) == [0.25])
    #expect(try read(3, 32, [0, 0, 0x80, 0xBE]) == [-0.25])
    #expect(try read(0xFFFE, 16, [0, 0x40]) == [0.5])
    #expect(try WaveFile(bytes: file(1, bits: 16, [0, 0x40], size: .max)).samples == [0.5])
  }

  @Test func damagedFilesAreRefused() throws {
    let whole = file(1, bits: 16, [1, 2, 3, 4])
    for count in 0..<whole.count - 4 {
      #expect(throws: FileError.self, "\(count) bytes") {
        try WaveFile(bytes: Array(whole[..<count]), file: "a.wav")
      }
    }
    for (bytes, words) in [
      (Array("MThd".utf8), "a.wav: byte 0: expected a WAV file"),
      (file(7, bits: 8, [1]), "found format 7 of 8 bits, 1 channel"),
      (Array(whole[..<(whole.count - 1)]), "cut off"),
    ] {
      let error = #expect(throws: FileError.self) { try WaveFile(bytes: bytes, file: "a.wav") }
      #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }
    // Any bytes are a sound or an error.
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<2_000 {
      var damaged = whole
      for _ in 0..<3 {
        damaged[Int.random(in: 12..<whole.count, using: &generator)] = UInt8.random(
          in: 0...255, using: &generator)
      }
      _ = try? WaveFile(bytes: damaged)
    }
  }
}
