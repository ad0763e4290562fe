import TensorCore

/// A place in a graph's list of nodes.
package typealias NodeID = Int

/// One product of an affine sum: `signal · Wᵀ`, or `signal · W` if transposed.
///
/// In groups, each group of the signal's units has a matrix of its own: the matrices stand one below the other,
/// and the results one after the other.
package struct ProductTerm: Hashable, Sendable {
  package var signal: NodeID
  /// A matrix that depends on parameters alone, [out, in]; [in, out] if transposed; of each group.
  package var weight: NodeID
  package var isTransposed: Bool
  package var groups: Int

  package init(signal: NodeID, weight: NodeID, isTransposed: Bool, groups: Int = 1) {
    self.signal = signal
    self.weight = weight
    self.isTransposed = isTransposed
    self.groups = groups
  }
}

/// An axis of a signal's units, seen as `[outer, count, inner]`.
package struct Axis: Hashable, Sendable {
  package var count: Int
  /// The units of the axes after it.
  package var inner: Int

  package init(count: Int, inner: Int = 1) {
    self.count = count
    self.inner = inner
  }
}

/// The words of a graph.
///
/// A node's value is a *signal* (a row of `columns` numbers for each sample and step) or, where it
/// depends on parameters alone, one matrix `[rows, columns]` for the whole pass; a vector has one row
/// and serves as a signal that is the same for every sample and step.
package enum Operation: Hashable, Sendable {
  // Leaves.
  /// An external signal: the input, a mask, or a saved activation.
  case sequence(Int)
  /// A state, as it was before the step.
  case state(Int)
  case parameter(Int)
  case constant(Double, rows: Int = 1, columns: Int)
  /// The square matrix with ones on its diagonal.
  case identity(Int)
  /// A matrix of constant numbers.
  case table(Table)

  // Of one step.
  /// Applies a function element by element; an operand with one column is broadcast.
  case apply(ElementwiseFunction, [NodeID])
  /// Repeats the one column of its operand.
  case broadcast(NodeID, columns: Int)
  /// The sum of products and biases: vectors that depend on parameters alone and, in optimized graphs, at most
  /// one signal.
  case affine([ProductTerm], biases: [NodeID])
  case slice(NodeID, Range<Int>)
  /// The row whose one 1 is the unit that a signal of one unit numbers. Products alone read it: they pick a row of a
  /// matrix, and in memory there is the number alone.
  case oneHot(NodeID, count: Int)
  case concatenate([NodeID])
  /// The sum of a row, one column.
  case sum(NodeID)
  /// The largest element of a row, one column.
  case maximum(NodeID)
  case cumulativeSum(NodeID, isReversed: Bool)
  /// Repeats units along a new axis: `[outer, inner]` to `[outer, count, inner]`.
  case spread(NodeID, Axis)
  /// The sum along an axis: `[outer, count, inner]` to `[outer, inner]`.
  case sumAlong(NodeID, Axis)
  /// The largest element along an axis: `[outer, count, inner]` to `[outer, inner]`.
  case maximumAlong(NodeID, Axis)

  // Of matrices that depend on parameters alone, or that were gathered.
  case rows(NodeID, Range<Int>)
  case stack([NodeID])
  case transpose(NodeID)

  // Gathered over all samples and steps, after the last step.
  /// The sum of `aᵀ · b`, `[a's columns, b's columns]`; in groups of both one below the other,
  /// `[a's columns, b's columns / groups]`.
  case outer(NodeID, NodeID, groups: Int = 1)
  /// The sum of a signal, one row.
  case total(NodeID)

  /// The nodes that this one reads, in order.
  package var operands: [NodeID] {
    switch self {
    case .sequence, .state, .parameter, .constant, .identity, .table: []
    case .apply(_, let operands), .concatenate(let operands), .stack(let operands): operands
    case .affine(let terms, let biases):
      // Compilers ask this of every node many times, and `flatMap` takes long in a debug build.
      terms.count == 1
        ? [terms[0].signal, terms[0].weight] + biases
        : terms.flatMap { [$0.signal, $0.weight] } + biases
    case .broadcast(let a, _), .slice(let a, _), .sum(let a), .maximum(let a),
      .cumulativeSum(let a, _), .spread(let a, _), .sumAlong(let a, _), .maximumAlong(let a, _),
      .rows(let a, _), .transpose(let a), .total(let a), .oneHot(let a, _):
      [a]
    case .outer(let a, let b, _): [a, b]
    }
  }

  /// The same operation on other nodes.
  package func mapOperands(_ transform: (NodeID) -> NodeID) -> Operation {
    switch self {
    case .sequence, .state, .parameter, .constant, .identity, .table: self
    case .apply(let function, let operands): .apply(function, operands.map(transform))
    case .concatenate(let operands): .concatenate(operands.map(transform))
    case .stack(let operands): .stack(operands.map(transform))
    case .affine(let terms, let biases):
      .affine(
        terms.map {
          ProductTerm(
            signal: transform($0.signal), weight: transform($0.weight),
            isTransposed: $0.isTransposed, groups: $0.groups)
        }, biases: biases.map(transform))
    case .broadcast(let a, let columns): .broadcast(transform(a), columns: columns)
    case .slice(let a, let range): .slice(transform(a), range)
    case .oneHot(let a, let count): .oneHot(transform(a), count: count)
    case .sum(let a): .sum(transform(a))
    case .maximum(let a): .maximum(transform(a))
    case .cumulativeSum(let a, let isReversed):
      .cumulativeSum(transform(a), isReversed: isReversed)
    case .spread(let a, let axis): .spread(transform(a), axis)
    case .sumAlong(let a, let axis): .sumAlong(transform(a), axis)
    case .maximumAlong(let a, let axis): .maximumAlong(transform(a), axis)
    case .rows(let a, let range): .rows(transform(a), range)
    case .transpose(let a): .transpose(transform(a))
    case .outer(let a, let b, let groups):
      .outer(transform(a), transform(b), groups: groups)
    case .total(let a): .total(transform(a))
    }
  }

  /// Whether it reads nothing.
  package var isLeaf: Bool {
    switch self {
    case .sequence, .state, .parameter, .constant, .identity, .table: true
    default: false
    }
  }

  /// Whether it is a leaf whose value has to be written somewhere.
  package var isWritten: Bool {
    switch self {
    case .constant, .identity: true
    default: false
    }
  }

  /// Whether it is computed element by element, so that it can be fused with its neighbours.
  package var isElementwise: Bool {
    switch self {
    case .apply, .broadcast: true
    default: false
    }
  }
}
