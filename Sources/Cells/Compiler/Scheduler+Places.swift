import Requirements
import TensorCore

extension Scheduler {
  /// What the parts of a wide node are joined by: their columns in a concatenation, their rows in a stack.
  enum Joint { case columns, rows }

  /// The place of a node's value; a node that has no place yet is a view of another one.
  func place(_ id: NodeID) -> Place {
    guard let place = places[id] else { failure("node \(id) has no place") }
    return place
  }

  func statePlace(_ index: Int, _ slot: Place.Slot) -> Place {
    let buffer = schedule.buffer(ofState: index)
    return Place(
      area: buffer, slot: slot, columns: schedule.buffers[buffer].width)
  }

  /// The part of a concatenation's or stack's place that belongs to one of its parts.
  func subplace(
    of whole: Place, part: NodeID, at start: Int, _ joint: Joint
  ) -> Place {
    var place = whole
    place.offset += joint == .rows ? start * whole.columns : start
    place.rows = graph[part].rows
    place.columns = graph[part].columns
    return place
  }

  mutating func assignPlaces() {
    let ordered = stages.keys.sorted()
    for id in ordered { addLeaf(id) }
    addMissingStates()
    // Fixed places first (new states, outputs, gathered sums), then parts of wide nodes, then in-place results.
    for (index, update) in recurrence.updates.enumerated() {
      prefer(statePlace(index, .next), for: update, ofLoop: loops[index])
    }
    for (index, output) in recurrence.outputs.enumerated() {
      let buffer = addBuffer(.output(index), graph[output].columns)
      if let state = state(of: output) {
        schedule.buffers[state].output = index
        continue
      }
      prefer(
        Place(area: buffer, columns: graph[output].columns), for: output)
    }
    for (index, value) in recurrence.gathered.enumerated() {
      let node = graph[value]
      let buffer = addBuffer(.gathered(index), node.columns)
      schedule.gatheredRows.append(node.rows)
      prefer(
        Place(area: buffer, rows: node.rows, columns: node.columns), for: value)
    }
    for id in ordered.reversed() { placeParts(of: id) }
    for id in ordered { placeAddend(of: id) }
    for id in ordered { placeOverOperand(id) }
    for id in ordered
    where places[id] == nil && !repeated.absorbed.contains(id) && !repeated.unwritten.contains(id) {
      placeOnItsOwn(id)
    }
    keepHistories(ordered)
  }

  /// The buffer of a state whose new value is computed in its place, and is the given output.
  private func state(of output: NodeID) -> Int? {
    guard let place = places[output], place.slot == .next,
      place == statePlace(atBuffer: place.area)
    else { return nil }
    return schedule.buffers[place.area].output == nil ? place.area : nil
  }

  private func statePlace(atBuffer buffer: Int) -> Place {
    Place(area: buffer, slot: .next, columns: schedule.buffers[buffer].width)
  }

  private mutating func addBuffer(_ kind: Schedule.Buffer.Kind, _ width: Int) -> Int {
    schedule.buffers.append(Schedule.Buffer(kind: kind, width: width))
    return schedule.buffers.count - 1
  }

  private mutating func addLeaf(_ id: NodeID) {
    let node = graph[id]
    switch node.operation {
    case .sequence(let index):
      places[id] = Place(
        area: addBuffer(.sequence(index), node.columns), columns: node.columns)
    case .state(let index):
      places[id] = Place(
        area: addBuffer(.state(index), node.columns), slot: .previous, columns: node.columns)
    case .parameter(let index):
      places[id] = Place(
        area: addBuffer(.parameter(index), node.columns), rows: node.rows,
        columns: node.columns)
    case .table(let table):
      let storage = Storage(count: table.elements.count)
      for (place, element) in table.elements.enumerated() {
        storage[place] = Float(element)
      }
      schedule.tables.append(storage)
      places[id] = Place(
        area: addBuffer(.table(schedule.tables.count - 1), node.columns), rows: node.rows,
        columns: node.columns)
    default: break
    }
  }

  /// Adds buffers for states that no equation reads, since all states are returned.
  private mutating func addMissingStates() {
    for (index, update) in recurrence.updates.enumerated()
    where !schedule.buffers.contains(where: { $0.kind == .state(index) }) {
      _ = addBuffer(.state(index), graph[update].columns)
    }
  }

  /// Gives the parts of a concatenation or stack their places inside it, so that nothing is copied.
  private mutating func placeParts(of id: NodeID) {
    let (parts, joint): ([NodeID], Joint)
    switch graph[id].operation {
    case .concatenate(let list): (parts, joint) = (list, .columns)
    case .stack(let list): (parts, joint) = (list, .rows)
    default: return
    }
    if places[id] == nil { placeOnItsOwn(id, alsoFor: parts) }
    var start = 0
    for part in parts {
      let target = subplace(of: place(id), part: part, at: start, joint)
      if canBePlaced(part), mayBeComputed(part, inside: id) {
        places[part] = target
      } else if graph[part].operation.isElementwise, stages[part] == stages[id] {
        copies[part, default: []].append(target)
      }
      start += joint == .rows ? graph[part].rows : graph[part].columns
    }
  }

  /// Whether a part can be computed in its concatenation: at the same time, or earlier where that has memory for all
  /// steps.
  private func mayBeComputed(_ part: NodeID, inside whole: NodeID) -> Bool {
    guard let stage = stages[part], let later = stages[whole] else { return false }
    let lasts = schedule.buffers[place(whole).area].kind == .everyStep
    return stage == later || lasts && stage > .parameters && stage < later
  }

  /// A signal that products are added to is computed where they will be added.
  private mutating func placeAddend(of id: NodeID) {
    guard let addend = addend(id), canBePlaced(addend), isReadBy(id, alone: addend) else { return }
    if places[id] == nil { placeOnItsOwn(id) }
    places[addend] = place(id)
  }

  /// A function of a product without other readers is computed in place: gates overwrite their sums.
  private mutating func placeOverOperand(_ id: NodeID) {
    guard case .apply(_, let operands) = graph[id].operation, canBePlaced(id) else { return }
    for operand in operands where graph[operand].columns == graph[id].columns {
      guard isReadBy(id, alone: operand), isOverwritten(operand, by: id) else { continue }
      var source = operand
      if case .slice(let whole, _) = graph[operand].operation { source = whole }
      guard case .affine = graph[source].operation, areSlicesReadOnce(source, operand) else {
        continue
      }
      if places[operand] == nil { placeOnItsOwn(operand) }
      let target = place(operand)
      // A value that is read after the loop needs a place for every step.
      let lasts = schedule.buffers[target.area].kind != .oneStep
      if lasts || !isReadLater(id) { places[id] = target }
      return
    }
  }

  /// Whether a node may take the place of an operand: one of its own stage or, of a gate that moved into a loop, one
  /// that was computed for all steps before. Where states are matrices a loop's steps may be run again, from the
  /// same operands.
  private func isOverwritten(_ operand: NodeID, by id: NodeID) -> Bool {
    guard let source = stages[operand], let stage = stages[id] else { return false }
    if source == stage { return true }
    return stage.loop != nil && source > .parameters && source < stage && source.loop == nil
      && repeated.isEmpty
  }

  func isReadBy(_ id: NodeID, alone operand: NodeID) -> Bool {
    consumers[operand] == [id] && !recurrence.roots.contains(operand)
  }

  /// Whether `operand`, an affine node or a slice of it, is the only reader of its units.
  private func areSlicesReadOnce(_ source: NodeID, _ operand: NodeID) -> Bool {
    if recurrence.roots.contains(source) { return false }
    if source == operand { return true }
    guard case .slice(_, let range) = graph[operand].operation else { return false }
    return (consumers[source] ?? []).allSatisfy { consumer in
      guard case .slice(_, let other) = graph[consumer].operation else { return false }
      return consumer == operand || !other.overlaps(range)
    }
  }

  /// Whether a node may be computed in any place: it is no view, and has no part that is computed before its step.
  private func canBePlaced(_ id: NodeID) -> Bool {
    guard places[id] == nil, hoistedTerms(id).isEmpty else { return false }
    switch graph[id].operation {
    case .apply, .broadcast, .affine, .sum, .maximum, .cumulativeSum, .spread, .sumAlong,
      .maximumAlong, .outer, .total, .transpose, .concatenate, .stack:
      return true
    default: return false
    }
  }

  /// Requests a node's value in a place, a state's in its loop: it is computed there if possible, else copied.
  private mutating func prefer(_ target: Place, for id: NodeID, ofLoop loop: Int? = nil) {
    let isTimely = loop.map { stages[id] == .loop($0) } ?? true
    if stages[id] == .parameters {
      // It is computed before the place has memory: it is copied later, a state at the end of each step.
      if loop == nil { late.append((id, target)) }
    } else if canBePlaced(id), isTimely {
      places[id] = target
    } else if loop == nil || isTimely && graph[id].operation.isElementwise {
      // A state of another stage, or one without a step of its own, is copied at the end of the step.
      copies[id, default: []].append(target)
    }
  }

  private mutating func placeOnItsOwn(_ id: NodeID, alsoFor parts: [NodeID] = []) {
    let node = graph[id]
    switch node.operation {
    case .slice(let source, let range):
      if places[source] == nil { placeOnItsOwn(source) }
      var place = place(source)
      place.offset += range.lowerBound
      place.columns = range.count
      places[id] = place
    case .oneHot(let number, _):
      if places[number] == nil { placeOnItsOwn(number) }
      places[id] = place(number)
    case .rows(let source, let range):
      if places[source] == nil { placeOnItsOwn(source) }
      var place = place(source)
      place.offset += range.lowerBound * place.columns
      place.rows = range.count
      places[id] = place
    default:
      // Parts of another stage are copied.
      let kind: Schedule.Buffer.Kind =
        switch stages[id] {
        case .parameters: .prepared(rows: node.rows)
        case .gathering: .value(rows: node.rows)
        case let stage?
        where stage.loop != nil && !isReadLater(id)
          && !parts.contains(where: { stages[$0] == stage && isReadLater($0) }):
          .oneStep
        default: .everyStep
        }
      places[id] = Place(
        area: addBuffer(kind, node.columns), rows: node.rows, columns: node.columns)
    }
  }

  /// Whether a value of the loop is read after it, or has a part that is computed before it.
  private func isReadLater(_ id: NodeID) -> Bool {
    if !hoistedTerms(id).isEmpty || recurrence.kept.contains(id) { return true }
    // A state of another loop is copied from it there.
    let isCopied = recurrence.updates.indices.contains {
      recurrence.updates[$0] == id && stages[id] != .loop(loops[$0])
    }
    if isCopied { return true }
    return (consumers[id] ?? []).contains { consumer in
      if stages[consumer] != stages[id] { return true }
      // A view is read when its readers are.
      switch graph[consumer].operation {
      case .slice, .concatenate: return isReadLater(consumer)
      default: return false
      }
    }
  }

  /// A state keeps all its steps if anyone reads them after the loop.
  private mutating func keepHistories(_ ordered: [NodeID]) {
    for id in ordered {
      guard let place = places[id], case .state = schedule.buffers[place.area].kind else {
        continue
      }
      if isReadLater(id) { schedule.buffers[place.area].keepsHistory = true }
    }
  }
}
