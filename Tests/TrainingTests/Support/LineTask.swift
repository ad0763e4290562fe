import Checkpoint
import Datasets
import TensorCore
import Training

/// The smallest task: one matrix learns y = x M from given batches. Its loss is the mean square error.
struct LineTask: TrainingTask {
  struct Line: Module {
    var weight: Tensor
    var other = Tensor([1, 2])

    mutating func visitParameters(_ visitor: inout ParameterVisitor) {
      visitor.visit("line.weight", &weight)
      visitor.visit("other", &other)
    }
  }

  struct Pair: Sendable {
    var x: Tensor
    var y: Tensor
  }

  struct Configuration: Codable, Sendable {}

  var pairs: [Pair]
  var configuration = Configuration()
  /// What measurements say, one after the other; the last one again and again.
  var measured: [Double] = []
  var line: String { "a line" }
  var unit: String { "rows" }
  var dataIdentity: String { "\(pairs.count) pairs" }
  var batchesPerEpoch: Int? { pairs.count }
  var unitsPerEpoch: Int? { pairs.reduce(0) { $0 + $1.x.shape[0] } }
  let counter = Counter()

  /// A test counts with it in its one thread.
  final class Counter: @unchecked Sendable { var value = 0 }

  func makeModel(using generator: inout Philox) -> Line {
    Line(weight: Tensor(uniform: [3, 2], from: -1, to: 1, using: &generator))
  }

  func batches(from cursor: BatchCursor, seed: UInt64) -> CollectionBatches<[Pair]> {
    CollectionBatches(pairs, from: cursor)
  }

  func size(of batch: Pair) -> Int { batch.x.shape[0] }

  func loss(
    of model: Line, on batch: Pair, from carry: Never?, at moment: TrainingMoment,
    using generator: inout Philox
  ) -> (loss: Tensor, carry: Never?) {
    let error = matmul(batch.x, model.weight) - batch.y + (model.other * 0).sum()
    return ((error * error).mean(), nil)
  }

  func evaluate(_ model: Line) -> Evaluation? {
    guard !measured.isEmpty else { return nil }
    defer { counter.value += 1 }
    return Evaluation(loss: measured[min(counter.value, measured.count - 1)])
  }

  func write(_ model: Line, to checkpoint: inout Checkpoint) throws(CheckpointError) {
    checkpoint.set(parametersOf: model)
  }

  func model(reading reader: CheckpointReader) throws -> Line {
    var generator = Philox(seed: 0)
    var model = makeModel(using: &generator)
    try reader.load(&model)
    return model
  }

  /// Batches of random rows of one line, `rows` each.
  static func random(batches: Int, rows: Int, seed: UInt64 = 7) -> LineTask {
    var generator = Philox(seed: seed)
    let truth = Tensor(normal: [3, 2], using: &generator)
    return LineTask(
      pairs: (0..<batches).map { _ in
        let x = Tensor(normal: [rows, 3], using: &generator)
        return Pair(x: x, y: matmul(x, truth))
      })
  }
}
