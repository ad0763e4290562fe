import Programs

@main enum Cells {
  static func main() { Programs.main(.cells) }
}
