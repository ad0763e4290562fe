import Programs

@main enum Inspect {
  static func main() { Programs.main(.inspect) }
}
