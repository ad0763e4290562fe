// Forecasting: one draws a curve, a small model learns it and goes on with a fan of continuations.

import { color, drawLine, laneColor, prepared, redrawn } from "./chart.js";
import { ask, element } from "./server.js";

const canvas = element("drawing");
/** What was drawn, as points of the picture's left part: x from 0 to 1, y from -1 to 1. */
let stroke = [];
let answer = null;
let question = 0;
/** The share of the picture's width that can be drawn on; the rest is the future. */
const present = 0.62;
const count = 160;

/** The heights of the curve at evenly spaced places; where one drew back and forth, the last stroke counts. */
function heights() {
  const values = new Array(count).fill(null);
  for (let index = 1; index < stroke.length; index++) {
    const [[x0, y0], [x1, y1]] = [stroke[index - 1], stroke[index]];
    const [from, to] = [x0, x1].map((x) => Math.round(x * (count - 1)));
    const step = from <= to ? 1 : -1;
    for (let place = from; place !== to + step; place += step) {
      values[place] = from === to ? y1 : y0 + ((place - from) / (to - from)) * (y1 - y0);
    }
  }
  const [first, last] = [values.findIndex((value) => value !== null), values.findLastIndex((value) => value !== null)];
  return { first, values: first < 0 ? [] : values.slice(first, last + 1) };
}

function draw() {
  const { context, width, height } = prepared(canvas);
  const x = (place) => (place / (count - 1)) * width * present;
  const y = (value) => height / 2 - value * height * 0.42;
  context.fillStyle = color("--page");
  context.fillRect(0, 0, width * present, height);
  drawLine(context, [[width * present, 0], [width * present, height]], { stroke: color("--line"), dashes: [4, 4] });
  const { first, values } = heights();
  if (!values.length) {
    context.font = `15px ${color("--plain")}`;
    context.fillStyle = color("--quiet");
    context.textAlign = "center";
    context.fillText("Draw a curve here", width * present / 2, height / 2);
    context.fillText("It goes on here", width * (1 + present) / 2, height / 2);
    return;
  }
  const now = first + values.length - 1;
  if (answer) drawFan(context, x, y, first, now, values.at(-1));
  drawLine(context, values.map((value, index) => [x(first + index), y(value)]), { stroke: color("--ink"), width: 2.2 });
}

function drawFan(context, x, y, first, now, last) {
  const { bands, paths, fitted } = answer;
  const place = (index) => x(now + 1 + index);
  context.save();
  context.fillStyle = color("--second");
  for (const [low, high, alpha] of [[0, 4, 0.16], [1, 3, 0.28]]) {
    context.globalAlpha = alpha;
    context.beginPath();
    context.moveTo(x(now), y(last));
    bands[high].forEach((value, index) => context.lineTo(place(index), y(value)));
    bands[low].toReversed().forEach((value, index) => context.lineTo(place(bands[low].length - 1 - index), y(value)));
    context.closePath();
    context.fill();
  }
  context.restore();
  const onward = (values) => [[x(now), y(last)], ...values.map((value, index) => [place(index), y(value)])];
  context.globalAlpha = 0.5;
  for (const path of paths) drawLine(context, onward(path), { stroke: color("--second"), width: 1 });
  context.globalAlpha = 1;
  drawLine(context, onward(bands[2]), { stroke: color("--second"), width: 2.4 });
  drawLine(context, fitted.map((value, index) => [x(first + 1 + index), y(value)]), { stroke: laneColor(0), width: 1.2, dashes: [3, 3] });
}

/** Asks the server to learn the curve. */
async function goOn() {
  const { values } = heights();
  const number = ++question;
  answer = null;
  draw();
  if (!values.length) return;
  const say = (text) => { element("forecast-status").textContent = text; };
  say("It learns your curve …");
  try {
    const found = await ask("forecast", { points: values, cell: element("forecast-cell").value.trim() || "gru" });
    // The curve may have changed meanwhile.
    if (number !== question) return;
    answer = found;
    say(`${found.weights.toLocaleString("en")} weights learned it in ${found.steps} steps, to ±${found.error.toPrecision(2)} a step; `
      + "the fan holds half of the paths where it is dark, nine of ten where it is pale.");
    draw();
  } catch (error) {
    if (number === question) say(error.message);
  }
}

const point = (event) => {
  const box = canvas.getBoundingClientRect();
  const x = (event.clientX - box.left) / (box.width * present);
  const y = (box.top + box.height / 2 - event.clientY) / (box.height * 0.42);
  return [Math.max(0, Math.min(1, x)), Math.max(-1.15, Math.min(1.15, y))];
};

canvas.addEventListener("pointerdown", (event) => {
  event.preventDefault();
  canvas.setPointerCapture(event.pointerId);
  stroke = [point(event)];
  answer = null;
  draw();
});
canvas.addEventListener("pointermove", (event) => {
  if (!canvas.hasPointerCapture(event.pointerId)) return;
  stroke.push(point(event));
  draw();
});
canvas.addEventListener("pointerup", goOn);

/** Curves for who has no mouse, or no idea. */
const examples = {
  waves: (x) => 0.7 * Math.sin(x * 37),
  teeth: (x) => 1.4 * ((x * 6) % 1) - 0.7,
  beats: (x) => 0.8 * Math.sin(x * 75) * Math.sin(x * 9.4),
};
for (const [name, height] of Object.entries(examples)) {
  element(`draw-${name}`).addEventListener("click", () => {
    stroke = Array.from({ length: 320 }, (_, index) => [index / 319, height(index / 319)]);
    goOn();
  });
}
element("forecast-cell").addEventListener("change", goOn);
draw();
redrawn(draw);
