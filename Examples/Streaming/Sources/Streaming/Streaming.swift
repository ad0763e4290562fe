import Cells
import Foundation
import TensorCore
import Training

/// Learns to foretell the letters of a text that does not end, one at a time and each only once, in memory
/// that does not grow: `Streaming [LETTERS] [LEARNER ...]`, by default 20,000 of them and all learners, which are
/// `rtrl`, `tbptt-4` and `tbptt-16`.
///
/// The text is written by the embedded Reber grammar. Most of its letters follow from the one or two before
/// them; but the last letter but one of every string is the same as its second, five to some dozens of letters earlier.
/// Real-time recurrent learning finds that out. Truncated backpropagation beside it, on the same text with the
/// same weights at first, sees only as far back as its window.
@main
struct Streaming {
  static func main() throws {
    do {
      try run()
    } catch let error as BadArgument {
      FileHandle.standardError.write(Data("\(error)\n".utf8))
      exit(64)
    }
  }

  private static func run() throws {
    let arguments = CommandLine.arguments.dropFirst()
    let argument = arguments.first ?? "20000"
    guard let letters = Int(argument), letters >= 1000 else {
      throw BadArgument(description: "letters: expected a number from 1000 on, found \(argument)")
    }
    let names = arguments.count > 1 ? Array(arguments.dropFirst()) : Contestant.engines.map(\.0)
    var contestants = try names.map { try Contestant($0) }
    var text = GrammarText(seed: 1)
    var bytes: Int?
    print("letters, and for each learner: loss in nats a letter, share of far letters predicted")
    let report = letters / 10
    for count in 1...letters {
      let letter = text.next()
      for index in contestants.indices { contestants[index].read(letter) }
      guard count.isMultiple(of: report) else { continue }
      print(count, contestants.map(\.line).joined(separator: "   "), separator: "   ")
      for index in contestants.indices { contestants[index].forgetScores() }
      let inUse = MemoryPool.statistics.bytesInUse
      guard bytes ?? inUse == inUse else { throw MemoryGrew(from: bytes ?? 0, to: inUse) }
      bytes = inUse
    }
    print("\(bytes ?? 0) bytes in use, after \(report) letters and after \(letters)")
  }
}

/// One way to learn, and how well it did of late.
struct Contestant {
  private let name: String
  private var learner: OnlineLearner<StreamPredictor>
  private var (loss, count, right, far) = (0.0, 0, 0, 0)

  /// The ways to learn, by name.
  static let engines: [(String, GradientEngine)] = [
    ("rtrl", .rtrl), ("tbptt-4", .tbptt(every: 1, through: 4)),
    ("tbptt-16", .tbptt(every: 1, through: 16)),
  ]

  init(_ name: String) throws {
    guard let engine = Self.engines.first(where: { $0.0 == name })?.1 else {
      let known = Self.engines.map(\.0).joined(separator: ", ")
      throw BadArgument(description: "learner: expected one of \(known), found \(name)")
    }
    self.name = name
    var generator = Philox(seed: 1)
    let size = GrammarText.letterCount
    let model = StreamPredictor(
      LSTM(), inputSize: size, hiddenSize: 8, outputSize: size, using: &generator)
    learner = try OnlineLearner(
      model, engine: engine, optimizer: Adam(learningRate: 0.003), maximumNorm: 1)
  }

  /// Foretells the next letter, and learns what it is.
  mutating func read(_ letter: GrammarText.Letter) {
    let x = Tensor(oneHot: [letter.read], shape: [1], classes: GrammarText.letterCount)
    let observation = learner.observe(x, [letter.next])
    loss += observation.loss
    count += 1
    guard letter.isFar else { return }
    let logits = observation.output.scalars
    let best = logits.indices.max { logits[$0] < logits[$1] } ?? 0
    far += 1
    right += best == Int(letter.next) ? 1 : 0
  }

  mutating func forgetScores() { (loss, count, right, far) = (0, 0, 0, 0) }

  /// The scores since they were last forgotten.
  var line: String {
    let share = 100 * Double(right) / Double(max(1, far))
    return "\(name): \(rounded(loss / Double(max(1, count)), 1000)) \(rounded(share, 10))%"
  }

  private func rounded(_ value: Double, _ scale: Double) -> Double {
    (value * scale).rounded() / scale
  }
}

/// What the command line says makes no sense.
struct BadArgument: Error, CustomStringConvertible {
  let description: String
}

/// Memory grew with the text.
struct MemoryGrew: Error {
  var from: Int
  var to: Int
}
