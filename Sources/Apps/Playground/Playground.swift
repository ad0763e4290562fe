import Playground
import ProgramsCore

@main enum App {
  static func main() { Program.main(PlaygroundCommand.self) }
}
