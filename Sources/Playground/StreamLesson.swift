import Cells
import FileCore
import Models
import TensorCore
import Training

/// Three learners on one endless stream of bits, each of which is to be said again some steps later.
///
/// They begin with the same weights and differ only in how far back their gradients see: the last 64 steps (BPTT), the
/// last few (truncated), or everything since the beginning without going back (exact RTRL).
struct StreamLesson: Sendable {
  struct Options: Codable, Hashable, Sendable {
    var cell = "gru"
    var units = 10
    /// The number of steps after which a bit is to be said again.
    var delay = 6
    /// The number of steps that the truncated gradient sees.
    var reach = 3
    var rate = 0.01
    var seed: UInt64 = 1
  }

  /// One of the learners.
  struct Lane: Sendable {
    let title: String
    fileprivate(set) var learner: OnlineLearner<StreamPredictor>
    fileprivate(set) var mean = 0.0
    fileprivate(set) var points: [[Double]] = []
    fileprivate(set) var seconds = 0.0
  }

  let options: Options
  private(set) var lanes: [Lane]
  private(set) var step = 0
  private var generator: Philox
  private var past: [Int32]
  private let cell: CellGraph
  private let clock = ContinuousClock()

  static let longReach = 64
  /// The loss of guessing a bit, in nats.
  static let guessing = 0.693_147_180_559_945_3
  private static let units = 2...24
  /// The share of the newest loss in the running means that make the curves.
  private static let smoothing = 0.01
  private static let pointEvery = 20
  private static let mostPoints = 600

  /// - Throws: `Refusal` or `UnsuitableEngine` with what is wrong.
  init(_ options: Options) throws {
    let named = try Zoo.cell(options.cell)
    try InvalidSetting.check("units", options.units, in: Self.units)
    try InvalidSetting.check("delay", options.delay, in: 1...40)
    try InvalidSetting.check("truncated steps", options.reach, in: 1...Self.longReach)
    guard options.rate > 0, options.rate <= 1 else {
      throw Refusal("rate: expected a number above 0, at most 1, found \(options.rate)")
    }
    try named.validate(inputSize: 1, hiddenSize: options.units)
    cell = CellGraph(named, inputSize: 1, hiddenSize: options.units)
    guard cell.operationsPerStep <= 100_000 else {
      throw Refusal(
        "\(named.name): expected at most 100000 operations a step, found \(cell.operationsPerStep)")
    }
    self.options = options
    generator = Philox(seed: options.seed, stream: 1)
    past = Array(repeating: 0, count: options.delay)
    let engines: [(String, GradientEngine)] = [
      ("BPTT, \(Self.longReach) steps back", .tbptt(every: 1, through: Self.longReach)),
      ("truncated, \(options.reach) steps back", .tbptt(every: 1, through: options.reach)),
      ("exact RTRL, no step back", .rtrl),
    ]
    lanes = try engines.map { title, engine in
      var weights = Philox(seed: options.seed)
      let model = StreamPredictor(
        named, inputSize: 1, hiddenSize: options.units, outputSize: 2, using: &weights)
      try engine.validate(for: model.recurrent, batch: 1, byteLimit: 1 << 25)
      return Lane(
        title: title,
        learner: try OnlineLearner(
          model, engine: engine, optimizer: Adam(learningRate: options.rate), maximumNorm: 1))
    }
  }

  /// Learns for about a duration, one step at least.
  mutating func advance(for duration: Duration) {
    let end = clock.now + duration
    repeat { observe() } while clock.now < end
  }

  /// Shows all learners the next bit of the stream.
  mutating func observe() {
    let bit = Int32(truncatingIfNeeded: generator.next() & 1)
    let x = Tensor([bit == 1 ? 1 : -1], shape: [1, 1])
    let target = past.removeFirst()
    past.append(bit)
    step += 1
    for index in lanes.indices {
      let began = clock.now
      let loss = lanes[index].learner.observe(x, [target]).loss
      lanes[index].seconds += (clock.now - began) / .seconds(1)
      guard loss.isFinite else { continue }
      let mean = step == 1 ? loss : lanes[index].mean
      lanes[index].mean = mean + Self.smoothing * (loss - mean)
      guard step % Self.pointEvery == 0 else { continue }
      lanes[index].points.append([Double(step), lanes[index].mean])
      if lanes[index].points.count > Self.mostPoints {
        lanes[index].points = lanes[index].points.enumerated().filter { $0.offset % 2 == 1 }
          .map(\.element)
      }
    }
  }

  // MARK: The influence matrix

  /// How every weight moves every state: `∂s/∂θ`, as exact RTRL carries it.
  struct Picture: Codable, Sendable {
    /// The rows: units of states, or a row a state where each unit depends on its own weights alone.
    var rows: Int
    var columns: Int
    /// A ``BytePicture``, row by row.
    var values: String
    var largest: Double
    /// The parameters, in the order of the columns, with their numbers of columns.
    var parameters: [Part]
    /// The states, in the order of the rows, with their numbers of rows.
    var states: [Part]

    struct Part: Codable, Sendable {
      var name: String
      var count: Int
    }
  }

  /// The matrix as it is now.
  var picture: Picture {
    let matrix = lanes[2].learner.memory.influence(ofLayer: 0, sample: 0)
    let parameters = cell.parameters.map {
      Picture.Part(name: $0.name, count: $0.shape.reduce(1, *))
    }
    let columns = parameters.reduce(0) { $0 + $1.count }
    let rows = matrix?.shape[0] ?? 0
    let isDense = rows > cell.states.count
    let picture = BytePicture(matrix?.scalars[...] ?? [])
    return Picture(
      rows: rows, columns: columns, values: picture.values, largest: Double(picture.largest),
      parameters: parameters,
      states: cell.states.map { .init(name: $0.name, count: isDense ? $0.width : 1) })
  }
}
