import Datasets
import Foundation

/// The page about WAV files.
enum Sound {
  static func writtenAndRead() throws {
    let tone = (0..<16_000).map { sin(2 * .pi * 440 * Float($0) / 16_000) / 2 }
    try WaveFile(sampleRate: 16_000, samples: tone).write(to: "tone.wav")

    var sound = try WaveFile(path: "tone.wav")
    sound.samples = sound.samples.map { $0 / 2 }
    try sound.write(to: "quieter.wav")
    print("a second of sound:", sound.samples.count, "samples of", sound.channels, "channel")
    for path in ["tone.wav", "quieter.wav"] { try FileManager.default.removeItem(atPath: path) }
  }
}
