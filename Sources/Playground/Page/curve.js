// The curves of the losses: training faintly, validation strongly, the floor as a dashed line.

import { element } from "./server.js";

const canvas = element("curve");
let lanes = [];
let floor = null;

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const laneColor = (index) => color(index === 0 ? "--accent" : "--second");

/** Starts anew with what the server remembers. */
export function begin(opening) {
  floor = opening.floor ?? null;
  lanes = opening.lanes.map((lane) => ({ title: lane.title, steps: lane.history.steps, validation: lane.history.validation }));
  draw();
}

/** Adds the points of a message. */
export function extend(messages) {
  messages.forEach((lane, index) => {
    if (!lanes[index]) return;
    lanes[index].steps.push(...lane.news.steps);
    lanes[index].validation.push(...lane.news.validation);
    // A page that stays open for a day keeps few points: the older half is thinned.
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
  const scale = devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = width * scale;
  canvas.height = height * scale;
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  const all = lanes.flatMap((lane) => [...smoothed(lane.steps), ...lane.validation]);
  const lastStep = Math.max(20, ...lanes.map((lane) => lane.steps.at(-1)?.[0] ?? 0));
  let [top, bottom] = [0.5, floor ?? Infinity];
  for (const [, loss] of all) { if (loss > top) top = loss; if (loss < bottom) bottom = loss; }
  if (!Number.isFinite(bottom)) bottom = 0;
  bottom = Math.max(0, bottom - (top - bottom) * 0.08);
  const frame = { left: 44, right: width - 10, top: 10, bottom: height - 26 };
  const x = (step) => frame.left + (step / lastStep) * (frame.right - frame.left);
  const y = (loss) => frame.bottom - ((loss - bottom) / (top - bottom)) * (frame.bottom - frame.top);
  drawAxes(context, frame, x, y, lastStep, [bottom, top]);
  if (floor !== null) drawLine(context, [[0, floor], [lastStep, floor]], x, y, color("--floor"), 1.5, [5, 4]);
  lanes.forEach((lane, index) => {
    context.globalAlpha = 0.4;
    drawLine(context, smoothed(lane.steps), x, y, laneColor(index), 1.2);
    context.globalAlpha = 1;
    drawLine(context, lane.validation, x, y, laneColor(index), 2.4);
  });
  describe();
}

function drawAxes(context, frame, x, y, lastStep, [bottom, top]) {
  context.font = `12px ${color("--plain")}`;
  context.lineWidth = 1;
  const stride = 10 ** Math.floor(Math.log10(top - bottom));
  const unit = (top - bottom) / stride < 2.5 ? stride / 2 : stride;
  context.textAlign = "right";
  for (let loss = Math.ceil(bottom / unit) * unit; loss <= top; loss += unit) {
    context.strokeStyle = color("--line");
    context.beginPath(); context.moveTo(frame.left, y(loss)); context.lineTo(frame.right, y(loss)); context.stroke();
    context.fillStyle = color("--quiet");
    context.fillText(loss.toFixed(unit < 1 ? 2 : 1), frame.left - 7, y(loss) + 4);
  }
  context.fillText(`${lastStep.toLocaleString("en")} steps`, frame.right, frame.bottom + 18);
  context.textAlign = "left";
  context.fillText("nats a character", frame.left, frame.bottom + 18);
}

function drawLine(context, points, x, y, stroke, width, dashes = []) {
  context.strokeStyle = stroke;
  context.lineWidth = width;
  context.lineJoin = "round";
  context.setLineDash(dashes);
  context.beginPath();
  points.forEach(([step, loss], index) => index ? context.lineTo(x(step), y(loss)) : context.moveTo(x(step), y(loss)));
  context.stroke();
  context.setLineDash([]);
}

/** The legend, which screen readers read too. */
function describe() {
  const items = lanes.map((lane, index) => {
    const loss = lane.validation.at(-1)?.[1];
    return [laneColor(index), `${lane.title}: ${loss === undefined ? "not measured yet" : `validation ${loss.toFixed(3)}`}`];
  });
  if (floor !== null) items.push([color("--floor"), `the language's own entropy ${floor.toFixed(3)}`]);
  element("legend").replaceChildren(...items.map(([stroke, text]) => {
    const item = document.createElement("li");
    const mark = document.createElement("i");
    mark.style.background = stroke;
    item.append(mark, text);
    return item;
  }));
}

addEventListener("resize", () => requestAnimationFrame(draw));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
