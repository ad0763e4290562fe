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
  /// What the backward pass reads of the recurrence's matrices, a part of its own.
  private let read: MatrixRecurrence.Read
  let readPart: Int
  private let decays: MatrixRecurrence.DecayCotangents?

  /// Nil where the backward loop reads the matrices in another way.
  ///
  /// - Parameters:
  ///   - computing: the parts that compute the states again.
  ///   - backward: the parts of the backward loop.
  ///   - signals: the buffers of the signals that the backward pass takes from the forward pass, and where they stand there.
  init?(
    _ computing: LoopParts, _ backward: LoopParts, _ signals: [(buffer: Int, place: Place)]
  ) {
    let originals = Originals(signals)
    guard let forwardPart = computing.parts.onlyIndex(where: { $0.recurrence != nil }),
      let forward = computing.parts[forwardPart].recurrence, forward.reads.isEmpty,
      let adjointPart = backward.parts.onlyIndex(where: { $0.recurrence != nil }),
      let adjoint = backward.parts[adjointPart].recurrence, adjoint.heads == forward.heads,
      (adjoint.rows, adjoint.columns) == (forward.rows, forward.columns)
    else { return nil }
    let state = forward.before.place.area
    let readers = backward.parts.indices.filter { number in
      number != adjointPart
        && backward.parts[number].list.contains { step in
          step.places.contains { originals[$0]?.area == state }
        }
    }
    guard readers.count == 1, !backward.parts[readers[0]].isCarried,
      let read = originals.read(backward.parts[readers[0]].list, forward, adjoint)
    else { return nil }
    decays = originals.decays(forward, adjoint, read)
    guard decays != nil || adjoint.innerProducts.isEmpty else { return nil }
    (self.forward, self.forwardPart) = (forward, forwardPart)
    (self.adjoint, self.adjointPart) = (adjoint, adjointPart)
    (self.read, readPart) = (read, readers[0])
  }

  /// Whether a part of the backward loop does nothing where a chunk goes in products.
  func takesOver(_ part: Int) -> Bool { part == adjointPart || part == readPart }

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
    if part == min(readPart, adjointPart) {
      forward.run(
        read, in: areas, heads: heads, forwardAreas, end, times: times, stride: -stride)
    }
    if part == adjointPart {
      adjoint.run(heads: heads, areas, start, times: times, stride: stride)
      decays?.run(
        of: forward, in: forwardAreas, heads: heads, areas, end, times: times, stride: -stride)
    }
  }

  /// A sample's chunks on their way through a backward pass.
  final class Chunks {
    let gradient: MatrixGradient
    /// The forward pass's signals, with the matrix before each chunk.
    let forward: AreaTable
    /// Of the chunks whose states were computed last, in the order of the forward pass, which go in products.
    var inProducts: [Bool] = []

    init(_ gradient: MatrixGradient, _ forward: AreaTable) {
      (self.gradient, self.forward) = (gradient, forward)
    }
  }
}

/// Where the backward pass's signals stand in the forward pass.
private struct Originals {
  private let places: [Int: Place]

  init(_ signals: [(buffer: Int, place: Place)]) {
    places = Dictionary(uniqueKeysWithValues: signals.map { ($0.buffer, $0.place) })
  }

  subscript(place: Place) -> Place? {
    places[place.area].map {
      Place(
        area: $0.area, slot: $0.slot, offset: $0.offset + place.offset, columns: place.columns)
    }
  }

  /// The read of a recurrence's matrices by what its derivative adds.
  func read(
    _ steps: [Step], _ forward: MatrixRecurrence, _ adjoint: MatrixRecurrence
  ) -> MatrixRecurrence.Read? {
    let (rows, columns, heads) = (forward.rows, forward.columns, forward.heads)
    guard steps.count == 1,
      case .rowProducts(let matrices, let x, let tile, areBothMatrices: false, let y) = steps[0],
      tile == Step.Tile(tiles: heads, rows: rows, columns: columns),
      let original = self[matrices], original.offset == 0,
      original.columns == heads * rows * columns
    else { return nil }
    func factor(_ place: Place, _ columns: Int) -> MatrixRecurrence.Factor {
      MatrixRecurrence.Factor(
        Place(area: place.area, slot: place.slot, offset: place.offset, columns: columns),
        headStride: columns)
    }
    let read = MatrixRecurrence.Read(
      x: factor(x, columns), y: factor(y, rows), isOverRows: false,
      isBefore: original.slot == .previous)
    return read.x.isSame(as: adjoint.right, heads: heads) ? read : nil
  }

  /// How the cotangents of the decays follow from others, if the derivative computes them.
  func decays(
    _ forward: MatrixRecurrence, _ adjoint: MatrixRecurrence, _ read: MatrixRecurrence.Read
  ) -> MatrixRecurrence.DecayCotangents? {
    guard adjoint.innerProducts.count == 1, forward.decay != nil,
      let other = self[adjoint.innerProducts[0].other.place],
      other.area == forward.before.place.area, other.slot == .previous,
      let left = adjoint.reads.first(where: { isOfRight($0, forward, isBefore: read.isBefore) })
    else { return nil }
    return MatrixRecurrence.DecayCotangents(
      matrix: adjoint.after, left: left.y, read: adjoint.left, readCotangent: read.y,
      decay: adjoint.innerProducts[0].sums, isBefore: read.isBefore)
  }

  /// Whether a read of the derivative's matrix is the cotangent of the recurrence's left factor: by its right one.
  private func isOfRight(
    _ read: MatrixRecurrence.Read, _ forward: MatrixRecurrence, isBefore: Bool
  ) -> Bool {
    guard !read.isOverRows, read.isBefore == isBefore, let original = self[read.x.place] else {
      return false
    }
    return MatrixRecurrence.Factor(original, headStride: read.x.headStride)
      .isSame(as: forward.right, heads: forward.heads)
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
