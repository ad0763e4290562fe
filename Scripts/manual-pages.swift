// Writes manual pages from what programs say of their flags.
//
//     swiftc -o manual-pages Scripts/manual-pages.swift && ./manual-pages FOLDER VERSION FILE.json ...
//
// A file is what `PROGRAM --experimental-dump-help` prints; its page is FOLDER/PROGRAM.1.
import Foundation

struct Tool: Decodable { var command: Command }

struct Command: Decodable {
  var commandName: String
  var abstract: String?
  var discussion: String?
  var defaultSubcommand: String?
  var subcommands: [Command]?
  var arguments: [Argument]?
  var shouldDisplay: Bool?
}

struct Argument: Decodable, Equatable {
  struct Name: Decodable, Equatable {
    var kind: String
    var name: String
    var text: String { (kind == "long" ? "--" : "-") + name }
  }
  var kind: String
  var names: [Name]?
  var valueName: String?
  var abstract: String?
  var isOptional: Bool?
  var isRepeating: Bool?
  var defaultValue: String?
  var sectionTitle: String?
}

extension String {
  /// The text for troff: no character of it is a command.
  var escaped: String {
    let text = replacingOccurrences(of: "\\", with: "\\e").replacingOccurrences(of: "-", with: "\\-")
    return text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.hasPrefix(".") || $0.hasPrefix("'") ? "\\&" + $0 : $0 }.joined(separator: "\n")
  }
  var bold: String { "\\fB\(escaped)\\fR" }
  var italic: String { "\\fI\(escaped)\\fR" }
}

extension Argument {
  /// `--hidden hidden` in bold and italic, or the place of a positional argument.
  var heading: String {
    let value = (valueName ?? "value").uppercased()
    guard kind != "positional" else { return value.italic }
    let names = (names ?? []).map(\.text.bold).joined(separator: ", ")
    return kind == "flag" ? names : "\(names) \(value.italic)"
  }
  var paragraph: String {
    var text = (abstract ?? "").escaped
    if let defaultValue, !defaultValue.isEmpty { text += " Default: \(defaultValue.escaped)." }
    return ".TP\n\(heading)\n\(text)\n"
  }
  /// Those of the argument parser, which every program has.
  var isCommon: Bool { ["--help", "-h", "--version", "--help-hidden"].contains(names?.first?.text ?? "") }
}

extension Command {
  var own: [Argument] { (arguments ?? []).filter { !$0.isCommon } }

  func synopsis(_ words: [String]) -> String {
    let positional = own.filter { $0.kind == "positional" }.map { argument in
      let name = (argument.valueName ?? "value").uppercased().italic
      return argument.isOptional == true ? "[\(name)]" : name
    }
    let required = own.filter { $0.kind == "option" && $0.isOptional == false }.map(\.heading)
    return ([words.joined(separator: " ").bold] + required + ["[\\fIOPTION\\fR ...]"] + positional)
      .joined(separator: " ")
  }

  /// The options under their titles; those of another command are left out.
  func options(but known: [Argument] = []) -> String {
    var text = ""
    var title: String?
    for argument in own where !known.contains(argument) {
      if argument.sectionTitle != title, let next = argument.sectionTitle {
        text += ".PP\n\(next.bold)\n"
      }
      title = argument.sectionTitle
      text += argument.paragraph
    }
    return text
  }

  func page(version: String) -> String {
    var text = """
      .TH \(commandName.uppercased()) 1 "" "swift-rnn \(version)" "swift-rnn"
      .SH NAME
      \(commandName.escaped) \\- \((abstract ?? "").escaped)
      .SH SYNOPSIS
      """
    let children = (subcommands ?? []).filter { $0.commandName != "help" && $0.shouldDisplay != false }
    text += "\n"
    if children.isEmpty {
      text += synopsis([commandName]) + "\n"
    } else {
      text += children.map { $0.synopsis([commandName, $0.commandName]) }
        .joined(separator: "\n.br\n") + "\n"
    }
    if let discussion {
      text += ".SH DESCRIPTION\n.nf\n\(discussion.escaped)\n.fi\n"
    }
    if !own.isEmpty { text += ".SH OPTIONS\n" + options() }
    var described: [Command] = []
    for child in children {
      text += ".SH \(commandName.uppercased()) \(child.commandName.uppercased().escaped)\n"
      text += (child.abstract ?? "").escaped + "\n"
      if child.commandName == defaultSubcommand { text += ".PP\nThe subcommand can be left out.\n" }
      if let discussion = child.discussion { text += ".PP\n.nf\n\(discussion.escaped)\n.fi\n" }
      let alike = described.first { other in
        let shared = child.own.filter(other.own.contains)
        return shared.count > 10 && shared.count * 5 > child.own.count * 4
      }
      if let alike {
        text += ".PP\nThe options of \("\(commandName) \(alike.commandName)".bold), and:\n"
      }
      text += child.options(but: alike?.own ?? [])
      described.append(child)
    }
    return text + """
      .SH EXIT STATUS
      0 if all went well, 64 for a wrong argument, 130 after an interruption that was saved, and 1 with one line on
      standard error for everything else.

      """
  }
}

let arguments = CommandLine.arguments.dropFirst()
guard arguments.count >= 3, let folder = arguments.first else {
  print("usage: manual-pages FOLDER VERSION FILE.json ...")
  exit(64)
}
let version = arguments.dropFirst().first ?? ""
for path in arguments.dropFirst(2) {
  let data = try Data(contentsOf: URL(fileURLWithPath: path))
  let command = try JSONDecoder().decode(Tool.self, from: data).command
  try command.page(version: version)
    .write(toFile: "\(folder)/\(command.commandName).1", atomically: true, encoding: .utf8)
}
