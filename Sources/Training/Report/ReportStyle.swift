/// The style sheet of a report, with light and dark mode, for wide and narrow screens.
enum ReportStyle {
  /// A whole page.
  ///
  /// - Parameter isRunning: whether the page is written again while it is read, so that it reloads itself.
  static func page(title: String, isRunning: Bool = false, _ body: String) -> String {
    let refresh =
      isRunning
      ? "<noscript><meta http-equiv=\"refresh\" content=\"\(ReportScript.period)\"></noscript>\n"
      : ""
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      \(refresh)<title>\(title.escaped)</title>
      <style>\n\(css)</style></head><body\(isRunning ? " class=\"running\"" : "")>

      """ + body + "<script>\n\(ReportScript.text)</script>\n</body></html>\n"
  }

  /// The number of colours for lines.
  static let colors = 8

  static let css = """
    :root { --paper: #fff; --ink: #1b1f24; --soft: #5c6470; --rule: #dde1e7; --a: #1f6feb;
      --b: #c2570c; --c: #22863a; --d: #a0379a;
      --e: #c03540; --f: #0b7f7f; --g: #7a6a00; --h: #5b5bd6; color-scheme: light dark; }
    @media (prefers-color-scheme: dark) { :root { --paper: #14171c; --ink: #e6e8ee; --soft: #a3adb8;
      --rule: #333a44; --a: #6aa6ff; --b: #f0a35e; --c: #6fce83; --d: #dd8fd8; --e: #ff8f8f;
      --f: #5fd3d3; --g: #d8c65a; --h: #a9a9ff; } }
    * { box-sizing: border-box; }
    body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper);
      max-width: 1340px; margin: 2em auto; padding: 0 1.2em; overflow-wrap: anywhere; }
    h1 { font-size: 1.35em; line-height: 1.25; } h2 { font-size: 1.15em; margin-top: 2em; }
    h3 { font-size: .95em; color: var(--soft); margin: 1em 0 .3em; }
    table { border-collapse: collapse; margin: .6em 0; font-variant-numeric: tabular-nums; }
    th, td { padding: .25em .7em; text-align: right; border-bottom: 1px solid var(--rule); }
    th { color: var(--soft); font-weight: 500; }
    .facts th, .facts td, .words th, .words td { text-align: left; vertical-align: top; }
    .facts th { white-space: nowrap; } .words td { min-width: 7em; }
    caption { text-align: left; color: var(--soft); }
    .hint { color: var(--b); } .best td { font-weight: 600; } .soft { color: var(--soft); }
    .running h1::after { content: " \\25CF\\A0 running"; color: var(--c); font-size: .7em;
      font-weight: 500; white-space: nowrap; }
    .charts { display: grid; gap: 1.4em;
      grid-template-columns: repeat(auto-fill, minmax(min(420px, 100%), 1fr)); }
    .cards { display: grid; gap: 1em 1.6em;
      grid-template-columns: repeat(auto-fill, minmax(min(300px, 100%), 1fr)); }
    .card { min-width: 0; } .card > div { display: flex; gap: 1em; } .card p { margin: 0; }
    .wide { overflow-x: auto; } .wide th, .wide td { overflow-wrap: normal; }
    figure { margin: 0; min-width: 0; } figcaption { min-height: 1.5em; }
    .small { flex: 1; font-size: .85em; } .small figcaption { color: var(--soft); }
    .small svg { height: 64px; } .ends { display: flex; justify-content: space-between;
      color: var(--soft); border-top: 1px solid var(--rule); font-size: .85em; }
    .filled { fill: var(--a); opacity: .65; }
    .outline { fill: none; stroke: var(--soft); vector-effect: non-scaling-stroke; }
    svg { display: block; width: 100%; height: auto; overflow: visible; font-size: 12.5px; }
    .chart { touch-action: pan-y; } svg text { fill: var(--soft); }
    .side { text-anchor: end; dominant-baseline: middle; } .below { text-anchor: middle; }
    .note { text-anchor: end; paint-order: stroke; stroke: var(--paper); stroke-width: 3px; }
    .grid { stroke: var(--rule); } .pointer line { stroke: var(--soft); }
    .level { stroke: var(--soft); stroke-dasharray: 5 4; }
    polyline { fill: none; stroke-width: 2; stroke: currentColor; stroke-linejoin: round; }
    polyline.level { stroke: var(--soft); stroke-width: 1; }
    circle { fill: currentColor; } .points { opacity: .55; } .dashed { stroke-dasharray: 4 3; }
    .faint { stroke-width: 1; opacity: .25; }
    .c0 { color: var(--a); } .c1 { color: var(--b); } .c2 { color: var(--c); } .c3 { color: var(--d); }
    .c4 { color: var(--e); } .c5 { color: var(--f); } .c6 { color: var(--g); } .c7 { color: var(--h); }
    .key::before { content: "\\25CF\\A0"; } .key { margin-left: .8em; white-space: nowrap; }
    output { float: right; font-size: .9em; color: var(--soft); font-variant-numeric: tabular-nums; }
    output span { margin-left: .8em; white-space: nowrap; } .tools input { vertical-align: middle; }
    mark { background: color-mix(in srgb, var(--b) 30%, transparent); color: inherit; }
    pre { background: color-mix(in srgb, var(--ink) 5%, transparent); padding: .7em;
      white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
    .right { background: color-mix(in srgb, var(--c) calc(var(--share) * 60%), transparent); }
    .wrong { background: color-mix(in srgb, var(--b) calc(var(--share) * 90%), transparent); }
    @media (max-width: 640px) { body { padding: 0 .9em; margin: 1em auto; }
      svg { font-size: 16px; } th, td { padding: .25em .45em; } }

    """
}
