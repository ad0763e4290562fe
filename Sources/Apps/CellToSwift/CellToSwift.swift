import Cells

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Android)
  import Android
#elseif canImport(Darwin)
  import Darwin
#endif

/// `cell-to-swift FILE TYPE` prints the cell of a text as a Swift type; the plugin `NewCell` runs it.
@main enum CellToSwift {
  static func main() {
    let arguments = CommandLine.arguments
    guard arguments.count == 3 else { end("expected a file and the name of a type") }
    guard let text = text(arguments[1]) else {
      end("\(arguments[1]): expected a text in UTF-8 of at most \(CellText.mostBytes) bytes")
    }
    do throws(CellTextError) {
      print(try CellText(text, file: arguments[1]).swift(type: arguments[2]), terminator: "")
    } catch {
      end("\(error)")
    }
  }

  /// A file's text; nil if it cannot be read.
  private static func text(_ path: String) -> String? {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: CellText.mostBytes + 1)
    let count = fread(&bytes, 1, bytes.count, file)
    guard count <= CellText.mostBytes else { return nil }
    return String(validating: bytes.prefix(count), as: UTF8.self)
  }

  private static func end(_ message: String) -> Never {
    var line = message + "\n"
    line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    exit(1)
  }
}
