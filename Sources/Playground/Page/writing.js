// The text that one types: what may come next, how the model goes on, and the branches that were taken.

import { ask, element, settled } from "./server.js";
import { temperature } from "./setup.js";

/** A branch: a text, and the branches that begin with it. */
const root = { text: element("prompt").value, children: [] };
let here = root;

/** Marks a character by its surprise, in nats. */
export function surprised({ text, surprise }) {
  const span = document.createElement("span");
  span.textContent = text;
  span.style.background = `rgb(var(--hot) / ${Math.min(0.6, surprise / 8).toFixed(2)})`;
  span.title = `${surprise.toFixed(2)} nats`;
  return span;
}

/** Asks the model about the text; called as it changes and as the model learns. */
export async function look() {
  const [k, p] = [Number(element("top-k").value), Number(element("top-p").value)];
  const question = { text: element("prompt").value, temperature: temperature(), seed: 1 };
  if (k > 0) question.topK = k;
  if (p > 0) question.topP = p;
  try {
    const { choices, continuation } = await ask("next", question);
    showChoices(choices);
    element("continuation").replaceChildren(...continuation.map(surprised));
  } catch (error) {
    element("continuation").textContent = error.message;
  }
}

const visible = (text) => ({ " ": "␣", "\n": "⏎", "\t": "⇥" })[text] ?? text;

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
    button.onclick = () => take(text);
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

/** Takes the branch of a character. */
function take(text) {
  settle();
  const next = here.text + text;
  let branch = here.children.find((child) => child.text === next);
  if (!branch) here.children.push(branch = { text: next, children: [] });
  go(branch);
}

/** What was typed since the last branch becomes a branch of its own. */
function settle() {
  const text = element("prompt").value;
  if (text === here.text) return;
  if (here === root && root.children.length === 0) { root.text = text; return; }
  const branch = { text, children: [] };
  (text.startsWith(here.text) ? here : root).children.push(branch);
  here = branch;
}

function go(branch) {
  here = branch;
  element("prompt").value = branch.text;
  showTree();
  look();
}

function showTree() {
  const item = (branch, before) => {
    const line = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    const own = branch.text.startsWith(before) ? branch.text.slice(before.length) : branch.text;
    button.textContent = Array.from(own, visible).join("") || "∅";
    button.setAttribute("aria-current", branch === here);
    button.onclick = () => go(branch);
    line.append(button);
    if (branch.children.length) {
      const list = document.createElement("ul");
      list.append(...branch.children.map((child) => item(child, branch.text)));
      line.append(list);
    }
    return line;
  };
  element("tree").replaceChildren(item(root, ""));
}

const lookSoon = settled(120, look);
for (const id of ["prompt", "top-k", "top-p", "temperature"]) element(id).addEventListener("input", lookSoon);
showTree();
