import TensorCore

/// The steps of a loop that lead from a step's states to the next ones, where they read what a pass leaves behind.
struct PathToStates {
  /// In their order.
  private(set) var steps: [Step] = []
  /// The buffers of the states that they write, and of what else they write.
  private(set) var states: Set<Int>
  private(set) var scratch = Set<Int>()

  /// Nil where a step would read what the pass has overwritten since.
  init?(_ wanted: Set<Int>, _ schedule: Schedule, loop number: Int) {
    let loops = schedule.earlier.map(\.loop) + [schedule.loop]
    let loop = loops[number]
    states = wanted
    var members = Set<Int>()
    var before = -1
    while before != states.count {
      before = states.count
      members = Self.members(of: loop, leadingTo: states, schedule)
      for index in members {
        for place in loop[index].places {
          let buffer = schedule.buffers[place.area]
          guard case .state = buffer.kind else { continue }
          let isWritten = loop[index].written.contains { $0.area == place.area }
          if isWritten || !buffer.keepsHistory && buffer.output == nil { states.insert(place.area) }
        }
      }
    }
    let order = members.sorted()
    steps = order.map { loop[$0] }
    scratch = Set(steps.flatMap(\.written).map(\.area)).subtracting(states)
    let later = schedule.earlier.dropFirst(number + 1).flatMap { $0.before + $0.loop }
    let rest =
      later + (number < schedule.earlier.count ? schedule.before + schedule.loop : [])
      + schedule.after
    var written: [Place] = []
    for index in order {
      for place in loop[index].read where !states.contains(place.area) {
        if scratch.contains(place.area) {
          guard written.contains(where: { $0.contains(place) }) else { return nil }
        } else if (loop[index...] + rest).contains(where: {
          $0.written.contains { $0.overlaps(place) }
        }) {
          return nil
        }
      }
      written += loop[index].written
    }
  }

  /// The steps that write the states, and those that write what such steps read and is gone after them.
  private static func members(
    of loop: [Step], leadingTo states: Set<Int>, _ schedule: Schedule
  ) -> Set<Int> {
    var needed = states
    var members = Set<Int>()
    for index in loop.indices.reversed()
    where loop[index].written.contains(where: { needed.contains($0.area) }) {
      members.insert(index)
      for place in loop[index].read where schedule.buffers[place.area].kind == .oneStep {
        needed.insert(place.area)
      }
    }
    return members
  }
}

extension Place {
  fileprivate func contains(_ other: Place) -> Bool {
    area == other.area && slot == other.slot && offset <= other.offset
      && other.offset + other.columns <= offset + columns
  }
}

extension Step {
  /// The places that it reads.
  fileprivate var read: [Place] {
    switch self {
    case .program(let program): program.program.loadedOperands.map { program.operands[$0] }
    case .product(let product):
      [product.signal] + (product.bias.map { [$0] } ?? [])
        + (product.accumulates ? [product.destination] : [])
    default: places.dropLast()
    }
  }
}
