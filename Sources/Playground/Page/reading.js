// A text from within: the hidden units as a heat map, one unit over the text, what moved a character, nearest states.

import { ask, element, settled } from "./server.js";

const canvas = element("heat");
let picture = null;
let unit = 0;
let spans = [];

const lane = () => Number(element("lane").value);
const text = () => element("reading-text").value;

/** Shows how many models there are to look into. */
export function show(opening) {
  if (!text()) element("reading-text").value = opening.text;
  element("lane-choice").hidden = opening.lanes.length < 2;
  if (opening.lanes.length < 2) element("lane").value = "0";
  [...element("lane").options].forEach((option, index) => { option.textContent = opening.lanes[index]?.title ?? "none"; });
  setTimeout(read, 1500);
}

/** Reads the text with the model as it is now. */
export async function read() {
  element("reading-error").textContent = "";
  element("nearest").replaceChildren();
  try {
    const answer = await ask("units", { text: text(), lane: lane() });
    const values = Int8Array.from(atob(answer.values), (letter) => letter.charCodeAt(0));
    picture = { ...answer, values, count: answer.pieces.length };
    unit = Math.min(unit, picture.units - 1);
    element("unit").max = picture.units - 1;
    showCharacters();
    draw();
    showFollowers();
    colourByUnit();
  } catch (error) {
    element("reading-error").textContent = error.message;
  }
}

/** Draws all units at once: a pixel for each unit and character, which the page then stretches. */
export function draw() {
  if (!picture) return 0;
  const began = performance.now();
  const { values, count, units } = picture;
  canvas.width = count;
  canvas.height = units;
  const context = canvas.getContext("2d");
  const image = context.createImageData(count, units);
  const palette = palettes();
  const pixels = new Uint32Array(image.data.buffer);
  for (let place = 0; place < values.length; place++) pixels[place] = palette[values[place] + 128];
  context.putImageData(image, 0, 0);
  context.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue("--ink");
  context.lineWidth = 0.4;
  context.strokeRect(0, unit, count, 1);
  const spent = performance.now() - began;
  canvas.dataset.milliseconds = spent.toFixed(2);
  return spent;
}

/** The colours of -128 to 127: cold for negative, hot for positive, the strength by the magnitude. */
function palettes() {
  const style = getComputedStyle(document.documentElement);
  const rgb = (name) => style.getPropertyValue(name).trim().split(" ").map(Number);
  const [cold, hot] = [rgb("--cold"), rgb("--hot")];
  return Uint32Array.from({ length: 256 }, (_, index) => {
    const value = (index - 128) / 127;
    const [r, g, b] = value < 0 ? cold : hot;
    return ((Math.min(255, Math.abs(value) * 255) << 24) | (b << 16) | (g << 8) | r) >>> 0;
  });
}

function showCharacters() {
  spans = picture.pieces.map((piece, index) => {
    const span = document.createElement("span");
    span.textContent = piece;
    span.dataset.index = index;
    return span;
  });
  element("characters").replaceChildren(...spans);
}

/** Colours the text by the chosen unit. */
function colourByUnit() {
  element("unit").value = unit;
  const row = picture.values.subarray(unit * picture.count, (unit + 1) * picture.count);
  spans.forEach((span, index) => {
    const value = row[index] / 127;
    span.style.background = `rgb(var(${value < 0 ? "--cold" : "--hot"}) / ${(Math.abs(value) * 0.6).toFixed(2)})`;
    span.classList.remove("target");
  });
}

function chooseUnit(next) {
  if (!picture) return;
  unit = Math.max(0, Math.min(picture.units - 1, next));
  draw();
  colourByUnit();
}

function showFollowers() {
  const place = element("followers");
  const groups = Map.groupBy
    ? Map.groupBy(picture.followers, (follower) => follower.feature)
    : picture.followers.reduce((map, follower) => map.set(follower.feature, [...(map.get(follower.feature) ?? []), follower]), new Map());
  place.replaceChildren();
  for (const [feature, followers] of groups) {
    place.append(`${feature}: `);
    for (const { unit: number, correlation } of followers) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = `unit ${number} (${correlation.toFixed(2)})`;
      button.onclick = () => chooseUnit(number);
      place.append(button);
    }
    place.append(" ");
  }
  if (!groups.size) place.textContent = "No unit follows quotes, line position or brackets: this text has none of them.";
}

/** Marks the earlier characters that moved the probability of one. */
const explain = settled(90, async (index) => {
  if (!picture || index < 1) return;
  try {
    const { first, norms } = await ask("influence", { text: picture.pieces.join(""), lane: lane(), index });
    const largest = Math.max(...norms, 1e-12);
    spans.forEach((span, place) => {
      const share = place >= first && place < index ? norms[place - first] / largest : 0;
      span.style.background = `rgb(var(--hot) / ${(share * 0.7).toFixed(2)})`;
      span.classList.toggle("target", place === index);
    });
    element("characters").dataset.explained = index;
  } catch (error) {
    element("reading-error").textContent = error.message;
  }
});

/** The states nearest to the one at the end of the selected span. */
async function showNearest() {
  const selection = getSelection();
  const [from, to] = [selection.anchorNode, selection.focusNode]
    .map((node) => Number(node?.parentElement?.closest("#characters span")?.dataset.index ?? NaN));
  if (!picture || selection.isCollapsed || Number.isNaN(from) || Number.isNaN(to)) return;
  const [index, end] = [Math.min(from, to), Math.max(from, to) + 1];
  const found = await ask("nearest", { text: picture.pieces.join(""), lane: lane(), index, end });
  element("nearest").replaceChildren(...found.map((state) => {
    const item = document.createElement("li");
    const number = document.createElement("small");
    number.textContent = state.cosine.toFixed(3);
    const mark = document.createElement("b");
    mark.textContent = picture.pieces[state.index].replace("\n", "⏎");
    const around = (a, b) => picture.pieces.slice(Math.max(0, a), b).join("").replaceAll("\n", "⏎");
    item.append(number, around(state.index - 24, state.index), mark, around(state.index + 1, state.index + 16));
    return item;
  }));
}

canvas.addEventListener("click", (event) => {
  const box = canvas.getBoundingClientRect();
  chooseUnit(Math.floor(((event.clientY - box.top) / box.height) * (picture?.units ?? 0)));
});
canvas.addEventListener("keydown", (event) => {
  const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!move) return;
  event.preventDefault();
  chooseUnit(unit + move);
});
element("unit").addEventListener("input", () => chooseUnit(Number(element("unit").value)));
element("characters").addEventListener("mouseover", (event) => {
  const index = event.target.dataset?.index;
  if (index !== undefined && getSelection().isCollapsed) explain(Number(index));
});
element("characters").addEventListener("mouseleave", () => { if (picture && getSelection().isCollapsed) colourByUnit(); });
element("characters").addEventListener("mouseup", () => showNearest().catch((error) => { element("reading-error").textContent = error.message; }));
element("read").addEventListener("click", read);
element("lane").addEventListener("change", read);
element("reading-text").addEventListener("input", settled(300, read));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
