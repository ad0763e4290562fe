import ArgumentParser
import Cells
import FileCore

/// Cells by their names, or by the files of their texts: `--cell gru`, `--cell my.cell`.
extension Library {
  /// The cell of a name, or of a text's file.
  ///
  /// - Throws: `UnknownCell`; what is wrong with the file or its text, with line and column.
  package func cell(_ name: String) throws -> NamedCell {
    guard isCellFile(name) else { return try cells.cell(named: name) }
    return NamedCell(try CellFile.text(name))
  }

  /// The entry of a name, or one for a text's file; an unknown name is a usage error.
  func entry(_ name: String) throws -> CellRegistry.Entry {
    guard !isCellFile(name) else {
      let text = try CellFile.text(name)
      var texts = CellRegistry()
      texts.register(text.name, text, summary: "the text in \(name)", paper: "none")
      return texts.entries[0]
    }
    do {
      _ = try cells.cell(named: name)
    } catch {
      throw ValidationError("\(error)")
    }
    guard let entry = cells[name] else { throw ValidationError("\(name): no such cell") }
    return entry
  }

  /// Whether an argument is a path and not a name: as it reads, or since no cell but a file has the name.
  private func isCellFile(_ argument: String) -> Bool {
    argument.hasEnding(CellFile.ending) || argument.contains("/")
      || cells[argument] == nil && FilePlace(argument).isTaken
  }
}

/// The file of a cell's text.
enum CellFile {
  /// The ending of such files.
  static let ending = ".cell"

  /// The cell of a file.
  ///
  /// - Throws: ``Failure`` with the file, and the line and column of what is wrong.
  static func text(_ path: String) throws -> CellText {
    let text = try FlaglessText.read(path, limit: CellText.mostBytes)
    do throws(CellTextError) {
      return try CellText(text, file: path)
    } catch {
      throw Failure("\(error)")
    }
  }
}
