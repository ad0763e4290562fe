internal import CTensorKernels

/// Finding recurrences of matrices among steps.
extension MatrixRecurrence {
  /// The recurrence that some steps are, which hand a matrix on from step to step; nil where they are anything else.
  ///
  /// - Parameters:
  ///   - scratch: the areas of matrices that no step outside of these uses.
  ///   - memory: a number of each area that is equal for areas that share memory.
  package init?(_ steps: [Step], scratch: Set<Int>, memory: (Int) -> Int) {
    guard let (head, heads) = steps.inTiles(scratch: scratch, memory: memory),
      let tile = head.steps.compactMap(\.programTile).max(by: { $0.units < $1.units }),
      Self.sizes.contains(tile.rows), Self.sizes.contains(tile.columns),
      let programs = MatrixPrograms(head, tile), let update = programs.update
    else { return nil }
    let written = programs.forms.keys.filter { $0 != programs.after.place }
    guard written.allSatisfy({ scratch.contains($0.area) }),
      var parts = Parts(head, tile, programs, update)
    else { return nil }
    guard parts.sort(update, head, heads) else { return nil }
    self.init(
      rows: tile.rows, columns: tile.columns, heads: heads, before: update.matrix,
      after: Factor(programs.after.place, headStride: update.matrix.headStride),
      decay: update.decay?.factor,
      decays: update.decay.map { $0.stride == 0 ? 1 : tile.rows } ?? 0,
      additions: parts.additions, sequence: parts.sequence,
      reads: parts.reads, innerProducts: parts.innerProducts, foreignReads: parts.foreignReads)
  }

  /// What steps do besides the programs that update the matrix.
  private struct Parts {
    var additions: [Addition] = []
    var sequence: Sequence?
    var reads: [Read] = []
    var innerProducts: [InnerProduct] = []
    var foreignReads: [ForeignRead] = []
    /// The numbers of the steps over vectors, and of those that read.
    private var vectors: [Int] = []
    private var readers: [Int] = []

    init?(
      _ head: [Step].Head, _ tile: Step.Tile, _ programs: MatrixPrograms,
      _ update: MatrixPrograms.Linear
    ) {
      for (index, step) in head.steps.enumerated() where step.programTile != tile {
        guard let linear = programs.matrix(at: head.factor(index, 0)) else {
          vectors.append(index)
          continue
        }
        let (x, y) = (head.factor(index, 1), head.factor(index, 2))
        guard let version = update.version(linear) else {
          guard case .rowProducts(_, _, tile, areBothMatrices: false, _) = step,
            linear.additions.isEmpty, !linear.isNegative, linear.matrix != update.matrix
          else { return nil }
          foreignReads.append(
            ForeignRead(matrix: linear.matrix, decay: linear.decay?.factor, x: x, y: y))
          continue
        }
        switch step {
        case .weightedRows(_, _, tile, _):
          reads.append(
            Read(x: x, y: y, isOverRows: true, of: version, isNegative: linear.isNegative))
          readers.append(index)
        case .rowProducts(_, _, tile, areBothMatrices: false, _):
          reads.append(
            Read(x: x, y: y, isOverRows: false, of: version, isNegative: linear.isNegative))
          readers.append(index)
        case .rowProducts(_, _, _, areBothMatrices: true, _) where !linear.isNegative:
          innerProducts.append(InnerProduct(version: version, other: x, sums: y))
        default: return nil
        }
      }
    }

    /// Finds which reads and steps over vectors late additions depend on; false where the products can't do them.
    mutating func sort(_ update: MatrixPrograms.Linear, _ head: [Step].Head, _ heads: Int) -> Bool {
      func overlaps(_ factors: [Factor], _ others: [Factor]) -> Bool {
        factors.contains { a in others.contains { a.overlaps($0, heads: heads) } }
      }
      let taken = vectors.flatMap { head.factors($0, head.steps[$0].places) }
      let given = vectors.flatMap { head.factors($0, head.steps[$0].written) }
      let rights = update.additions.map(\.right)
      let isEarly = reads.map { overlaps([$0.y], taken + rights) }
      let early = zip(reads, isEarly).filter(\.1).map(\.0)
      additions = update.additions.map {
        Addition(
          left: $0.left.factor, right: $0.right, isDecayed: $0.isDecayed, isNegative: $0.isNegative,
          isLate: overlaps([$0.right], given + early.map(\.y)))
      }
      let known =
        additions.map(\.left) + (update.decay.map { [$0.factor] } ?? []) + early.map(\.x)
        + additions.filter { !$0.isLate }.map(\.right)
      let results =
        given + reads.map(\.y) + innerProducts.map(\.sums) + foreignReads.map(\.y)
      let late = zip(reads, isEarly).filter { !$0.1 }.map(\.0)
      let elsewhere = innerProducts.map(\.sums) + foreignReads.map(\.y)
      let canDo =
        !overlaps(known, results) && !overlaps(late.map(\.y) + elsewhere, taken)
        && !overlaps(late.map(\.x), elsewhere) && early.allSatisfy(\.isOverRows)
        && early.count <= Int(CTK_RECURRENCE_MOST_EARLY_READS)
        && (vectors.isEmpty || !early.isEmpty)
      guard canDo else { return false }
      if early.isEmpty { return true }
      let numbers = zip(readers, isEarly).filter(\.1).map(\.0)
      let events = (numbers + vectors).sorted().map { index in
        numbers.firstIndex(of: index).map { Sequence.Event.read($0) }
          ?? .vectors(vectors.firstIndex(of: index)!)
      }
      let chosen = head.choosing(vectors)
      sequence = Sequence(
        events: events, reads: early, vectors: StepSequence(chosen.steps, head: chosen))
      reads = late
      return true
    }
  }
}

extension MatrixRecurrence.Factor {
  /// Whether the parts of some heads have units in common.
  fileprivate func overlaps(_ other: Self, heads: Int) -> Bool {
    func units(_ factor: Self) -> Range<Int> {
      let first = factor.place.offset
      return first..<first + factor.headStride * (heads - 1) + factor.place.columns
    }
    return place.area == other.place.area && units(self).overlaps(units(other))
  }
}
