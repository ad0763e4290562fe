import Cells
import Foundation
import TensorCore
import Testing

/// Spectra against sums in double precision, and signals from them.
@Suite struct STFTTests {
  /// Sums of 32 products of single precision.
  private static let tolerance: Float = 2e-5

  private func signal(_ steps: Int, seed: UInt64 = 1) -> Tensor {
    var generator = Philox(seed: seed)
    return Tensor(normal: [steps, 2, 1], using: &generator)
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var size = 16
    var hop = 4
    var window = STFT.Window.hann
    var padding: Conv1d.Padding?
    var testDescription: String { "\(size) \(hop) \(window) \(padding.map { "\($0)" } ?? "")" }

    var layer: STFT {
      guard let padding else { return STFT(size: size, hop: hop, window: window) }
      return STFT(size: size, hop: hop, window: window, padding: padding)
    }
  }

  static let cases = [
    Case(), Case(hop: 5), Case(hop: 8, padding: .zeros(8)),
    Case(size: 10, hop: 10, window: .rectangular, padding: Conv1d.Padding.none),
  ]

  /// The sample at a place, which may be in the padding.
  private func sample(_ x: [Float], _ place: Int, _ padding: Conv1d.Padding) -> Double {
    if x.indices.contains(place) { return Double(x[place]) }
    guard case .reflect = padding else { return 0 }
    return Double(x[place < 0 ? -place : 2 * x.count - 2 - place])
  }

  @Test(arguments: STFTTests.cases)
  func spectraAreSumsOverWindows(_ options: Case) {
    let (layer, x) = (options.layer, signal(50))
    let spectrum = layer(x)
    let count =
      switch layer.padding {
      case .none: 0
      case .zeros(let count), .reflect(let count): count
      }
    #expect(
      spectrum.real.shape == [(50 + 2 * count - layer.size) / layer.hop + 1, 2, layer.size / 2 + 1])
    let own = x.slice(1..<2, along: 1).scalars
    for frame in [0, 1, spectrum.real.shape[0] - 1] {
      for bin in 0...layer.size / 2 {
        var (real, imaginary) = (0.0, 0.0)
        for place in 0..<layer.size {
          let weight =
            layer.window == .hann ? pow(sin(.pi * Double(place) / Double(layer.size)), 2) : 1
          let value = weight * sample(own, frame * layer.hop + place - count, layer.padding)
          let angle = 2 * Double.pi * Double(bin * place) / Double(layer.size)
          real += value * cos(angle)
          imaginary -= value * sin(angle)
        }
        let found = (
          spectrum.real.at(frame).at(1).scalars[bin],
          spectrum.imaginary.at(frame).at(1).scalars[bin]
        )
        #expect(abs(found.0 - Float(real)) <= Self.tolerance, "frame \(frame), bin \(bin)")
        #expect(abs(found.1 - Float(imaginary)) <= Self.tolerance, "frame \(frame), bin \(bin)")
        let length = Float((real * real + imaginary * imaginary).squareRoot())
        let magnitude = spectrum.magnitude.at(frame).at(1).scalars[bin]
        #expect(abs(magnitude - length) <= Self.tolerance, "frame \(frame), bin \(bin)")
      }
    }
  }

  @Test(arguments: STFTTests.cases.dropFirst(0).filter { $0.hop != 8 })
  func inversesGiveTheSignalBack(_ options: Case) {
    let x = signal(50)
    let layer = options.layer
    let spectrum = layer(x)
    let covered = min(50, layer.inverse(spectrum).shape[0])
    let again = layer.inverse(spectrum, length: covered)
    for (a, b) in zip(again.scalars, x.slice(0..<covered).scalars) {
      #expect(abs(a - b) <= Self.tolerance)
    }
    #expect(covered >= 45)
  }

  @Test(arguments: [1, 3, 7, 50])
  func blocksOfAStreamHaveTheBitsOfTheWhole(_ block: Int) {
    let layer = STFT(size: 16, hop: 5, padding: .zeros(11))
    let whole = layer(signal(48))
    var (context, frames) = (layer.start(batch: 2), [STFT.Spectrum]())
    let x = signal(48)
    for start in stride(from: 0, to: 48, by: block) {
      let part = x.slice(start..<min(48, start + block))
      if let found = layer(part, after: &context) { frames.append(found) }
    }
    let streamed = concatenate(frames.map(\.real))
    // The frames that the padding after the end completes are the whole's alone.
    #expect(streamed.scalars == whole.real.slice(0..<streamed.shape[0]).scalars)
    #expect(streamed.shape[0] == (48 + 11 - 16) / 5 + 1)
    let adding = OverlapAdd(size: 16, hop: 5)
    let all = layer.frames(whole).slice(0..<streamed.shape[0])
    let added = adding(all)
    var (carried, samples) = (adding.start(), [Tensor]())
    for part in frames { samples.append(adding(layer.frames(part), after: &carried)) }
    #expect(concatenate(samples).scalars == added.slice(0..<streamed.shape[0] * 5).scalars)
  }

  @Test func gradientsGoThroughBothWays() {
    let (layer, x) = (STFT(size: 8, hop: 3), signal(20, seed: 4))
    let mask = Tensor(normal: [7, 2, 5], seed: 6)
    func loss(_ x: Tensor) -> Tensor {
      let spectrum = layer(x)
      let y = layer.inverse(spectrum.masked(mask), length: 20)
      return (y * y).sum() + (spectrum.magnitude * mask).sum()
    }
    let gradient = valueAndGradient(of: [x]) { loss($0[0]) }.gradients[0].scalars
    let scalars = x.scalars
    for index in stride(from: 0, to: scalars.count, by: 7) {
      var (up, down) = (scalars, scalars)
      up[index] += 1e-2
      down[index] -= 1e-2
      let slope =
        (loss(Tensor(up, shape: x.shape)).scalar - loss(Tensor(down, shape: x.shape)).scalar) / 2e-2
      // Differences of single precision over sums of about 100.
      #expect(abs(slope - gradient[index]) <= 2e-2, "sample \(index)")
    }
    let silence = Tensor(zeros: [20, 2, 1])
    let slopes = valueAndGradient(of: [silence]) { layer($0[0]).magnitude.sum() }.gradients[0]
    #expect(!slopes.scalars.contains { !$0.isFinite })
  }
}

extension Tensor {
  fileprivate init(normal shape: [Int], seed: UInt64) {
    var generator = Philox(seed: seed)
    self.init(normal: shape, using: &generator)
  }
}
