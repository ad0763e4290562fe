import ArgumentParser
import Downloads

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension Programs {
  /// Parses the arguments, runs what they choose, and ends the process: with 0, with 64 where the arguments are wrong, or
  /// with 1 and one line.
  static func run(_ command: any ParsableCommand.Type, with library: Library) -> Never {
    occupyStandardDescriptors()
    // A closed pipe is an error of the write that meets it, so that no training is killed unsaved.
    signal(SIGPIPE, SIG_IGN)
    Library.$current.withValue(library) {
      do {
        try checkArguments()
        var chosen = try command.parseAsRoot(joinedArguments)
        try chosen.run()
      } catch {
        end(command, error)
      }
    }
    exit(0)
  }

  /// Says why a command ended, and ends the process.
  private static func end(_ command: any ParsableCommand.Type, _ error: any Error) -> Never {
    if let failure = error as? OutputFailure, failure.isClosedPipe { endByClosedPipe() }
    let error = worded(error)
    let code = command.exitCode(for: error)
    let text = command.fullMessage(for: error)
    if code == .success {
      do throws(OutputFailure) {
        if !text.isEmpty { try Console.write(text + "\n") }
      } catch {
        end(command, error)
      }
    } else if !text.isEmpty {
      Console.note(text + "\n")
    }
    exit(code.rawValue)
  }

  /// An error with what to do by a flag.
  private static func worded(_ error: any Error) -> any Error {
    guard let error = error as? DownloadError else { return error }
    let book = error.file == .timeMachine ? "timemachine:FILE" : "FILE"
    return Failure("\(error); a file of your own serves too: --dataset \(book)")
  }

  /// Ends as a program ends whose output nobody reads any longer.
  private static func endByClosedPipe() -> Never {
    signal(SIGPIPE, SIG_DFL)
    raise(SIGPIPE)
    exit(1)
  }

  /// Puts something in the place of a closed standard descriptor, so that no file which is opened later gets its number:
  /// reading from it and writing to it fail.
  private static func occupyStandardDescriptors() {
    for (descriptor, mode) in [(Int32(0), O_WRONLY), (1, O_RDONLY), (2, O_RDONLY)]
    where fcntl(descriptor, F_GETFD) == -1 && errno == EBADF {
      // The lowest number that is free: those below have been looked at already.
      _ = open("/dev/null", mode)
    }
  }

  /// The arguments, a negative number joined with the option before it: `--hidden -3` asks for -3 units, not for an option `-3`.
  private static var joinedArguments: [String] {
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
