/// The script of a report's page: values under a pointer or finger, the slider that smooths, and reloading while a run goes on.
///
/// The page is whole without it. It asks for nothing outside the page.
enum ReportScript {
  /// The slider, which the script shows where a curve can be smoothed.
  static let slider = """
    <p class="tools" hidden><label>Smoothing <input type="range" min="0" max="100" value="28"></label></p>

    """

  /// Seconds between two readings of a page whose run goes on.
  static let period = 10

  static let text = """
    (() => {
      const all = (query, within = document) => [...within.querySelectorAll(query)]
      const numbers = text => text ? text.split(' ').map(Number) : []
      const brief = y => y !== 0 && (Math.abs(y) >= 1e6 || Math.abs(y) < 1e-3)
        ? y.toExponential(3) : Number(y.toPrecision(5)).toLocaleString('en')

      // The moving average over a share of the values to each side.
      const smoothed = (y, share) => {
        const reach = Math.round(y.length * share)
        return y.map((_, i) => {
          const near = y.slice(Math.max(0, i - reach), i + reach + 1)
          return near.reduce((sum, value) => sum + value, 0) / near.length
        })
      }

      const charts = all('svg.chart').map(svg => {
        const [x0, x1, y0, y1] = numbers(svg.dataset.range)
        const [left, top, width, height] = numbers(svg.dataset.box)
        const up = svg.dataset.log ? Math.log : y => y
        return {
          svg, axis: svg.dataset.axis, output: svg.parentNode.querySelector('output'),
          isDots: svg.classList.contains('dots'), top, height,
          lines: all('[data-y]', svg).map(mark => {
            const y = numbers(mark.dataset.y)
            return { mark, name: mark.dataset.name || '', x: numbers(mark.dataset.x), y, shown: y }
          }),
          across: x => left + (x - x0) / (x1 - x0 || 1) * width,
          down: y => top + (1 - (up(y) - up(y0)) / (up(y1) - up(y0) || 1)) * height,
        }
      })

      const smooth = share => {
        for (const { lines, across, down } of charts) {
          for (const line of lines.filter(line => line.mark.classList.contains('smooth'))) {
            line.shown = smoothed(line.y, share)
            line.mark.setAttribute(
              'points', line.x.map((x, i) => across(x).toFixed(1) + ',' + down(line.shown[i]).toFixed(1)).join(' '))
          }
        }
      }
      const tools = document.querySelector('.tools')
      if (tools && all('polyline.smooth').length) {
        const slider = tools.querySelector('input')
        const apply = () => smooth((slider.value / 100) ** 2 / 4)
        try { slider.value = sessionStorage.getItem('smoothing') ?? slider.value } catch {}
        slider.addEventListener('input', () => {
          apply()
          try { sessionStorage.setItem('smoothing', slider.value) } catch {}
        })
        tools.hidden = false
        apply()
      }

      const element = (name, attributes) => {
        const made = document.createElementNS(charts[0].svg.namespaceURI, name)
        for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
        return made
      }
      for (const chart of charts) {
        const pointer = element('g', { class: 'pointer' })
        chart.svg.append(pointer)
        const clear = () => { pointer.replaceChildren(); chart.output.replaceChildren() }
        const point = event => {
          clear()
          const box = chart.svg.getBoundingClientRect()
          const scale = chart.svg.viewBox.baseVal.width / box.width
          const [x, y] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale]
          const found = chart.lines.filter(line => line.x.length).map(line => {
            const far = i => Math.hypot(
              chart.across(line.x[i]) - x, chart.isDots ? chart.down(line.y[i]) - y : 0)
            const i = line.x.reduce((best, _, i) => far(i) < far(best) ? i : best, 0)
            return { line, at: line.x[i], value: line.shown[i] }
          })
          if (!found.length) return
          const nearest = found.reduce((best, one) =>
            Math.abs(chart.across(one.at) - x) < Math.abs(chart.across(best.at) - x) ? one : best)
          const place = chart.across(nearest.at)
          if (!chart.isDots) {
            pointer.append(element(
              'line', { x1: place, x2: place, y1: chart.top, y2: chart.top + chart.height }))
          }
          chart.output.append(chart.axis + ' ' + brief(nearest.at))
          for (const { line, at, value } of found) {
            const style = [...line.mark.classList].filter(name => /^c[0-9]$/.test(name)).join()
            pointer.append(element(
              'circle', { class: style, r: 3.5, cx: chart.across(at), cy: chart.down(value) }))
            const text = document.createElement('span')
            text.className = style
            // Many lines are told apart by their colours alone: their names would move the chart.
            const name = found.length > 3 ? '' : line.name || (chart.isDots ? 'predicted' : '')
            text.textContent = name + ' ' + brief(value)
            chart.output.append(text)
          }
        }
        chart.svg.addEventListener('pointermove', point)
        chart.svg.addEventListener('pointerdown', point)
        chart.svg.addEventListener('pointerleave', clear)
      }

      // A file that was not written for a quarter of an hour is that of a run that was killed.
      const age = () => (Date.now() - Date.parse(document.lastModified)) / 1000
      if (document.body.classList.contains('running') && age() < 900) {
        const reload = () => document.querySelector(':active') ? setTimeout(reload, 1000) : location.reload()
        setTimeout(reload, \(period)000)
      }
    })()

    """
}
