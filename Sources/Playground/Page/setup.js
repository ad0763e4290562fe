// What is trained: the data, the cell and its sizes, and the controls of a training that runs.

import { ask, element, settled } from "./server.js";
import { typeset } from "./typeset.js";

let cells = new Map();
let data = new Map();
let running = true;
let current = null;
/** A link's setup, which is trained once its reader says so. */
let linked = null;
const usual = { data: "tales", text: "", task: "", cell: "lstm", beside: "", units: 64, layers: 1, seed: 1, rate: 0.005 };

const made = (tag, properties) => Object.assign(document.createElement(tag), properties);

/** Fills the lists of data and cells. */
export async function prepare() {
  const choices = await ask("choices");
  data = new Map(choices.data.map((choice) => [choice.name, choice]));
  cells = new Map(choices.cells.map((cell) => [cell.name, cell]));
  const groups = [["Texts", ["corpus", "text"]], ["Tables", ["table"]], ["The laboratory", ["laboratory"]]];
  element("data").replaceChildren(...groups.map(([label, kinds]) => {
    const group = made("optgroup", { label });
    const own = choices.data.filter((choice) => kinds.includes(choice.kind));
    group.append(...own.map(({ name, title }) => made("option", { value: name, textContent: title })));
    return group;
  }));
  element("task").append(...choices.tasks.map((value) => made("option", { value, textContent: value })));
  element("cells").replaceChildren(...choices.cells.map((cell) => made("option", { value: cell.name, label: cell.summary })));
  listCells();
  if (location.hash.startsWith("#setup=")) readLink();
}

/** Shows the setup that runs. */
export function show(opening) {
  current = opening.setup;
  if (linked === null) {
    fill(current, opening.lanes.map((lane) => lane.title));
    element("rate").value = Math.log10(opening.rate);
  }
  element("temperature").value = opening.temperature;
  showNumbers();
  document.body.classList.toggle("of-samples", opening.unit === "samples");
  for (const place of document.querySelectorAll(".text-only")) place.hidden = opening.unit === "samples";
  for (const id of ["writing-lane", "download-lane"]) {
    const select = element(id);
    select.replaceChildren(...opening.lanes.map(({ title }, value) => made("option", { value, textContent: title })));
    select.closest("label").hidden = opening.lanes.length < 2;
  }
  showDownloads();
}

/** Writes a setup into the form; cells that are texts are shown by their names. */
function fill(setup, titles) {
  for (const name of ["data", "task", "text", "units", "layers", "seed"]) element(name).value = setup[name];
  element("cell").value = setup.cell.includes("\n") ? titles[0] : setup.cell;
  element("beside").value = setup.beside.includes("\n") ? titles[1] ?? "" : setup.beside;
  showData();
  listCells();
  if (!setup.cell.includes("\n")) showEquations(setup.cell);
}

export function showRunning(isRunning) {
  running = isRunning;
  element("start").textContent = isRunning ? "Pause" : "Start";
}

/** Trains a changed cell beside the one that it came from. */
export function trainBeside(cell, text) { return begin({ ...current, cell, beside: text }); }

export const temperature = () => Number(element("temperature").value);
const rate = () => 10 ** Number(element("rate").value);

async function begin(setup) {
  element("setup-error").textContent = "";
  try {
    await ask("setup", setup);
  } catch (error) {
    element("setup-error").textContent = error.message;
    throw error;
  }
}

// MARK: Cells

/** The cells whose name, summary and paper have the words that were typed; all of them while a cell is chosen. */
function listCells() {
  const word = element("cell").value.trim().toLowerCase();
  const all = [...cells.values()];
  const has = (cell, part) => `${cell.name} ${cell.summary} ${cell.paper}`.toLowerCase().includes(part);
  const found = cells.has(word) ? all : all.filter((cell) => word.split(/\s+/).every((part) => has(cell, part)));
  element("cell-list").replaceChildren(...found.map(({ name, summary }) =>
    made("option", { value: name, textContent: `${name}: ${summary}`, title: summary, selected: name === word })));
  element("cell-count").textContent = `${found.length} of ${all.length} cells`;
  element("cell-list").querySelector(":checked")?.scrollIntoView({ block: "nearest" });
}

async function showEquations(name) {
  if (!cells.has(name)) return;
  const cell = await ask("equations", { name });
  typeset(element("formula"), cell.formula);
  const { summary, paper } = cells.get(name);
  element("paper").textContent = [summary, paper].filter(Boolean).join(" — ");
  dispatchEvent(new CustomEvent("cell", { detail: cell }));
}

// MARK: Links

/** Reads a link: everything that decides the training, as JSON in base 64. It trains when its reader says so, not before. */
function readLink() {
  try {
    const letters = atob(location.hash.slice("#setup=".length));
    const text = new TextDecoder().decode(Uint8Array.from(letters, (letter) => letter.charCodeAt(0)));
    linked = { ...usual, ...JSON.parse(text) };
    const title = (cell) => cell.match(/^\s*cell\s+([^\s(]+)/)?.[1] ?? "";
    fill(linked, [title(linked.cell), title(linked.beside)]);
    if (linked.rate > 0) { element("rate").value = Math.log10(linked.rate); showNumbers(); }
    element("linked").hidden = false;
  } catch (error) {
    element("setup-error").textContent = `The link: ${error.message}`;
  }
}

function forgetLink() {
  linked = null;
  element("linked").hidden = true;
  if (location.hash) history.replaceState(null, "", location.pathname);
}

export function link(setup = current) {
  const bytes = new TextEncoder().encode(JSON.stringify(setup));
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return `${location.origin}/#setup=${btoa(letters)}`;
}

async function copyLink() {
  history.replaceState(null, "", link());
  try {
    await navigator.clipboard.writeText(link());
    element("link").textContent = "Copied";
  } catch {
    element("link").textContent = "It stands in the address";
  }
  setTimeout(() => { element("link").textContent = "Copy a link"; }, 2000);
}

// MARK: The form

function showNumbers() {
  element("rate-value").textContent = rate().toPrecision(2);
  element("temperature-value").textContent = temperature().toFixed(2);
}

function showData() {
  const kind = data.get(element("data").value)?.kind;
  element("own-text").hidden = kind !== "text" && kind !== "table";
  element("own-text").firstChild.textContent = kind === "table"
    ? "Paste a table or drop a file: commas, tabs or JSON lines" : "Paste a text or drop a file, 2,000 characters or more";
  element("table-task").hidden = kind !== "table";
}

function showDownloads() {
  const lane = element("download-lane").value || "0";
  for (const place of document.querySelectorAll(".links a")) place.search = `?lane=${lane}`;
}

/** Saves a file of the server's, or says why there is none. */
async function download(event) {
  event.preventDefault();
  const { href, pathname } = event.currentTarget;
  element("download-error").textContent = "";
  const response = await fetch(href);
  if (!response.ok) {
    element("download-error").textContent = (await response.json()).error;
    return;
  }
  const url = URL.createObjectURL(await response.blob());
  made("a", { href: url, download: pathname.split("/").at(-1) }).click();
  URL.revokeObjectURL(url);
}

function chosen() {
  // The names of edited cells stand for their texts.
  const old = linked ?? current;
  const cellOf = (id) => {
    const name = element(id).value.trim();
    return old?.[id].includes("\n") && !cells.has(name) && name ? old[id] : name;
  };
  const value = (id) => element(id).value;
  const sends = ["text", "table"].includes(data.get(value("data"))?.kind);
  return {
    data: value("data"), text: sends ? value("text") : "", task: value("data") === "table" ? value("task") : "",
    cell: cellOf("cell"), beside: cellOf("beside"), units: Number(value("units")), layers: Number(value("layers")),
    seed: Number(value("seed")), rate: linked?.rate && Math.abs(linked.rate / rate() - 1) < 0.07 ? linked.rate : rate(),
  };
}

async function submit(event) {
  event.preventDefault();
  const setup = chosen();
  const wasLinked = linked;
  linked = null;
  try {
    await begin(setup);
    forgetLink();
  } catch {
    linked = wasLinked;
  }
}

element("setup").addEventListener("submit", submit);
element("data").addEventListener("change", () => {
  showData();
  element("rate").value = Math.log10(data.get(element("data").value).rate);
  showNumbers();
});
const showTyped = settled(250, () => showEquations(element("cell").value.trim()));
element("cell").addEventListener("input", () => { listCells(); showTyped(); });
element("cell-list").addEventListener("change", () => {
  element("cell").value = element("cell-list").value;
  showEquations(element("cell").value);
});
const control = (question) => ask("control", question).catch((error) => { element("setup-error").textContent = error.message; });
element("start").addEventListener("click", () => control({ action: running ? "pause" : "start" }));
element("step").addEventListener("click", () => control({ action: "step" }));
element("reset").addEventListener("click", () => control({ action: "reset" }));
element("rate").addEventListener("input", () => { showNumbers(); control({ rate: rate() }); });
element("temperature").addEventListener("input", () => { showNumbers(); control({ temperature: temperature() }); });
element("link").addEventListener("click", copyLink);
element("ignore-link").addEventListener("click", () => { forgetLink(); location.reload(); });
for (const place of document.querySelectorAll(".links a")) place.addEventListener("click", download);
element("download-lane").addEventListener("change", showDownloads);

// A file that is dropped anywhere becomes the text or the table.
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", async (event) => {
  event.preventDefault();
  const file = event.dataTransfer?.files[0];
  if (!file) return;
  element("data").value = /\.(csv|tsv|jsonl?)$/i.test(file.name) ? "table" : "text";
  showData();
  element("text").value = await file.text();
});
