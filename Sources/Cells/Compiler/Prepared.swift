import TensorCore

/// Values that a schedule computes before its first step: packed weights, and values that depend on parameters
/// alone.
struct Prepared {
  var weights: PackedWeights
  /// By buffer of the schedule.
  var storages: [Storage?]
  /// Scratch memory for single steps that learn; nil while a run uses it.
  var memory: PlanMemory?
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
  }

  /// One entry for each way to run a cell: few enough for a linear search.
  private let entries = Guarded([Entry]())

  package init() {}

  /// The packed weights that it holds, for each schedule that has used it.
  package var weights: [PackedWeights] { entries.withLock { $0.map(\.prepared.weights) } }

  /// Forgets everything.
  func removeAll() { entries.withLock { $0 = [] } }

  /// The values for a schedule and these parameters, if they and the precision are unchanged. Its scratch memory
  /// belongs to the caller from then on.
  func prepared(
    for schedule: RunnableSchedule, _ parameters: [Tensor], _ precision: Precision
  ) -> Prepared? {
    entries.withLock { entries in
      guard let index = Self.index(of: schedule, parameters, precision, in: entries) else {
        return nil
      }
      defer { entries[index].prepared.memory = nil }
      return entries[index].prepared
    }
  }

  /// The memory for single steps in inference, if there is one for a schedule and these parameters, and they and the
  /// precision are unchanged. It belongs to the caller until it is stored.
  func takeStep(
    for schedule: RunnableSchedule, _ parameters: [Tensor], _ precision: Precision
  ) -> SingleStep? {
    entries.withLock { entries in
      guard let index = Self.index(of: schedule, parameters, precision, in: entries) else {
        return nil
      }
      defer { entries[index].prepared.step = nil }
      return entries[index].prepared.step
    }
  }

  /// Stores memory for the next single step in inference with the same weights.
  func store(_ step: SingleStep) {
    change(step.runnable, with: step.weights) { $0.step = step }
  }

  /// Stores scratch memory for the next single step with the same weights.
  func store(_ memory: PlanMemory, with weights: PackedWeights, for schedule: RunnableSchedule) {
    change(schedule, with: weights) { $0.memory = memory }
  }

  /// Changes what there is for a schedule, if its weights are still these.
  private func change(
    _ schedule: RunnableSchedule, with weights: PackedWeights, _ body: (inout Prepared) -> Void
  ) {
    entries.withLock { entries in
      guard let index = Self.index(of: schedule, in: entries),
        entries[index].prepared.weights === weights
      else { return }
      body(&entries[index].prepared)
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

  /// The entry of a schedule, if its values are those of these parameters and of the precision.
  private static func index(
    of schedule: RunnableSchedule, _ parameters: [Tensor], _ precision: Precision,
    in entries: [Entry]
  ) -> Int? {
    guard let index = index(of: schedule, in: entries), entries[index].precision == precision,
      parameters.haveStamps(entries[index].stamps)
    else { return nil }
    return index
  }
}
