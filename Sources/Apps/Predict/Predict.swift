import Programs

@main enum Predict {
  static func main() { Programs.main(.predict) }
}
