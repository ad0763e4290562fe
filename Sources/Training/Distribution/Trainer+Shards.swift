import Models
import TensorCore

// A step whose batches are cut into shards.
extension Trainer {
  /// The mean loss and gradients of all shards of the batches of one step, clipped by value; the same on every rank.
  ///
  /// Each shard adds its gradients times its number of targets; the sum is divided by the number of all targets.
  mutating func shardedGradients(
    epoch: Int, _ sharding: Sharding
  ) throws -> (loss: Double, gradients: Gradients, size: Int) {
    var cuts: [ShardedBatch<Task.Batch>] = []
    while cuts.count < settings.accumulation, batches.cursor.epoch == epoch {
      cuts.append(try batches.next(task, seed: settings.seed))
    }
    var step = ShardedStep(self, cuts, sharding)
    let reduction = reduction ?? step.makeReduction(group)
    self.reduction = reduction
    step.run(self, reduction)
    shardCarries = step.carries
    let total = try step.total(group)
    isAskedToStop = total.wantsToStop
    let sums = try step.sums(reduction)
    let scale = 1 / Float(max(1, total.targets))
    let mean = Gradients(of: model, values: sums.map { $0 * scale })
    let loss = total.loss / Double(max(1, total.targets))
    return (loss, clippedByValue(mean), cuts.reduce(0) { $0 + $1.size })
  }
}

/// The own shards of one step: their gradients, summed as far as this rank has all of a sum's shards.
private struct ShardedStep<Task: TrainingTask> {
  /// What each own shard carries after the step.
  private(set) var carries: [Int: Task.Carry]

  private let cuts: [ShardedBatch<Task.Batch>]
  private let sharding: Sharding
  private let shapes: [[Int]]
  private let owned: Range<Int>
  private let step: Int
  /// The loss and the targets of each own shard.
  private var shares: [StepHeader.Share]
  private var header: StepHeader
  private var gathered: Pending<[[UInt8]]>?
  /// The sums of the own roots, where no other rank has any.
  private var rootSums: [[Tensor]?] = []

  init(_ trainer: Trainer<Task>, _ cuts: [ShardedBatch<Task.Batch>], _ sharding: Sharding) {
    self.cuts = cuts
    self.sharding = sharding
    let group = trainer.group
    carries = trainer.shardCarries
    shapes = Gradients.shapes(of: trainer.model)
    step = trainer.steps
    owned = ShardTree.owned(by: group.rank, of: group.ranks, shards: sharding.count)
    shares = owned.map { _ in .init() }
    header = StepHeader(
      wantsToStop: group.wantsToStop(),
      checksum: group.ranks > 1 && step.isMultiple(of: trainer.settings.compareEvery ?? 100)
        ? trainer.model.weightChecksum : nil)
  }

  func makeReduction(_ group: ProcessGroup) -> GradientReduction {
    GradientReduction(
      shapes: shapes, shards: sharding.count, precision: sharding.wire, group: group)
  }

  /// Computes the gradients of all own shards, and gives them to the reduction as they become complete.
  mutating func run(_ trainer: Trainer<Task>, _ reduction: GradientReduction) {
    let group = trainer.group
    if group.ranks > 1 { reduction.begin() }
    let last = owned.last { shard in cuts.contains { $0.shards[shard - owned.lowerBound] != nil } }
    if last == nil { startHeader(group) }
    for (index, root) in reduction.tree.roots(of: group.rank).enumerated() {
      var stack: [[Tensor]?] = []
      let completions = ShardTree.completions(in: root.shards)
      for (shard, completed) in zip(root.shards, completions) {
        let lefts = Array(stack.suffix(completed).reversed())
        stack.removeLast(completed)
        let isRoot = shard == root.shards.upperBound - 1 && group.ranks > 1
        let sum = gradients(
          of: shard, after: lefts, trainer, isLast: shard == last,
          take: isRoot ? { reduction.take($1, root: index, position: $0) } : nil)
        stack.append(sum)
      }
      rootSums.append(stack.last ?? nil)
    }
    if group.ranks > 1 { reduction.startComplete() }
  }

  /// The gradients of a shard, and the sums to its left added; nil if all are empty.
  ///
  /// - Parameter take: called with each sum as soon as it is complete.
  private mutating func gradients(
    of shard: Int, after lefts: [[Tensor]?], _ trainer: Trainer<Task>, isLast: Bool,
    take: ((_ position: Int, _ sum: Tensor?) -> Void)?
  ) -> [Tensor]? {
    let wire = sharding.wire
    let own = cuts.enumerated().compactMap { index, cut in
      cut.shards[shard - owned.lowerBound].map { (index, $0) }
    }
    guard !own.isEmpty else {
      let sum = lefts.reduce(nil) { right, left in
        ShardTree.sum(left, right) { zip($0, $1).map { wire.rounded($0 + $1) } }
      }
      for position in shapes.indices { take?(position, sum?[position]) }
      return sum
    }
    var earlier: [Tensor] = []
    var sums: [Tensor?] = shapes.map { _ in nil }
    for (count, (index, batch)) in own.enumerated() {
      let isLastBatch = count == own.count - 1
      differentiate(shard, batch, number: index, trainer, startsHeader: isLast && isLastBatch) {
        position, gradient in
        var sum = earlier.isEmpty ? gradient : earlier[position] + gradient
        if isLastBatch {
          sum = wire.rounded(sum)
          for case let left? in lefts { sum = wire.rounded(left[position] + sum) }
          take?(position, sum)
        }
        sums[position] = sum
      }
      earlier = sums.compactMap(\.self)
    }
    return earlier
  }

  /// Computes the gradients of one batch of a shard, times its number of targets.
  private mutating func differentiate(
    _ shard: Int, _ batch: Task.Batch, number: Int, _ trainer: Trainer<Task>, startsHeader: Bool,
    finished: (_ position: Int, _ gradient: Tensor) -> Void
  ) {
    let (task, before, settings) = (trainer.task, carries[shard], trainer.settings)
    let moment = TrainingMoment(
      step: step, totalSteps: trainer.totalSteps, labelSmoothing: settings.labelSmoothing,
      shard: Shard(shard, of: sharding.count))
    // A stream for each shard of each batch, none of which is that of the weights or of whole batches.
    let place = UInt64(number * sharding.count + shard)
    var generator = Philox(seed: settings.seed, stream: UInt64(step + 1) << 32 | place)
    let targets = task.targets(of: batch)
    carries[shard] =
      valueAndGradient(of: trainer.model) { model in
        let (loss, after) = task.loss(
          of: model, on: batch, from: before, at: moment, using: &generator)
        return (loss * Float(targets), (loss.detached(), after))
      } evaluated: { _, result in
        shares[shard - owned.lowerBound].add(loss: Double(result.0.scalar), targets: targets)
        if startsHeader { startHeader(trainer.group) }
      } finished: { position, gradient in
        finished(position, gradient)
      }.1
  }

  /// Tells the other ranks the losses, which are known before the gradients.
  private mutating func startHeader(_ group: ProcessGroup) {
    header.shares = shares
    gathered = group.ranks > 1 ? group.startGather(header.bytes) : nil
  }

  /// The sums over all shards, in their order.
  mutating func total(_ group: ProcessGroup) throws -> StepHeader.Total {
    guard let gathered else { return StepHeader.Total([header]) }
    let headers = try group.wait(for: gathered).map(StepHeader.init(bytes:))
    try WeightMismatch.check(headers.map(\.checksum), step: step)
    return StepHeader.Total(headers)
  }

  /// The sums of the gradients over all shards.
  func sums(_ reduction: GradientReduction) throws -> [Tensor] {
    if gathered != nil { return try reduction.finish() }
    return (rootSums.last ?? nil) ?? shapes.map { Tensor(zeros: $0) }
  }
}
