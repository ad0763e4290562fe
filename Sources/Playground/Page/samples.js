// What the models can do now: texts with each character's surprise, or answers and forecasts beside the right ones.

import { color, drawLine, laneColor, prepared } from "./chart.js";
import { element } from "./server.js";

/** Marks a character by its surprise, in nats. */
export function surprised({ text, surprise }) {
  const span = document.createElement("span");
  span.textContent = text;
  span.style.background = `rgb(var(--hot) / ${Math.min(0.6, surprise / 8).toFixed(2)})`;
  span.title = `${surprise.toFixed(2)} nats`;
  return span;
}

const made = (tag, text = "", className = "") =>
  Object.assign(document.createElement(tag), { textContent: text, className });

/** Shows a message of samples; the titles are those of the lanes. */
export function show({ lanes }, titles) {
  const isText = lanes.some((lane) => lane.pieces.length);
  element("sample-note").hidden = !isText;
  element("sample").replaceChildren(...lanes.flatMap((lane, index) => {
    const title = lanes.length > 1 ? [made("h4", titles[index])] : [];
    if (lane.pieces.length) return [...title, ...lane.pieces.map(surprised)];
    return [...title, made("p", lane.measures || "Not measured yet.", "note"), ...answers(lane)];
  }));
}

function answers({ answers, curves }) {
  const parts = [];
  if (curves.length) parts.push(forecast(curves));
  if (!answers.length) return parts;
  const table = made("table", "", "answers");
  const head = table.createTHead().insertRow();
  for (const name of ["input", "answer", "right"]) head.append(made("th", name));
  const body = table.createTBody();
  for (const { input, answer, right, fault } of answers) {
    const row = body.insertRow();
    row.className = fault > 0 ? "wrong" : "";
    for (const text of [input, answer, right]) row.insertCell().textContent = text;
  }
  return [...parts, table];
}

/** Curves over each other: what came, and what was forecast. */
function forecast(curves) {
  const canvas = made("canvas", "", "forecast-sample");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", curves.map((curve) => curve.name).join(" and "));
  requestAnimationFrame(() => {
    const { context, width, height } = prepared(canvas);
    const all = curves.flatMap((curve) => curve.values);
    const [low, high] = [Math.min(...all), Math.max(...all)];
    curves.forEach((curve, index) => {
      const points = curve.values.map((value, step) =>
        [(step / Math.max(1, curve.values.length - 1)) * width, height - 4 - ((value - low) / (high - low || 1)) * (height - 8)]);
      drawLine(context, points, { stroke: index ? laneColor(index - 1) : color("--quiet"), width: 1.8 });
    });
  });
  const figure = made("figure");
  const caption = made("figcaption", "", "note");
  curves.forEach((curve, index) => {
    const mark = made("b", curve.name);
    mark.style.color = index ? laneColor(index - 1) : color("--quiet");
    caption.append(index ? " · " : "", mark);
  });
  figure.append(canvas, caption);
  return figure;
}
