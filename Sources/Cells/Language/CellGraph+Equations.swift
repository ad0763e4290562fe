import Requirements

extension CellGraph {
  /// States a cell's equations for the given sizes.
  public init(
    _ cell: some RecurrentCell, inputSize: Int, hiddenSize: Int, bias: Bool = true
  ) {
    require(
      inputSize > 0 && hiddenSize > 0,
      "expected positive sizes, found \(inputSize) input units and \(hiddenSize) hidden units")
    do throws(UnsuitableOption) {
      try cell.validate(inputSize: inputSize, hiddenSize: hiddenSize)
    } catch {
      failure("\(type(of: cell)): \(error)")
    }
    var builder = CellBuilder(
      Trace(), inputSize: inputSize, hiddenSize: hiddenSize, hasBias: bias)
    cell.equations(&builder)
    self = builder.trace.finish(inputSize: inputSize, hiddenSize: hiddenSize)
  }
}
