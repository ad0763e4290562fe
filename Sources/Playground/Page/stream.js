// Learning without going back: three learners on one stream, and the influence matrix that one of them carries.

import { color, drawChart, laneColor, redrawn, showLegend } from "./chart.js";
import { bytes, drawBytes } from "./heat.js";
import { ask, element } from "./server.js";

let news = null;

/** Shows what the server tells of the stream. */
export function show(message) {
  const isFirst = news === null;
  news = message;
  if (isFirst) {
    for (const name of ["cell", "units", "delay", "reach"]) element(`stream-${name}`).value = message.options[name];
  }
  element("stream-run").textContent = message.isRunning ? "Pause" : "Go on";
  element("stream-result").hidden = false;
  element("stream-status").textContent = `Step ${message.step.toLocaleString("en")}`;
  draw();
  showCosts();
}

function draw() {
  if (!news) return;
  const last = Math.max(100, news.step);
  const tops = news.lanes.flatMap((lane) => lane.points.map(([, loss]) => loss));
  const lines = [
    { points: [[0, news.guessing], [last, news.guessing]], stroke: color("--quiet"), dashes: [5, 4] },
    ...news.lanes.map((lane, index) => ({ points: lane.points, stroke: laneColor(index), width: 2 })),
  ];
  drawChart(element("stream-curve"), {
    lines, last, bottom: 0, top: Math.min(2, Math.max(0.8, ...tops)), units: "nats a bit", steps: `${last.toLocaleString("en")} steps`,
  });
  showLegend(element("stream-legend"), [
    ...news.lanes.map((lane, index) => [laneColor(index), `${lane.title}: ${lane.points.at(-1)?.[1].toFixed(3) ?? "…"}`]),
    [color("--quiet"), `guessing ${news.guessing.toFixed(3)}`],
  ]);
  drawInfluence();
}

/** The matrix, with lines between the parameters and between the states. */
function drawInfluence() {
  const { picture } = news;
  const canvas = element("influence");
  if (!picture) return;
  drawBytes(canvas, bytes(picture.values), picture.columns, picture.rows);
  canvas.setAttribute("aria-label",
    `Influence matrix: ${picture.rows} rows of states, ${picture.columns} columns of weights, the largest ${picture.largest.toPrecision(2)}`);
  const names = picture.parameters.map(({ name, count }) => {
    const part = document.createElement("span");
    part.style.flexGrow = count;
    part.textContent = name;
    part.title = `${name}: ${count} weights`;
    return part;
  });
  element("influence-parameters").replaceChildren(...names);
  const states = picture.states.map(({ name, count }) => `${name} (${count === 1 ? "1 row" : `${count} rows`})`).join(", ");
  element("influence-note").textContent =
    `How each weight (column) has moved each unit (row) over the whole stream so far: ${states}; largest ${picture.largest.toPrecision(2)}. `
    + "Exact RTRL carries this matrix forward and never goes back.";
}

function showCosts() {
  const table = element("stream-costs");
  table.replaceChildren();
  const row = (cells, tag) => {
    const line = table.insertRow();
    for (const text of cells) line.append(Object.assign(document.createElement(tag), { textContent: text }));
  };
  row(["", "µs a step", "numbers carried"], "th");
  for (const lane of news.lanes) row([lane.title, Math.round(lane.microseconds).toLocaleString("en"), lane.floats.toLocaleString("en")], "td");
}

async function control(question) {
  element("stream-error").textContent = "";
  try {
    await ask("stream", question);
  } catch (error) {
    element("stream-error").textContent = error.message;
  }
}

function begin(event) {
  event.preventDefault();
  const number = (name) => Number(element(`stream-${name}`).value);
  const options = {
    cell: element("stream-cell").value.trim(), units: number("units"), delay: number("delay"), reach: number("reach"),
    rate: 0.01, seed: 1,
  };
  control({ options, isRunning: true });
}

element("stream-setup").addEventListener("submit", begin);
element("stream-run").addEventListener("click", () => control({ isRunning: !news?.isRunning }));
redrawn(draw);
