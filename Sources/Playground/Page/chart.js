// Lines in a frame with a grid, sharp on every screen; the colours are the page's.

export const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
export const laneColor = (index) => color(["--accent", "--second", "--third"][index % 3]);

/** A canvas's context, cleared and scaled to the screen's pixels, with its size. */
export function prepared(canvas) {
  const scale = devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = width * scale;
  canvas.height = height * scale;
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  return { context, width, height };
}

/**
 * Draws lines `{points, stroke, width, alpha, dashes}` over x from 0 to `last` and y from `bottom` to `top`, with the
 * words `units` and `steps` below.
 */
export function drawChart(canvas, { lines, last, bottom, top, units, steps }) {
  const { context, width, height } = prepared(canvas);
  if (!width) return;
  const frame = { left: 44, right: width - 10, top: 10, bottom: height - 26 };
  const x = (step) => frame.left + (step / last) * (frame.right - frame.left);
  const y = (value) => frame.bottom - ((value - bottom) / (top - bottom)) * (frame.bottom - frame.top);
  drawGrid(context, frame, y, [bottom, top]);
  context.fillStyle = color("--quiet");
  context.textAlign = "right";
  context.fillText(steps, frame.right, frame.bottom + 18);
  context.textAlign = "left";
  context.fillText(units, frame.left, frame.bottom + 18);
  for (const line of lines) {
    context.globalAlpha = line.alpha ?? 1;
    drawLine(context, line.points.map(([step, value]) => [x(step), y(value)]), line);
    context.globalAlpha = 1;
  }
}

function drawGrid(context, frame, y, [bottom, top]) {
  context.font = `12px ${color("--plain")}`;
  context.lineWidth = 1;
  const stride = 10 ** Math.floor(Math.log10(top - bottom));
  const unit = (top - bottom) / stride < 2.5 ? stride / 2 : stride;
  context.textAlign = "right";
  for (let value = Math.ceil(bottom / unit) * unit; value <= top; value += unit) {
    context.strokeStyle = color("--line");
    context.beginPath(); context.moveTo(frame.left, y(value)); context.lineTo(frame.right, y(value)); context.stroke();
    context.fillStyle = color("--quiet");
    context.fillText(value.toFixed(unit < 1 ? 2 : 1), frame.left - 7, y(value) + 4);
  }
}

/** Draws a line through points of the canvas. */
export function drawLine(context, points, { stroke, width = 1.5, dashes = [] }) {
  context.strokeStyle = stroke;
  context.lineWidth = width;
  context.lineJoin = "round";
  context.setLineDash(dashes);
  context.beginPath();
  points.forEach(([x, y], index) => index ? context.lineTo(x, y) : context.moveTo(x, y));
  context.stroke();
  context.setLineDash([]);
}

/** A legend of `[colour, text]` pairs, which screen readers read too. */
export function showLegend(place, items) {
  place.replaceChildren(...items.map(([stroke, text]) => {
    const item = document.createElement("li");
    const mark = document.createElement("i");
    mark.style.background = stroke;
    item.append(mark, text);
    return item;
  }));
}

/** Calls a function whenever what is drawn has another size or other colours. */
export function redrawn(draw) {
  addEventListener("resize", () => requestAnimationFrame(draw));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}
