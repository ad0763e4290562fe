/// Colours of a terminal, or none.
package enum Colors: Sendable {
  /// Text is painted.
  case ansi
  /// Text stays as it is: in a file, and where a person has set `NO_COLOR`.
  case none

  /// The colours that text is painted in.
  package enum Color: Int, Sendable {
    case red = 31
    case green = 32
    case yellow = 33
    case cyan = 36
  }

  /// Those of standard output: a terminal has them, unless `NO_COLOR` is set or it is a dumb one.
  package static var ofOutput: Colors {
    Console.canOverwrite && Environment["NO_COLOR"] == nil ? .ansi : .none
  }

  /// A text in a colour.
  package func paint(_ text: String, _ color: Color) -> String {
    switch self {
    case .ansi: text.isEmpty ? "" : "\u{1B}[\(color.rawValue)m\(text)\u{1B}[0m"
    case .none: text
    }
  }
}
