import Programs

@main enum Train {
  static func main() { Programs.main(.train) }
}
