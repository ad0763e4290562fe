import Programs

@main enum App {
  static func main() { Programs.main(Train.self) }
}
