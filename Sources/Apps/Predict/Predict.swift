import ProgramsCore

@main enum App {
  static func main() { Program.main(Predict.self) }
}
