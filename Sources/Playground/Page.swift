/// The page's files, which stand in the folder `Page` and are compiled into the program.
enum Page {
  struct File: Sendable {
    let type: String
    let bytes: [UInt8]
  }

  /// The file of a path; nil if there is none.
  static func file(_ path: String) -> File? {
    switch path {
    case "/": File(type: "text/html; charset=utf-8", bytes: PackageResources.index_html)
    case "/style.css": File(type: "text/css; charset=utf-8", bytes: PackageResources.style_css)
    case "/main.js": script(PackageResources.main_js)
    case "/server.js": script(PackageResources.server_js)
    case "/chart.js": script(PackageResources.chart_js)
    case "/curve.js": script(PackageResources.curve_js)
    case "/samples.js": script(PackageResources.samples_js)
    case "/stream.js": script(PackageResources.stream_js)
    case "/forecast.js": script(PackageResources.forecast_js)
    case "/heat.js": script(PackageResources.heat_js)
    case "/typeset.js": script(PackageResources.typeset_js)
    case "/setup.js": script(PackageResources.setup_js)
    case "/writing.js": script(PackageResources.writing_js)
    case "/reading.js": script(PackageResources.reading_js)
    case "/equations.js": script(PackageResources.equations_js)
    default: nil
    }
  }

  private static func script(_ bytes: [UInt8]) -> File {
    File(type: "text/javascript; charset=utf-8", bytes: bytes)
  }
}
