import Programs

@main enum Convert {
  static func main() { Programs.main(.convert) }
}
