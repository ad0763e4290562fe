import Programs

@main enum Generate {
  static func main() { Programs.main(.generate) }
}
