extension CellRegistry {
  /// The cells of this library.
  public static let standard: CellRegistry = {
    var cells = CellRegistry()
    cells.registerClassics()
    cells.registerLSTMs()
    cells.registerGatedUnits()
    cells.registerDynamicalSystems()
    cells.registerElementwiseRecurrences()
    cells.registerFurtherCells()
    return cells
  }()
}
