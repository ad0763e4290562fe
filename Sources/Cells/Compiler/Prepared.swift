import TensorCore

/// Values that a schedule computes before its first step: packed weights, and values that depend on parameters
/// alone.
struct Prepared {
  var weights: PackedWeights
  /// By buffer of the schedule.
  var storages: [Storage?]
  /// Memory for single steps in inference; nil while a run uses it.
  var step: SingleStep?
}

/// Caches the values that schedules computed from one set of parameters, until the parameters change.
///
/// A loop of single steps, such as generation, so packs its weights once instead of at every step.
package final class PreparedCache: Sendable {
  private struct Entry {
    var schedule: RunnableSchedule
    var stamps: [UInt64]
    var precision: Precision
    var prepared: Prepared

    /// Whether the values are those of these parameters and of the precision.
    func holds(_ parameters: [Tensor], _ precision: Precision) -> Bool {
      self.precision == precision && parameters.haveStamps(stamps)
    }
  }

  /// One entry for each way to run a cell: few enough for a linear search.
  private let entries = Guarded([Entry]())
  /// For each schedule the memory of a run that learned, whatever its weights, while no run uses it.
  private let idle = Guarded([PlanMemory]())

  package init() {}

  /// The packed weights that it holds, for each schedule that has used it.
  package var weights: [PackedWeights] { entries.withLock { $0.map(\.prepared.weights) } }

  /// Forgets everything.
  func removeAll() { entries.withLock { $0 = [] } }

  /// The values for a schedule and these parameters, if they and the precision are unchanged; else it forgets those of the
  /// schedule, whose memory is then free for others.
  func prepared(
    for schedule: RunnableSchedule, _ parameters: [Tensor], _ precision: Precision
  ) -> Prepared? {
    entries.withLock { entries in
      guard let index = Self.index(of: schedule, in: entries) else { return nil }
      if entries[index].holds(parameters, precision) { return entries[index].prepared }
      entries.remove(at: index)
      return nil
    }
  }

  /// The memory for single steps in inference, if there is one for a schedule and these parameters, and they and the
  /// precision are unchanged. It belongs to the caller until it is stored.
  func takeStep(
    for schedule: RunnableSchedule, _ parameters: [Tensor], _ precision: Precision
  ) -> SingleStep? {
    entries.withLock { entries in
      guard let index = Self.index(of: schedule, in: entries),
        entries[index].holds(parameters, precision)
      else { return nil }
      defer { entries[index].prepared.step = nil }
      return entries[index].prepared.step
    }
  }

  /// Stores memory for the next single step in inference with the same weights.
  func store(_ step: SingleStep) {
    entries.withLock { entries in
      guard let index = Self.index(of: step.runnable, in: entries),
        entries[index].prepared.weights === step.weights
      else { return }
      entries[index].prepared.step = step
    }
  }

  /// The memory that a run of a schedule left. It belongs to the caller until it is stored.
  func takeMemory(for schedule: RunnableSchedule) -> PlanMemory? {
    idle.withLock { idle in
      idle.firstIndex { $0.runnable === schedule }.map { idle.remove(at: $0) }
    }
  }

  /// Stores a run's memory for the next step of training, unless it is large: laying it out is little work then, and the
  /// layers of a model use the same blocks by turns.
  func store(_ memory: PlanMemory) {
    guard memory.runnable.learns, memory.isReusable else { return }
    memory.release()
    idle.withLock { idle in
      if !idle.contains(where: { $0.runnable === memory.runnable }) { idle.append(memory) }
    }
  }

  func keep(
    _ prepared: Prepared, for schedule: RunnableSchedule, _ parameters: [Tensor],
    _ precision: Precision
  ) {
    let entry = Entry(
      schedule: schedule, stamps: parameters.map(\.storage.stamp), precision: precision,
      prepared: prepared)
    entries.withLock { entries in
      if let index = Self.index(of: schedule, in: entries) {
        entries[index] = entry
      } else {
        entries.append(entry)
      }
    }
  }

  private static func index(of schedule: RunnableSchedule, in entries: [Entry]) -> Int? {
    entries.firstIndex { $0.schedule === schedule }
  }
}
