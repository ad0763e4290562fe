import DistributedTraining
import TensorCore
import Testing

@testable import Training

/// The tree of shards, the form of messages, and the sums over ranks.
@Suite struct ReductionTests {
  @Test func eachShardIsInOneRoot() {
    for shards in 1...20 {
      for ranks in 1...9 {
        let tree = ShardTree(shards: shards, ranks: ranks)
        #expect(tree.roots.flatMap(\.shards) == Array(0..<shards))
        for root in tree.roots {
          let owned = ShardTree.owned(by: root.rank, of: ranks, shards: shards)
          #expect(owned.lowerBound <= root.shards.lowerBound)
          #expect(root.shards.upperBound <= owned.upperBound)
        }
      }
    }
  }

  /// The order of additions, written as a text, is that of one rank.
  @Test func theOrderOfAdditionsDoesNotDependOnRanks() {
    for shards in 1...17 {
      let texts = (1...9).map { ranks in
        let tree = ShardTree(shards: shards, ranks: ranks)
        return tree.sum(tree.roots.map { Self.text(of: $0.shards) }) { "(\($0)+\($1))" }
      }
      #expect(texts.allSatisfy { $0 == Self.text(of: 0..<shards) })
    }
  }

  private static func text(of node: Range<Int>) -> String {
    guard node.count > 1 else { return "\(node.lowerBound)" }
    let (left, right) = ShardTree.parts(of: node)
    return "(\(text(of: left))+\(text(of: right)))"
  }

  @Test(arguments: WirePrecision.allCases)
  func rowsOfZerosAreNotSent(_ precision: WirePrecision) throws {
    let (rows, width) = (1000, 16)
    var generator = Philox(seed: 1)
    var values = [Float](repeating: 0, count: rows * width)
    for row in [3, 500, 999] {
      for column in 0..<width { values[row * width + column] = Float(generator.next() % 64) }
    }
    values[7 * width] = -0.0
    let code = WireCode(precision: precision, rowWidth: width)
    let source = Tensor(values)
    let memory = WireMemory(byteCount: code.capacity(values.count))
    let start = try #require(memory.bytes.baseAddress)
    let size = code.encode(source.elements, count: values.count, into: start)
    #expect(size <= 8 + 128 + 4 * width * precision.byteCount)
    var result = Tensor(ones: [values.count])
    let read = try code.decode(
      UnsafeRawBufferPointer(rebasing: memory.bytes.prefix(size)), count: values.count,
      into: result.writableElements())
    #expect(read.isPresent && read.size == size)
    #expect(result.scalars.map(\.bitPattern) == values.map(\.bitPattern))
  }

  @Test func aCutMessageIsAnError() throws {
    let code = WireCode(precision: .float32, rowWidth: 4)
    let source = Tensor((0..<64).map { Float($0) })
    let memory = WireMemory(byteCount: code.capacity(64))
    let start = try #require(memory.bytes.baseAddress)
    let size = code.encode(source.elements, count: 64, into: start)
    var result = Tensor(zeros: [64])
    for length in [0, 4, 8, size - 8] {
      #expect(throws: ExchangeFailure.self) {
        try code.decode(
          UnsafeRawBufferPointer(rebasing: memory.bytes.prefix(length)), count: 64,
          into: result.writableElements())
      }
    }
  }

  /// Ties go to even; NaN stays NaN, infinity infinity.
  @Test func halfPrecisionRoundsToTheNearest() {
    let pairs: [(Float, Float)] = [
      (1, 1), (1.00390625, 1), (1.01171875, 1.015625), (-3.14159274, -3.140625), (0, 0),
      (.infinity, .infinity), (3.4e38, .infinity),
    ]
    let rounded = WirePrecision.bf16.rounded(Tensor(pairs.map(\.0))).scalars
    for (pair, found) in zip(pairs, rounded) { #expect(found == pair.1, "\(pair.0)") }
    #expect(WirePrecision.bf16.rounded(Tensor([Float.nan])).scalars[0].isNaN)
  }

  @Test func bucketsHoldEveryParameterOnce() {
    let shapes = [[1000, 64], [3], [40, 5], [], [256, 256], [7]]
    let layout = GradientLayout(shapes, bucketSize: 1000)
    #expect(layout.buckets.flatMap(\.positions).sorted() == Array(shapes.indices))
    for bucket in layout.buckets {
      for ranks in 1...5 {
        let slices = (0..<ranks).map { bucket.slice(of: $0, of: ranks) }
        #expect(slices.flatMap { $0 } == Array(0..<bucket.count))
        #expect(slices.allSatisfy { $0.lowerBound.isMultiple(of: bucket.rowWidth) })
      }
    }
  }

  /// Only the rows of an embedding whose tokens occurred go over the wire.
  @Test func embeddingsSendTheirRows() throws {
    let (rows, width) = (20_000, 16)
    let sent = try InProcessExchange.run(ranks: 2) { exchange in
      let group = ProcessGroup(exchange)
      let reduction = GradientReduction(
        shapes: [[rows, width]], shards: 2, precision: .float32, group: group)
      reduction.begin()
      var gradient = [Float](repeating: 0, count: rows * width)
      for row in [5 + exchange.rank, 10_000, 19_999] {
        for column in 0..<width { gradient[row * width + column] = Float(row) }
      }
      reduction.take(Tensor(gradient, shape: [rows, width]), root: 0, position: 0)
      let sum = try reduction.finish()[0].scalars
      #expect(sum[5 * width] == 5 && sum[6 * width] == 6 && sum[10_000 * width] == 20_000)
      return exchange.bytesSent
    }
    #expect(sent.allSatisfy { $0 < 2 * (rows / 8 + 16 + 6 * width * 4) })
  }
}

/// Gradients are given out as soon as they are complete.
@Suite struct FinishedGradientTests {
  struct Chain: Module {
    var parts = [Tensor(2), Tensor(3), Tensor(5)]
    var unused = Tensor([1, 2])

    mutating func visitParameters(_ visitor: inout ParameterVisitor) {
      for index in parts.indices { visitor.visit("part\(index)", &parts[index]) }
      visitor.visit("unused", &unused)
    }
  }

  /// The last factor's gradient comes first; what is read twice comes after its first use.
  @Test func whatIsReadLastComesFirst() {
    var order: [Int] = []
    var found: [Int: Float] = [:]
    valueAndGradient(of: Chain()) { chain in
      let x = chain.parts[0] * chain.parts[1]
      return (x * chain.parts[2] * chain.parts[1], ())
    } evaluated: { value, _ in
      #expect(value.scalar == 90 && order.isEmpty)
    } finished: { position, gradient in
      order.append(position)
      found[position] = gradient.sum().scalar
    }
    #expect(order.first == 2 && order.last == 3 && Set(order) == [0, 1, 2, 3])
    #expect(found == [0: 45, 1: 60, 2: 18, 3: 0])
  }

  /// The gradients of a stack's last layer are complete before those of the first.
  @Test func layersFinishFromTheLast() throws {
    let task = try SameBitsTests.languageTask(layers: 3)
    let trainer = try Trainer(task, SameBitsTests.settings)
    var batches = try task.batches(from: .init(), seed: 1)
    let first = batches.next()
    let batch = try #require(first)
    var generator = Philox(seed: 1)
    var names: [String] = []
    let all = valueAndGradient(of: trainer.model) { model in
      task.loss(
        of: model, on: batch, from: nil, at: .init(step: 0, totalSteps: nil),
        using: &generator)
    }.gradients
    generator = Philox(seed: 1)
    valueAndGradient(of: trainer.model) { model in
      let (loss, _) = task.loss(
        of: model, on: batch, from: nil, at: .init(step: 0, totalSteps: nil),
        using: &generator)
      return (loss, ())
    } evaluated: { _, _ in
    } finished: { position, gradient in
      names.append(all.names[position])
      #expect(gradient.scalars == all.values[position].scalars)
    }
    let places = [
      "fc.bias", "rnn.weight_hh_l2", "rnn.weight_hh_l1", "rnn.weight_hh_l0", "embed.weight",
    ]
    .compactMap(names.firstIndex)
    #expect(places == places.sorted() && places.count == 5)
  }
}
