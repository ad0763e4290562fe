// The text that one types: what may come next, how the model goes on, and the branches that were taken. The server keeps
// the state at every branch, with the model as it was when the first was taken.

import { surprised } from "./samples.js";
import { ask, element, settled } from "./server.js";
import { temperature } from "./setup.js";

/** A branch: its node in the server's tree, its text, and the branches that begin with it. */
let root = { node: 0, text: element("prompt").value, children: [] };
let here = root;
/** The server's tree; null until a branch is taken. */
let tree = null;
/** The number of questions about the text, of which the last one counts. */
let asked = 0;
/** Requests that change the tree wait for each other. */
let queue = Promise.resolve();

const prompt = () => element("prompt").value;
const lane = () => Number(element("writing-lane").value);
const inTurn = (action) => { queue = queue.then(action).catch(failed); return queue; };

/** A new training has begun: the branches belong to a model that is gone. */
export function begin() { uproot(); }

/** Asks the model about the text; called as it changes and as the model learns. */
export async function look() {
  const [k, p] = [Number(element("top-k").value), Number(element("top-p").value)];
  const place = tree ? { tree: tree.number, node: here.node } : { text: prompt(), lane: lane() };
  const question = { ...place, temperature: temperature(), seed: 1 };
  if (k > 0) question.topK = k;
  if (p > 0) question.topP = p;
  const own = ++asked;
  try {
    const { choices, continuation } = await ask("next", question);
    // The text may have changed meanwhile, and the bars belong to the text.
    if (own !== asked) return;
    showChoices(choices);
    element("continuation").replaceChildren(...continuation.map(surprised));
  } catch (error) {
    failed(error);
  }
}

function failed(error) {
  // A server that has begun anew, or many other trees since.
  if (error.message.startsWith("tree:")) uproot();
  element("continuation").textContent = error.message;
}

const visible = (text) => ({ " ": "␣", "\n": "⏎", "\t": "⇥" })[text] ?? text;
const shown = (text) => Array.from(text, visible).join("") || "∅";

/** The bars; those that are there already change their lengths, so that one sees them move. */
function showChoices(choices) {
  const place = element("choices");
  while (place.children.length > choices.length) place.lastChild.remove();
  choices.forEach(({ text, probability }, index) => {
    const button = place.children[index] ?? place.appendChild(newChoice());
    const [letter, bar, number] = [button.children[0], button.children[1].firstChild, button.children[2]];
    letter.textContent = visible(text);
    bar.style.width = `${(100 * probability).toFixed(1)}%`;
    number.textContent = `${(100 * probability).toFixed(1)}%`;
    button.disabled = false;
    button.onclick = () => inTurn(() => take(text));
  });
}

function newChoice() {
  const button = document.createElement("button");
  button.type = "button";
  const track = document.createElement("span");
  track.append(Object.assign(document.createElement("div"), { className: "bar" }));
  button.append(document.createElement("b"), track, document.createElement("small"));
  return button;
}

// MARK: The tree

/** Takes the branch of a character. */
async function take(piece) {
  await plant();
  const known = here.children.find((child) => child.piece === piece);
  go(known ?? await grow(here, piece));
}

/** Begins the server's tree, if there is none. */
async function plant() {
  if (tree) return;
  root = here = { node: 0, text: prompt(), children: [] };
  const place = await ask("branch", { text: root.text, lane: lane() });
  tree = { number: place.tree, step: place.step };
}

async function grow(from, piece) {
  const { node } = await ask("branch", { tree: tree.number, node: from.node, text: piece });
  const branch = { node, piece, text: from.text + piece, children: [], parent: from };
  from.children.push(branch);
  return branch;
}

/** What was typed goes on from the branch that it begins with; a text that begins otherwise begins anew. */
async function typed() {
  if (!tree) return look();
  if (prompt() === here.text) return;
  let from = here;
  while (from && !prompt().startsWith(from.text)) from = from.parent;
  if (!from) { uproot(); return; }
  const piece = prompt().slice(from.text.length);
  if (!piece) { go(from); return; }
  const branch = await grow(from, piece);
  // A word that is typed in two goes is one branch.
  if (from.isTyped && from.children.length === 1) {
    const { parent } = from;
    parent.children[parent.children.indexOf(from)] = branch;
    Object.assign(branch, { parent, piece: from.piece + piece });
  }
  branch.isTyped = true;
  go(branch);
}

function go(branch) {
  here = branch;
  if (prompt() !== branch.text) element("prompt").value = branch.text;
  for (const button of element("choices").children) button.disabled = true;
  showTree();
  look();
}

/** Forgets the branches; the model as it is now answers again. */
function uproot() {
  tree = null;
  root = here = { node: 0, text: prompt(), children: [] };
  showTree();
  look();
}

function showTree() {
  element("renew").hidden = element("tree-note").hidden = !tree;
  if (tree) element("tree-note").textContent = `Branches of the model as it was at step ${tree.step.toLocaleString("en")}; each keeps its state.`;
  element("tree").replaceChildren(item(root));
}

function item(branch) {
  const line = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = shown(branch.piece ?? branch.text);
  if (branch === here) button.setAttribute("aria-current", "true");
  button.onclick = () => inTurn(() => go(branch));
  line.append(button);
  if (branch.children.length) {
    const list = document.createElement("ul");
    list.append(...branch.children.map(item));
    line.append(list);
  }
  return line;
}

const typedSoon = settled(200, () => inTurn(typed));
const lookSoon = settled(120, look);
element("prompt").addEventListener("input", typedSoon);
for (const id of ["top-k", "top-p", "temperature"]) element(id).addEventListener("input", lookSoon);
element("writing-lane").addEventListener("change", uproot);
element("renew").addEventListener("click", uproot);
showTree();
