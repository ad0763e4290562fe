import TensorCore

/// A signal in memory: the row of sample b at step t starts at `base[t * timeStride + b * rowStride]`.
///
/// Whoever makes one keeps its memory alive and says who writes to it; so it may be sent between threads.
package struct SignalView: @unchecked Sendable {
  package var base: UnsafeMutablePointer<Float>
  package var timeStride: Int
  package var rowStride: Int

  package init(_ base: UnsafeMutablePointer<Float>, timeStride: Int, rowStride: Int) {
    self.base = base
    self.timeStride = timeStride
    self.rowStride = rowStride
  }
}

/// The parameters of one direction of one layer, and what schedules have made of them.
package struct PlanParameters {
  package let tensors: [Tensor]
  /// Keeps packed weights from pass to pass, if there is one.
  package let cache: PreparedCache?

  package init(_ tensors: [Tensor], cache: PreparedCache? = nil) {
    self.tensors = tensors
    self.cache = cache
  }
}

/// What the caller of a schedule brings: sizes, signals and parameters.
package struct PlanArguments {
  package var batch: Int
  package var steps: Int
  /// Whether the last step comes first.
  package var isReversed: Bool
  package var sequences: [SignalView]
  package var outputs: [SignalView]
  /// The states before the first step, `[B, width]` each; nil means zeros.
  package var initialStates: [UnsafePointer<Float>?]
  package var parameters: PlanParameters
  package var gathered: [UnsafeMutablePointer<Float>] = []
  /// Floats from one sample's gathered values to the next one's; 0 where they are summed over samples.
  package var gatheredStride = 0
  /// Which part of a sequence this is, if it is gone through in parts.
  var segment = PlanRun.Segment()
  /// Whether gathered values that are one outer product are left to the caller, as their two factors.
  var leavesOuters = false
}

/// The memory of one run of a schedule.
struct PlanMemory {
  /// One buffer's memory, and how to find a step and a row in it.
  struct Area {
    var base: UnsafeMutablePointer<Float>
    var timeStride: Int
    var rowStride: Int
    /// Which bits of a step's number count: all, or the last one where two steps take turns.
    var stepMask = -1
    /// What the step's number grows by for the state before and after the step.
    var previousShift = 0
    var nextShift = 0
    var isMatrix = false
    /// Floats from one sample's matrix to the next one's, where each sample has its own.
    var sampleStride = 0
  }

  var areas: [Area] = []
  /// What the run owns, by buffer.
  var storages: [Storage?] = []
  let batch: Int
  let steps: Int

  /// `prepared` holds what an earlier run made of the same parameters, buffer by buffer.
  init(_ schedule: Schedule, _ arguments: PlanArguments, prepared: [Storage?]?) {
    (batch, steps) = (arguments.batch, arguments.steps)
    for (number, buffer) in schedule.buffers.enumerated() {
      var storage: Storage?
      func own(_ count: Int) -> UnsafeMutablePointer<Float> {
        let new = Storage(count: count)
        storage = new
        return new.pointer
      }
      func signal(_ view: SignalView) -> Area {
        Area(base: view.base, timeStride: view.timeStride, rowStride: view.rowStride)
      }
      func matrix(_ base: UnsafeMutablePointer<Float>) -> Area {
        Area(base: base, timeStride: 0, rowStride: buffer.width, isMatrix: true)
      }
      let row = batch * buffer.width
      switch buffer.kind {
      case .sequence(let index): areas.append(signal(arguments.sequences[index]))
      case .output(let index): areas.append(signal(arguments.outputs[index]))
      case .state:
        let slots = buffer.keepsHistory ? steps + 1 : 2
        var area = Area(base: own(slots * row), timeStride: row, rowStride: buffer.width)
        area.stepMask = buffer.keepsHistory ? -1 : 1
        area.previousShift = arguments.isReversed ? 1 : 0
        area.nextShift = arguments.isReversed ? 0 : 1
        areas.append(area)
      case .parameter(let index):
        areas.append(matrix(arguments.parameters.tensors[index].storage.pointer))
      case .gathered(let index):
        var area = matrix(arguments.gathered[index])
        area.sampleStride = arguments.gatheredStride
        areas.append(area)
      case .everyStep:
        areas.append(
          Area(base: own(steps * row), timeStride: row, rowStride: buffer.width))
      case .oneStep:
        areas.append(Area(base: own(row), timeStride: 0, rowStride: buffer.width))
      case .value(let rows):
        if let known = arguments.segment.sums?.storage(ofBuffer: number) {
          storage = known
          areas.append(matrix(known.pointer))
        } else {
          areas.append(matrix(own(rows * buffer.width)))
        }
      case .prepared(let rows):
        if let known = prepared?[number] {
          storage = known
          areas.append(matrix(known.pointer))
        } else {
          areas.append(matrix(own(rows * buffer.width)))
        }
      }
      storages.append(storage)
    }
  }

  /// The memory that depends on parameters alone.
  func storages(of schedule: Schedule) -> [Storage?] {
    zip(schedule.buffers, storages).map { buffer, storage in
      if case .prepared = buffer.kind { storage } else { nil }
    }
  }

  /// Where a place's value for a step starts.
  @inline(__always)
  func pointer(_ place: Schedule.Place, step: Int, row: Int) -> UnsafeMutablePointer<Float> {
    let area = areas[place.buffer]
    if area.isMatrix { return area.base + place.offset + row * area.sampleStride }
    let shift =
      switch place.slot {
      case .current: 0
      case .previous: area.previousShift
      case .next: area.nextShift
      }
    return area.base + place.offset + ((step + shift) & area.stepMask) * area.timeStride
      + row * area.rowStride
  }

  /// A place of every step as a view.
  func view(_ place: Schedule.Place) -> SignalView {
    let area = areas[place.buffer]
    return SignalView(
      pointer(place, step: 0, row: 0), timeStride: area.timeStride, rowStride: area.rowStride)
  }

  /// Whether the rows of all samples and steps follow each other with one stride.
  func isFlat(_ place: Schedule.Place) -> Bool {
    let area = areas[place.buffer]
    return area.isMatrix || area.stepMask == -1 && area.timeStride == batch * area.rowStride
  }
}
