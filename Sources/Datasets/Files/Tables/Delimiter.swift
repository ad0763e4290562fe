import FileCore

/// Detects the delimiter of a table: a comma, or a semicolon or tab, which spreadsheets write in locales with a decimal
/// comma.
enum Delimiter {
  private static let mostLines = 10

  /// A comma, unless the first lines have equal numbers of semicolons or of tabs, and no commas or different numbers of
  /// them.
  static func likeliest(in source: TextSource) -> Unicode.Scalar {
    let lines = TextLines(source)
    var counts: [[Int]] = []
    var isInside = false
    while counts.count < mostLines, let line = try? lines.next() {
      var found = [0, 0, 0]
      for byte in line {
        switch byte {
        case UInt8(ascii: "\""): isInside.toggle()
        case UInt8(ascii: ",") where !isInside: found[0] += 1
        case UInt8(ascii: ";") where !isInside: found[1] += 1
        case 0x09 where !isInside: found[2] += 1
        default: continue
        }
      }
      if !isInside, !line.withoutLineEnd.isEmpty { counts.append(found) }
    }
    func isSteady(_ index: Int) -> Bool {
      guard let first = counts.first?[index], first > 0 else { return false }
      return counts.allSatisfy { $0[index] == first }
    }
    if isSteady(0) { return "," }
    return isSteady(1) ? ";" : isSteady(2) ? "\t" : ","
  }
}
