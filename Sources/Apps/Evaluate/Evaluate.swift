import Programs

@main enum App {
  static func main() { Programs.main(Evaluate.self) }
}
