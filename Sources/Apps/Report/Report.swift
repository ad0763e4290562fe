import Programs

@main enum App {
  static func main() { Programs.main(Report.self) }
}
