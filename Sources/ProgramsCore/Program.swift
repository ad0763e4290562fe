import ArgumentParser
import Cells
import FileCore
import Models
import TensorCore

/// One of the package's programs.
package enum Program: String, CaseIterable, Sendable {
  case train, predict, evaluate, generate, inspect, convert, cells, report

  /// Parses the arguments, runs what they choose, and ends the process: with 0, with 64 where the arguments are wrong, or
  /// with 1 and one line.
  ///
  /// - Parameters:
  ///   - command: the program, or what has programs as subcommands.
  ///   - library: what it can choose by name.
  package static func main(
    _ command: any ParsableCommand.Type, with library: Library = Library()
  ) -> Never {
    System.occupyStandardDescriptors()
    System.ignoreClosedPipes()
    Console.widenHelp()
    KernelEnvironment.endProcessIfWrong()
    Library.$current.withValue(library) {
      do {
        try checkArguments()
        try checkSubcommands(of: command)
        var chosen = try parsed(command)
        try chosen.run()
      } catch {
        end(command, error)
      }
    }
    if let peers = Peers.current.withLock({ $0 }) { peers.end(nil, 0, "") }
    System.end(0)
  }

  /// What the arguments choose.
  ///
  /// On its way to a subcommand the argument parser reads the flags of each one that it passes up to four times, which is most
  /// of what a debug build needs to start. So the chosen one is asked first; what it can't take, the whole program answers.
  private static func parsed(
    _ command: any ParsableCommand.Type
  ) throws -> any ParsableCommand {
    var (chosen, rest) = (command, joined[...])
    while let argument = rest.first,
      let next = chosen.configuration.subcommands.first(where: { $0._commandName == argument })
    {
      (chosen, rest) = (next, rest.dropFirst())
    }
    if let usual = chosen.configuration.defaultSubcommand, rest.first?.hasPrefix("-") ?? true {
      chosen = usual
    }
    if chosen != command, let parsed = try? chosen.parseAsRoot(Array(rest)),
      type(of: parsed) == chosen
    {
      return parsed
    }
    return try command.parseAsRoot(joined)
  }

  /// Says why a command ended, and ends the process.
  private static func end(_ command: any ParsableCommand.Type, _ error: any Error) -> Never {
    if let failure = error as? OutputFailure, failure.isClosedPipe { System.endByClosedPipe() }
    let error = worded(error)
    let code = command.exitCode(for: error)
    let message = completedFlagMessage(command.fullMessage(for: error))
    let text = code == .success && message == Version.number ? Version.line : message
    if let peers = Peers.current.withLock({ $0 }) { peers.end(error, code.rawValue, text) }
    if code == .success {
      do throws(OutputFailure) {
        if !text.isEmpty { try Console.write(text + "\n") }
      } catch {
        end(command, error)
      }
    } else if !text.isEmpty {
      // Only what is wrong with the arguments has more lines: the usage.
      Console.note((code == .validationFailure ? text.visible : text.visibleLine) + "\n")
    }
    System.end(code.rawValue)
  }

  /// An error in the words of the program's flags.
  package static func worded(_ error: any Error) -> any Error {
    let error = Library.current.advised(error)
    return switch error {
    case let setting as InvalidSetting: Failure(setting.flagged)
    case let fault as FileError: Failure(fault.advised)
    default: error
    }
  }

  /// The arguments of the running program, without the name of a program that is a subcommand.
  package static var arguments: [String] {
    Library.current.isWhole ? Array(joined.dropFirst()) : joined
  }

  /// The arguments, a negative number joined with the option before it: `--hidden -3` asks for -3 units, not for an option `-3`.
  private static var joined: [String] {
    var result: [String] = []
    for argument in CommandLine.arguments.dropFirst() {
      let isNumber = argument.hasPrefix("-") && argument.dropFirst().first?.isNumber == true
      if isNumber, let option = result.last, option.hasPrefix("--"), option.count > 2,
        !option.contains("=")
      {
        result[result.count - 1] = "\(option)=\(argument)"
      } else {
        result.append(argument)
      }
    }
    return result
  }

  /// Refuses a misspelt subcommand, whose flags would be taken for those of the default subcommand.
  private static func checkSubcommands(of command: any ParsableCommand.Type) throws {
    var command = command
    for argument in joined {
      let known = command.configuration.subcommands
      if let next = known.first(where: { $0._commandName == argument }) {
        command = next
        continue
      }
      guard !known.isEmpty, argument != "help", !argument.hasPrefix("-") else { return }
      guard let likely = nearestName(to: argument, among: known.map { $0._commandName }) else {
        return
      }
      throw ValidationError("\(argument): no such command: expected perhaps \(likely)")
    }
  }

  /// Refuses arguments that are no UTF-8: as texts they would become other names.
  private static func checkArguments() throws {
    for index in 1..<max(1, Int(CommandLine.argc)) {
      guard let argument = CommandLine.unsafeArgv[index],
        String(validatingCString: argument) == nil
      else { continue }
      throw ValidationError(
        "argument \(index): expected UTF-8, found other bytes: \(String(cString: argument))")
    }
  }
}
