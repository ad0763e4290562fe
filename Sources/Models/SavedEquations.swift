import Cells
import Checkpoint
import FileCore
import TensorCore

/// The equations of a model's cell in its file: a text in section `equations`, under the cell's name, so that a program
/// that does not know the cell can use the model.
extension Checkpoint {
  /// Adds the equations of a configuration's cell, for the sizes of the layers that have it.
  mutating func setEquations(_ configuration: ModelConfiguration, inputSizes: some Sequence<Int>) {
    let cell = configuration.cell
    let sizes = configuration.cellSizes(inputSizes: inputSizes)
    let key = WrittenCell(cell: cell, sizes: sizes.map { [$0.input, $0.hidden] })
    var written = Self.last.withLock { $0 }
    if written.key != key {
      // Another thread may save another cell meanwhile.
      let text = Self.text(of: cell.base, cell.name, sizes).map { Array($0.description.utf8) }
      written = (key, text)
      Self.last.withLock { [written] in $0 = written }
    }
    // A cell beyond the notation's limits is saved by its name alone.
    if let text = written.text { set(bytes: text, .equations, cell.name) }
  }

  private struct WrittenCell: Hashable {
    var cell: NamedCell
    var sizes: [[Int]]
  }

  /// The text that was written last: a training saves the same one after each measurement.
  private static let last = Guarded<(key: WrittenCell?, text: [UInt8]?)>((nil, nil))

  private static func text(
    of cell: some RecurrentCell, _ name: String, _ sizes: [(input: Int, hidden: Int)]
  ) -> CellText? {
    CellText(writing: cell, name: name, for: sizes)
  }
}

extension CheckpointReader {
  /// The same reader, which knows the cells whose equations the file holds.
  ///
  /// - Throws: `CheckpointError` if they are no cells, or too many.
  package func readingEquations() throws(CheckpointError) -> CheckpointReader {
    let keys = entries.map(\.key).filter { $0.section == .equations }
    guard !keys.isEmpty, let place = CellRegistry.userInfoKey else { return self }
    guard keys.count <= Self.mostEquations else {
      throw fail(
        .configValue(
          keys[0], path: "", expected: "at most \(Self.mostEquations) cells", found: "\(keys.count)"
        ))
    }
    var registry = userInfo[place] as? CellRegistry ?? .standard
    for key in keys { registry.equations[key.name] = try equations(key) }
    var reader = self
    reader.userInfo[place] = registry
    return reader
  }

  /// The most cells that a file may hold.
  private static var mostEquations: Int { 16 }

  private func equations(_ key: Checkpoint.Key) throws(CheckpointError) -> CellText {
    guard let text = String(validating: try bytes(key.section, key.name), as: UTF8.self) else {
      throw fail(.configValue(key, path: "", expected: "a text in UTF-8", found: "other bytes"))
    }
    do throws(CellTextError) {
      return try CellText(text)
    } catch {
      throw fail(
        .configValue(
          key, path: "\(error.line):\(error.column)", expected: error.expected, found: error.found))
    }
  }

  /// Compares the file's equations with those of the registered cell that the file names.
  ///
  /// - Throws: `CheckpointError` if they differ: the weights were trained for the file's.
  func checkEquations(
    _ configuration: ModelConfiguration, inputSizes: some Sequence<Int>
  ) throws(CheckpointError) {
    let cell = configuration.cell
    guard !(cell.base is CellText), let place = CellRegistry.userInfoKey,
      let text = (userInfo[place] as? CellRegistry)?.equations[cell.name]
    else { return }
    for (input, hidden) in configuration.cellSizes(inputSizes: inputSizes) {
      let registered = CellGraph(cell, inputSize: input, hiddenSize: hidden)
      let isSame: Bool
      do throws(UnsuitableOption) {
        isSame = try text.graph(inputSize: input, hiddenSize: hidden) == registered
      } catch {
        isSame = false
      }
      guard isSame else {
        throw fail(
          .configValue(
            Checkpoint.Key(.equations, cell.name), path: "",
            expected: "the equations of this program's cell \(cell.name)",
            found: "others; a program without that cell uses the file's"))
      }
    }
  }
}

extension ModelConfiguration {
  /// The sizes for which the model's layers state the cell, each once.
  func cellSizes(inputSizes: some Sequence<Int>) -> [(input: Int, hidden: Int)] {
    var found: [(input: Int, hidden: Int)] = []
    for inputSize in inputSizes {
      for direction in direction == .forward ? [.forward] : [direction, .forward] {
        let sizes = try? recurrent.cellSizes(
          of: cell, inputSize: inputSize, hiddenSize: hiddenSize, layers: layers,
          direction: direction)
        for size in sizes ?? [] where !found.contains(where: { $0 == size }) { found.append(size) }
      }
    }
    return found
  }
}
