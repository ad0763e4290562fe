/// A recurrent cell, stated once as its equations; everything else is derived from them.
///
/// ```swift
/// /// Minimal gated unit: one gate for both jobs of the GRU. Zhou et al., 2016.
/// public struct MGU: RecurrentCell {
///   public func equations(_ cell: inout CellBuilder) {
///     let (x, h) = (cell.input, cell.state("hidden"))
///     let forget = sigmoid(cell.affine(x, "ih.f") + cell.affine(h, "hh.f"))
///     let new = tanh(cell.affine(x, "ih.n") + cell.affine(forget * h, "hh.n"))
///     cell.update(h, to: (1 - forget) * h + forget * new)
///   }
/// }
/// ```
///
/// A conforming type holds the cell's options and nothing else: no weights, no sizes. `Recurrent` makes
/// a layer of any cell, `RecurrentStep` a single step for a loop of one's own.
public protocol RecurrentCell: Sendable {
  /// States the equations of one step, in symbols.
  func equations(_ cell: inout CellBuilder)

  /// Throws if the cell's options do not suit these sizes.
  ///
  /// Options that come from outside, by a flag or in a checkpoint, are checked with it first: to state
  /// the equations with unsuitable ones is a caller's bug. Most cells suit all sizes.
  func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption)
}

extension RecurrentCell {
  /// Any sizes suit.
  public func validate(inputSize: Int, hiddenSize: Int) throws(UnsuitableOption) {}
}

extension RecurrentCell {
  /// The first hidden size from `least` on that the cell's options make a cell of; nil where none of the
  /// next hundred does.
  package func suitableHiddenSize(from least: Int, inputSize: Int) -> Int? {
    (least..<least + 100).first {
      (try? validate(inputSize: inputSize, hiddenSize: $0)) != nil
    }
  }
}

/// An option of a cell that does not suit the requested sizes.
public struct UnsuitableOption: Error, Hashable, CustomStringConvertible {
  /// The option's name.
  public let option: String
  /// What would suit.
  public let expected: String
  /// What was given.
  public let found: String

  /// An option with what would suit and what was given.
  public init(_ option: String, expected: String, found: some CustomStringConvertible) {
    self.option = option
    self.expected = expected
    self.found = found.description
  }

  /// One line with all three.
  public var description: String { "\(option): expected \(expected), found \(found)" }
}

extension ClosedRange<Int> {
  /// Throws where the value of an option is outside the range.
  func check(_ value: Int, _ option: String) throws(UnsuitableOption) {
    guard contains(value) else {
      throw UnsuitableOption(
        option, expected: "a number from \(lowerBound) to \(upperBound)", found: value)
    }
  }
}
