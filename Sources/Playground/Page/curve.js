// The curves of the losses: training faintly, validation strongly, the floor as a dashed line.

import { color, drawChart, laneColor, redrawn, showLegend } from "./chart.js";
import { element } from "./server.js";

let lanes = [];
let floor = null;
let unit = "character";

/** Starts anew with what the server remembers. */
export function begin(opening) {
  floor = opening.floor ?? null;
  unit = opening.unit === "samples" ? "answer" : "character";
  lanes = opening.lanes.map((lane) => ({ title: lane.title, steps: lane.history.steps, validation: lane.history.validation }));
  draw();
}

/** Adds the points of a message. */
export function extend(messages) {
  messages.forEach((lane, index) => {
    if (!lanes[index]) return;
    lanes[index].steps.push(...lane.news.steps);
    lanes[index].validation.push(...lane.news.validation);
    // A page that stays open for a day keeps few points.
    if (lanes[index].steps.length > 6000) lanes[index].steps = lanes[index].steps.filter((_, place) => place % 2 === 0);
  });
  requestAnimationFrame(draw);
}

/** The running mean of a noisy series. */
function smoothed(points) {
  let mean = null;
  return points.map(([step, loss]) => {
    mean = mean === null ? loss : 0.9 * mean + 0.1 * loss;
    return [step, mean];
  });
}

function draw() {
  const faint = lanes.map((lane) => smoothed(lane.steps));
  const last = Math.max(20, ...lanes.map((lane) => lane.steps.at(-1)?.[0] ?? 0));
  let [top, bottom] = [0.1, floor ?? Infinity];
  for (const points of [...faint, ...lanes.map((lane) => lane.validation)]) {
    for (const [, loss] of points) { if (loss > top) top = loss; if (loss < bottom) bottom = loss; }
  }
  if (!Number.isFinite(bottom)) bottom = 0;
  bottom = Math.max(0, bottom - (top - bottom) * 0.08);
  const lines = lanes.flatMap((lane, index) => [
    { points: faint[index], stroke: laneColor(index), width: 1.2, alpha: 0.4 },
    { points: lane.validation, stroke: laneColor(index), width: 2.4 },
  ]);
  if (floor !== null) lines.unshift({ points: [[0, floor], [last, floor]], stroke: color("--floor"), dashes: [5, 4] });
  const units = unit === "character" ? "nats a character" : "loss";
  drawChart(element("curve"), { lines, last, bottom, top, units, steps: `${last.toLocaleString("en")} steps` });
  describe();
}

function describe() {
  const items = lanes.map((lane, index) => {
    const loss = lane.validation.at(-1)?.[1];
    return [laneColor(index), `${lane.title}: ${loss === undefined ? "not measured yet" : `validation ${loss.toFixed(3)}`}`];
  });
  if (floor !== null) items.push([color("--floor"), `the language's own entropy ${floor.toFixed(3)}`]);
  showLegend(element("legend"), items);
}

redrawn(draw);
