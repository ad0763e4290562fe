import Programs

@main enum Evaluate {
  static func main() { Programs.main(.evaluate) }
}
