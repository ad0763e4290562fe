// What is trained: the data, the cell and its sizes, and the controls of a training that runs.

import { ask, element, settled } from "./server.js";
import { typeset } from "./typeset.js";

let papers = new Map();
let running = true;
let current = null;

/** Fills the list of cells; the names are searched as one types. */
export async function prepare() {
  const cells = await ask("cells");
  papers = new Map(cells.map((cell) => [cell.name, `${cell.summary} — ${cell.paper}`]));
  element("cells").replaceChildren(...cells.map((cell) => {
    const option = document.createElement("option");
    option.value = cell.name;
    option.label = cell.summary;
    return option;
  }));
  if (location.hash.startsWith("#setup=")) await openLink();
}

/** Shows the setup that runs. */
export function show(opening) {
  current = opening.setup;
  for (const name of ["data", "units", "layers", "seed"]) element(name).value = current[name];
  element("text").value = current.text;
  element("cell").value = current.cell.includes("\n") ? opening.lanes[0].title : current.cell;
  element("beside").value = current.beside.includes("\n") ? opening.lanes[1]?.title ?? "" : current.beside;
  element("own-text").hidden = current.data !== "text";
  element("rate").value = Math.log10(opening.rate);
  element("temperature").value = opening.temperature;
  showNumbers();
  if (!current.cell.includes("\n")) showEquations(current.cell);
}

export function showRunning(isRunning) {
  running = isRunning;
  element("start").textContent = isRunning ? "Pause" : "Start";
}

/** Trains a changed cell beside the one that it came from. */
export function trainBeside(cell, text) {
  return begin({ ...current, cell, beside: text });
}

export const temperature = () => Number(element("temperature").value);

async function begin(setup) {
  element("setup-error").textContent = "";
  try {
    await ask("setup", setup);
  } catch (error) {
    element("setup-error").textContent = error.message;
    throw error;
  }
}

async function showEquations(name) {
  if (!papers.has(name)) return;
  const cell = await ask("equations", { name });
  typeset(element("formula"), cell.formula);
  element("paper").textContent = papers.get(name);
  dispatchEvent(new CustomEvent("cell", { detail: cell }));
}

/** Reads a link: everything that decides the training, as JSON in base 64. */
async function openLink() {
  try {
    const bytes = Uint8Array.from(atob(location.hash.slice(7)), (letter) => letter.charCodeAt(0));
    await begin(JSON.parse(new TextDecoder().decode(bytes)));
    history.replaceState(null, "", location.pathname);
  } catch (error) {
    element("setup-error").textContent = `The link: ${error.message}`;
  }
}

export function link(setup = current) {
  const bytes = new TextEncoder().encode(JSON.stringify(setup));
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return `${location.origin}/#setup=${btoa(letters)}`;
}

function showNumbers() {
  element("rate-value").textContent = (10 ** Number(element("rate").value)).toPrecision(2);
  element("temperature-value").textContent = temperature().toFixed(2);
}

function chosen() {
  // The names of edited cells stand for their texts.
  const cellOf = (id, old) => (old?.includes("\n") && !papers.has(element(id).value) && element(id).value ? old : element(id).value.trim());
  return {
    data: element("data").value, text: element("data").value === "text" ? element("text").value : "",
    cell: cellOf("cell", current?.cell), beside: cellOf("beside", current?.beside),
    units: Number(element("units").value), layers: Number(element("layers").value),
    seed: Number(element("seed").value), rate: 10 ** Number(element("rate").value),
  };
}

element("setup").addEventListener("submit", (event) => {
  event.preventDefault();
  begin(chosen()).catch(() => {});
});
element("data").addEventListener("change", () => { element("own-text").hidden = element("data").value !== "text"; });
element("cell").addEventListener("input", settled(250, () => showEquations(element("cell").value.trim())));
element("start").addEventListener("click", () => ask("control", { action: running ? "pause" : "start" }));
element("step").addEventListener("click", () => ask("control", { action: "step" }));
element("reset").addEventListener("click", () => ask("control", { action: "reset" }));
element("rate").addEventListener("input", () => { showNumbers(); ask("control", { rate: 10 ** Number(element("rate").value) }); });
element("temperature").addEventListener("input", () => { showNumbers(); ask("control", { temperature: temperature() }); });
element("link").addEventListener("click", async () => {
  history.replaceState(null, "", link());
  try {
    await navigator.clipboard.writeText(link());
    element("link").textContent = "Copied";
  } catch {
    element("link").textContent = "It stands in the address";
  }
  setTimeout(() => { element("link").textContent = "Copy a link"; }, 2000);
});

// A file that is dropped anywhere becomes the text.
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", async (event) => {
  event.preventDefault();
  const file = event.dataTransfer?.files[0];
  if (!file) return;
  element("data").value = "text";
  element("own-text").hidden = false;
  element("text").value = await file.text();
});
