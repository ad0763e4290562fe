/// The style sheet of a report, with light and dark mode.
enum ReportStyle {
  /// A whole page.
  static func page(title: String, _ body: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>\(title.escaped)</title>
    <style>\n\(css)</style></head><body>

    """ + body + "</body></html>\n"
  }

  /// The number of colours for lines.
  static let colors = 8

  static let css = """
    :root { --paper: #fff; --ink: #1b1f24; --soft: #667; --rule: #dde; --a: #1f6feb; --b: #d9730d;
      --c: #2a8a3e; --d: #a0379a;
      --e: #c03540; --f: #0b8a8a; --g: #7a6a00; --h: #5b5bd6; color-scheme: light dark; }
    @media (prefers-color-scheme: dark) { :root { --paper: #14171c; --ink: #e6e8ee; --soft: #9aa;
      --rule: #333a44; --a: #6aa6ff; --b: #f0a35e; --c: #6fce83; --d: #dd8fd8; --e: #ff8f8f;
      --f: #5fd3d3; --g: #d8c65a; --h: #a9a9ff; } }
    body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper);
      max-width: 1340px; margin: 2em auto; padding: 0 1.2em; }
    h1 { font-size: 1.35em; } h2 { font-size: 1.1em; margin-top: 2em; }
    h3 { font-size: .95em; color: var(--soft); margin-bottom: .2em; }
    table { border-collapse: collapse; margin: .6em 0; }
    th, td { padding: .25em .7em; text-align: right; border-bottom: 1px solid var(--rule); }
    th { color: var(--soft); font-weight: 500; }
    .facts th, .facts td { text-align: left; } caption { text-align: left; color: var(--soft); }
    .hint { color: var(--b); } .best td { font-weight: 600; }
    .charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(440px, 1fr)); gap: 1em; }
    .wide { overflow-x: auto; } figure { margin: 0; }
    svg { width: 100%; height: auto; font-size: 12px; }
    svg text { fill: var(--soft); }
    .side { text-anchor: end; dominant-baseline: middle; } .below { text-anchor: middle; }
    .grid { stroke: var(--rule); }
    polyline { fill: none; stroke-width: 2; stroke: currentColor; stroke-linejoin: round; }
    circle { fill: currentColor; } .hover { opacity: 0; } .hover:hover { opacity: 1; }
    .faint { stroke-width: 1; color: var(--soft); opacity: .35; }
    .c0 { color: var(--a); } .c1 { color: var(--b); } .c2 { color: var(--c); } .c3 { color: var(--d); }
    .c4 { color: var(--e); } .c5 { color: var(--f); } .c6 { color: var(--g); } .c7 { color: var(--h); }
    .key:not(:empty)::before { content: "\\25CF "; } .key { margin-left: .8em; }
    pre { background: color-mix(in srgb, var(--ink) 5%, transparent); padding: .7em;
      white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
    .right { background: color-mix(in srgb, var(--c) calc(var(--share) * 60%), transparent); }
    .wrong { background: color-mix(in srgb, var(--b) calc(var(--share) * 90%), transparent); }

    """
}
