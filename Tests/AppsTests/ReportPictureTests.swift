import Foundation
import Testing

/// How a report looks in Chromium, which has no network here.
@Suite(.enabled(if: Browser.installed != nil, "no Chromium on this machine"))
struct ReportPictureTests {
  /// The page is drawn in light and dark, wide and narrow: every look is another picture, and none is empty.
  @Test func looksGoodEverywhere() throws {
    let browser = try #require(Browser.installed)
    try withTemporaryDirectory { directory in
      try Self.train(in: directory)
      let looks = [
        "--window-size=1300,1800", "--window-size=500,1800",
        "--window-size=1300,1800 --blink-settings=preferredColorScheme=0",
      ]
      let pictures = try looks.map { look in
        let picture = directory + "/picture.png"
        let outcome = try browser.show(
          "run/report.html", in: directory,
          look.split(separator: " ").map(String.init) + ["--screenshot=\(picture)"])
        #expect(outcome.status == 0, "\(outcome.error)")
        return try Data(contentsOf: URL(fileURLWithPath: picture))
      }
      for (look, picture) in zip(looks, pictures) {
        // An empty page of this size takes about 10 kB.
        let isPicture = picture.prefix(4) == Data([0x89, 0x50, 0x4E, 0x47])
        #expect(isPicture && picture.count > 40_000, "\(look)")
      }
      #expect(Set(pictures).count == looks.count)
      for width in [360, 800, 1300] {
        try expectNothingClipped(browser, width: width, in: directory)
      }
    }
  }

  /// No part of the page is wider than the screen, no text of a chart lies outside of it or over another, and a finger on a
  /// chart shows its values.
  /// A page reloads itself every ten seconds while training goes on, but not when it has ended, nor when a killed run has
  /// left its page long ago.
  @Test func reloadsWhileTrainingGoesOn() throws {
    let browser = try #require(Browser.installed)
    try withTemporaryDirectory { directory in
      try Self.train(in: directory)
      let report = directory + "/run/report.html"
      let ended = try String(contentsOfFile: report, encoding: .utf8)
      let running = ended.replacing("<body>", with: "<body class=\"running\">")
      try Self.counting.write(
        toFile: directory + "/count.html", atomically: true, encoding: .utf8)
      for (page, age, loads) in [(ended, 0.0, 1), (running, 0, 4), (running, 3600, 1)] {
        try page.write(toFile: report, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes(
          [.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: report)
        let outcome = try browser.show(
          "count.html", in: directory,
          ["--allow-file-access-from-files", "--virtual-time-budget=35000", "--dump-dom"])
        #expect(outcome.output.contains("<title>loaded \(loads)</title>"), "\(age)")
      }
    }
  }

  /// A page that shows the report in a frame, and counts in its title how often it is loaded.
  private static let counting = """
    <!DOCTYPE html><title>loaded 0</title><iframe src="run/report.html"></iframe>
    <script>
    let loads = 0
    document.querySelector('iframe').onload = () => { document.title = `loaded ${++loads}` }
    </script>

    """

  private func expectNothingClipped(_ browser: Browser, width: Int, in directory: String) throws {
    try Self.measuring(width: width)
      .write(toFile: directory + "/measure.html", atomically: true, encoding: .utf8)
    let outcome = try browser.show(
      "measure.html", in: directory,
      ["--allow-file-access-from-files", "--window-size=1400,900", "--dump-dom"])
    let found = outcome.output.split(separator: "<title>").dropFirst().first?
      .split(separator: "</title>").first
    #expect(
      found
        == "width \(width), outside 0, overlapping 0, values shown true, smoothed true")
  }

  private static func train(in directory: String) throws {
    let outcome = try Program("train").run(
      [
        "tag", "--max-steps", "20", "--evaluate-every", "10", "--hidden", "16", "--batch-size",
        "16",
        "--threads", "1", "--run", "run", "--quiet",
      ], in: directory)
    #expect(outcome.status == 0, "\(outcome.error)")
  }

  /// A page that shows the report in a frame, measures it, and says the result in its title.
  private static func measuring(width: Int) -> String {
    """
    <!DOCTYPE html><title>nothing</title>
    <iframe src="run/report.html" style="border:0; width:\(width)px; height:800px"></iframe>
    <script>
    const frame = document.querySelector('iframe')
    frame.onload = () => {
      const page = frame.contentDocument, all = query => [...page.querySelectorAll(query)]
      const box = part => part.getBoundingClientRect()
      const texts = all('svg text').map(text => ({ svg: text.ownerSVGElement, box: box(text) }))
      const outside = texts.filter(({ box }) => box.left < 0 || box.right > \(width)).length
      const overlapping = texts.filter((one, i) => texts.some((other, j) => j > i
        && one.svg === other.svg && one.box.left < other.box.right && other.box.left < one.box.right
        && one.box.top + 4 < other.box.bottom && other.box.top + 4 < one.box.bottom)).length
      const chart = all('svg.chart')[0], place = box(chart)
      chart.dispatchEvent(new frame.contentWindow.PointerEvent('pointermove', {
        clientX: place.left + place.width / 2, clientY: place.top + 20 }))
      const said = chart.parentNode.querySelector('output').textContent
      const values = /^step \\d+training \\d\\.\\d+validation \\d\\.\\d+$/.test(said.replaceAll(/ +/g, ' '))
      const line = all('polyline.smooth')[0], before = line.getAttribute('points')
      const slider = all('.tools input')[0]
      slider.value = 100
      slider.dispatchEvent(new frame.contentWindow.Event('input'))
      const smoothed = line.getAttribute('points') !== before
      document.title = `width ${page.documentElement.scrollWidth}, outside ${outside}, `
        + `overlapping ${overlapping}, values shown ${values}, smoothed ${smoothed}`
    }
    </script>

    """
  }
}

/// Chromium, as Debian installs it.
struct Browser {
  static let installed = ["/usr/bin/chromium", "/usr/bin/chromium-browser"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }.map(Browser.init)

  let path: String

  /// Opens a file of a directory without a window.
  func show(_ file: String, in directory: String, _ flags: [String]) throws -> Program.Outcome {
    try Program(path: path).run(
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
        "--user-data-dir=\(directory)/profile", "--proxy-server=127.0.0.1:9",
      ] + flags + ["file://\(directory)/\(file)"])
  }
}
