import ProgramsCore

@main enum App {
  static func main() { Program.main(Convert.self) }
}
