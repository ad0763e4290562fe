// A text from within, by one model or by two side by side.

import { redrawn } from "./chart.js";
import { View } from "./heat.js";
import { ask, element, settled } from "./server.js";

let views = [];
/** The text that came with the data, as long as nobody has changed it. */
let excerpt = "";

const text = () => element("reading-text").value;

/** Makes a view for each model that learns. */
export function show(opening) {
  if (!text() || text() === excerpt) element("reading-text").value = opening.text;
  excerpt = opening.text;
  views = opening.lanes.map((_, lane) => new View(lane, { explain, mark }));
  views.forEach((view, lane) => {
    view.title.textContent = opening.lanes[lane].title;
    view.title.hidden = views.length < 2;
  });
  element("views").replaceChildren(...views.map((view) => view.root));
  if (opening.unit !== "samples") setTimeout(read, 1500);
}

/** Reads the text with the models as they are now. */
export async function read() {
  await each(async (view) => view.show(await ask("units", { text: text(), lane: view.lane })));
}

/** Does something with every view; what goes wrong is said below them. */
async function each(action) {
  element("reading-error").textContent = "";
  try {
    await Promise.all(views.map(action));
  } catch (error) {
    element("reading-error").textContent = error.message;
  }
}

/** Draws the heat maps again, and returns the milliseconds that it took. */
export function draw() {
  const began = performance.now();
  for (const view of views) view.draw();
  return performance.now() - began;
}

const explainSoon = settled(90, (index) => each(async (view) => {
  if (!view.picture || index < 1 || index >= view.picture.count) return;
  const question = { text: view.picture.pieces.join(""), lane: view.lane, index };
  view.explain(index, await ask("influence", question));
}));

/** Explains a character in all views at once; null for none. */
function explain(index) {
  if (index === null) {
    explainSoon(0);
    for (const view of views) view.colourByUnit();
  } else {
    explainSoon(index);
  }
}

/** The states nearest to the one at the end of a span, in all views. */
function mark(marked, span = marked.selected) {
  if (!span) return;
  const [index, end] = span;
  each(async (view) => {
    if (!view.picture || end > view.picture.count) return;
    view.showNearest(await ask("nearest", { text: view.picture.pieces.join(""), lane: view.lane, index, end }));
  });
}

element("read").addEventListener("click", read);
element("reading-text").addEventListener("input", settled(300, read));
redrawn(draw);
