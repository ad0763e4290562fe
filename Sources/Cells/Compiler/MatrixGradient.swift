import TensorCore

/// How a backward pass goes through chunks of steps as products, where the forward pass's matrices are not kept.
///
/// The matrices between the steps of a chunk are then neither kept nor computed again: what steps read of them are products
/// with the one before the chunk, and the cotangents of the decays follow from those of the other signals.
struct MatrixGradient: Sendable {
  /// The recurrence, among the parts that compute its matrices again.
  let forward: MatrixRecurrence
  let forwardPart: Int
  /// Its derivative, among the parts of the backward loop.
  let adjoint: MatrixRecurrence
  let adjointPart: Int
  /// The parts that read the recurrence's matrices, with what is added to the derivative's.
  let readParts: [Int]
  /// What they read with what doesn't depend on the derivative's matrix.
  private let reads: [(part: Int, read: MatrixRecurrence.Read)]
  /// Reads of the recurrence's matrices with what does.
  private let lateReads: [MatrixRecurrence.Read]
  /// Reads of the derivative's matrices that only the cotangents of the decays need.
  private let furtherReads: [MatrixRecurrence.Read]
  private let decays: DecayCotangents?

  /// Nil where the backward loop reads the matrices in another way.
  ///
  /// - Parameters:
  ///   - computing: the parts that compute the states again.
  ///   - backward: the parts of the backward loop.
  ///   - signals: the buffers of the signals that the backward pass takes from the forward pass, and where they stand there.
  ///   - scratch: the number of the first area after those of the backward pass.
  init?(
    _ computing: LoopParts, _ backward: LoopParts, _ signals: [(buffer: Int, place: Place)],
    scratch: Int
  ) {
    guard let forwardPart = computing.parts.onlyIndex(where: { $0.recurrence != nil }),
      let forward = computing.parts[forwardPart].recurrence, forward.isWhole, forward.reads.isEmpty,
      let adjointPart = backward.parts.onlyIndex(where: { $0.recurrence != nil }),
      let adjoint = backward.parts[adjointPart].recurrence, adjoint.heads == forward.heads,
      (adjoint.rows, adjoint.columns) == (forward.rows, forward.columns)
    else { return nil }
    let originals = Originals(signals, forward, adjoint)
    let readers = backward.parts.indices.filter { number in
      number != adjointPart
        && backward.parts[number].list.contains { $0.places.contains(where: originals.isMatrix) }
    }
    let own = readers.compactMap { part in
      backward.parts[part].isCarried ? nil : originals.read(backward.parts[part].list)
    }
    let foreign = adjoint.foreignReads.compactMap(originals.read)
    guard own.count == readers.count, foreign.count == adjoint.foreignReads.count else {
      return nil
    }
    let late = adjoint.additions.filter(\.isLate).map(\.right)
    func isLate(_ read: MatrixRecurrence.Read) -> Bool {
      late.contains { $0.isSame(as: read.x, heads: adjoint.heads) }
    }
    reads = zip(readers, own).filter { !isLate($1) }.map { (part: $0, read: $1) }
    lateReads = own.filter(isLate) + foreign
    readParts = readers
    if adjoint.innerProducts.isEmpty {
      (furtherReads, decays) = ([], nil)
    } else {
      guard let found = originals.decays(own + foreign, scratch: scratch) else {
        return nil
      }
      (furtherReads, decays) = found
    }
    (self.forward, self.forwardPart) = (forward, forwardPart)
    (self.adjoint, self.adjointPart) = (adjoint, adjointPart)
  }

  /// Whether a part of the backward loop does nothing where a chunk goes in products.
  func takesOver(_ part: Int) -> Bool { part == adjointPart || readParts.contains(part) }

  /// Does the work of one of these parts for a chunk of a sample's steps, with the matrices of some heads.
  ///
  /// What is read of the matrices is needed by the cotangents of the decays, wherever the part stands that reads it.
  ///
  /// - Parameters:
  ///   - forwardAreas: the forward pass's signals, with the matrix before the chunk.
  ///   - areas: the backward pass's.
  ///   - start: the chunk's first step in the backward pass; `end`: its last one, the forward pass's first.
  ///   - stride: 1 or -1, the way of the backward pass.
  func run(
    _ part: Int, heads: Range<Int>, _ forwardAreas: AreaTable, _ areas: AreaTable,
    _ start: StepBlock, end: StepBlock, times: Int, stride: Int
  ) {
    func readForward(_ reads: [MatrixRecurrence.Read]) {
      if reads.isEmpty { return }
      forward.read(
        reads, heads: heads, forwardAreas, others: areas, end, times: times, stride: -stride)
    }
    readForward(reads.filter { min($0.part, adjointPart) == part }.map(\.read))
    if part == adjointPart {
      adjoint.run(
        heads: heads, areas, adding: furtherReads, others: forwardAreas, start, times: times,
        stride: stride)
      readForward(lateReads)
      decays?.run(
        of: forward, in: forwardAreas, heads: heads, areas, end, times: times, stride: -stride)
    }
  }

  /// The vectors of a step that ``furtherReads`` write, of all heads.
  fileprivate var scratchWidth: Int { furtherReads.count * adjoint.heads * adjoint.rows }

  /// A sample's chunks on their way through a backward pass.
  final class Chunks {
    let gradient: MatrixGradient
    /// The forward pass's signals, with the matrix before each chunk.
    let forward: AreaTable
    /// Of the chunks whose states were computed last, in the order of the forward pass, which go in products.
    var inProducts: [Bool] = []
    private let scratch: Storage

    init(_ gradient: MatrixGradient, _ forward: AreaTable) {
      (self.gradient, self.forward) = (gradient, forward)
      scratch = Storage(count: LoopParts.chunk * gradient.scratchWidth)
    }

    /// Sets the area of what only the gradient reads, for a chunk of steps.
    func bind(_ times: Range<Int>, _ areas: AreaTable) {
      let width = gradient.scratchWidth
      areas.set(
        areas.count - 1,
        Area(Floats(scratch) + -times.lowerBound * width, timeStride: width, rowStride: 0))
    }
  }
}

/// Where the backward pass's signals stand in the forward pass.
private struct Originals {
  private let places: [Int: Place]
  private let forward, adjoint: MatrixRecurrence
  private var heads: Int { forward.heads }

  init(
    _ signals: [(buffer: Int, place: Place)], _ forward: MatrixRecurrence,
    _ adjoint: MatrixRecurrence
  ) {
    places = Dictionary(uniqueKeysWithValues: signals.map { ($0.buffer, $0.place) })
    (self.forward, self.adjoint) = (forward, adjoint)
  }

  private subscript(place: Place) -> Place? {
    places[place.area].map {
      Place(
        area: $0.area, slot: $0.slot, offset: $0.offset + place.offset, columns: place.columns)
    }
  }

  /// Whether a place of the backward pass is one of the recurrence's matrices.
  func isMatrix(_ place: Place) -> Bool { self[place]?.area == forward.before.place.area }

  /// The version of the recurrence's matrix that a place of the backward pass is.
  private func version(_ place: Place) -> MatrixRecurrence.Version? {
    guard isMatrix(place), let original = self[place], original.offset == 0 else { return nil }
    return original.slot == .previous
      ? .init(isDecayed: false, additions: 0)
      : .init(isDecayed: forward.decay != nil, additions: forward.additions.count)
  }

  /// The read of the recurrence's matrices that the only step of a part is, with something that is added to the derivative's.
  func read(_ steps: [Step]) -> MatrixRecurrence.Read? {
    let (rows, columns) = (forward.rows, forward.columns)
    guard steps.count == 1,
      case .rowProducts(let matrices, let x, let tile, areBothMatrices: false, let y) = steps[0],
      tile == Step.Tile(tiles: heads, rows: rows, columns: columns),
      matrices.columns == heads * rows * columns, let version = version(matrices)
    else { return nil }
    func factor(_ place: Place, _ columns: Int) -> MatrixRecurrence.Factor {
      MatrixRecurrence.Factor(place.part(columns), headStride: columns)
    }
    let read = MatrixRecurrence.Read(
      x: factor(x, columns), y: factor(y, rows), isOverRows: false, of: version,
      isReadElsewhere: true, isWrittenElsewhere: true)
    return adjoint.additions.contains { $0.right.isSame(as: read.x, heads: heads) } ? read : nil
  }

  /// The same read by the derivative's part, of the matrix with its decay or without.
  func read(_ foreign: MatrixRecurrence.ForeignRead) -> MatrixRecurrence.Read? {
    guard var version = version(foreign.matrix.place), version.additions == 0 else { return nil }
    if let decay = foreign.decay {
      guard let expected = forward.decay, isOriginal(of: decay, expected) else { return nil }
      version.isDecayed = true
    }
    return MatrixRecurrence.Read(
      x: foreign.x, y: foreign.y, isOverRows: false, of: version, isReadElsewhere: true,
      isWrittenElsewhere: true)
  }

  /// How the cotangents of the decays follow from others, with the reads that it takes besides; nil where they don't.
  ///
  /// - Parameter reads: what the backward pass reads of the recurrence's matrices.
  func decays(
    _ reads: [MatrixRecurrence.Read], scratch: Int
  ) -> (furtherReads: [MatrixRecurrence.Read], DecayCotangents)? {
    guard adjoint.innerProducts.count == 1, let inner = adjoint.innerProducts.first,
      forward.decay != nil, version(inner.other.place)?.isDecayed == false,
      inner.version == .init(isDecayed: false, additions: adjoint.additions.count { !$0.isDecayed })
    else { return nil }
    var shrinking: [DecayCotangents.Term] = []
    for addition in adjoint.additions {
      guard !addition.isNegative,
        let read = reads.first(where: { $0.x.isSame(as: addition.right, heads: heads) })
      else { return nil }
      shrinking.append(
        .init(addition.left, read.y, isForward: false, isBefore: !read.version.isDecayed))
    }
    var further: [MatrixRecurrence.Read] = []
    var growing: [DecayCotangents.Term] = []
    let version = versionOfCotangent
    for addition in forward.additions {
      let known = adjoint.reads.first {
        !$0.isOverRows && $0.version == version && $0.isNegative == addition.isNegative
          && isOriginal(of: $0.x, addition.right)
      }
      let y = known?.y ?? scratchFactor(scratch, further.count)
      if known == nil {
        further.append(
          .init(
            x: addition.right, y: y, isOverRows: false, of: version,
            isNegative: addition.isNegative,
            isReadElsewhere: true))
      }
      growing.append(.init(addition.left, y, isForward: true, isBefore: false))
    }
    return (
      further,
      DecayCotangents(
        matrix: adjoint.after, decay: inner.sums, growing: growing, shrinking: shrinking)
    )
  }

  /// The version of the derivative's matrix that is the cotangent of the recurrence's matrix after its step.
  private var versionOfCotangent: MatrixRecurrence.Version {
    // What reads the new matrix is added before the decay, and before what depends on the derivative's reads.
    .init(isDecayed: false, additions: adjoint.additions.count { !$0.isLate && !$0.isDecayed })
  }

  private func scratchFactor(_ area: Int, _ number: Int) -> MatrixRecurrence.Factor {
    let width = forward.rows
    return MatrixRecurrence.Factor(
      Place(area: area, offset: number * heads * width, columns: width), headStride: width)
  }

  /// Whether a signal of the backward pass is one of the forward pass.
  private func isOriginal(
    of factor: MatrixRecurrence.Factor, _ expected: MatrixRecurrence.Factor
  ) -> Bool {
    self[factor.place].map {
      MatrixRecurrence.Factor($0, headStride: factor.headStride).isSame(as: expected, heads: heads)
    } ?? false
  }
}

extension MatrixRecurrence.Factor {
  fileprivate func isSame(as other: Self, heads: Int) -> Bool {
    place.area == other.place.area && place.slot == other.place.slot
      && place.offset == other.place.offset && (headStride == other.headStride || heads == 1)
  }
}

extension Array {
  /// The index of the only element that fulfils a condition; nil if none or several do.
  fileprivate func onlyIndex(where condition: (Element) -> Bool) -> Int? {
    let found = indices.filter { condition(self[$0]) }
    return found.count == 1 ? found[0] : nil
  }
}
