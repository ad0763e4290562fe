// The equations as text: errors as one types, the gradient check's numbers, and a training beside the original.

import { ask, element, settled } from "./server.js";
import { trainBeside } from "./setup.js";
import { typeset } from "./typeset.js";

let origin = "lstm";

/** A cell was chosen: its text is there to be changed, unless one has changed it already. */
addEventListener("cell", ({ detail }) => {
  const place = element("equations");
  if (place.dataset.changed === "true") return;
  origin = detail.name;
  place.value = detail.text;
  typeset(element("edited-formula"), detail.formula);
});

async function verdict(measures) {
  const answer = await ask("verdict", { text: element("equations").value, measures });
  element("equations-error").textContent = answer.fault ? answer.fault.message : "";
  if (answer.formula) typeset(element("edited-formula"), answer.formula);
  return answer;
}

/** The numbers of the gradient check, each beside what is tolerated. */
function showChecks(checks) {
  const table = element("checks");
  table.replaceChildren();
  if (!checks.length) return;
  const row = (cells, tag, className = "") => {
    const line = table.insertRow();
    line.className = className;
    for (const text of cells) line.append(Object.assign(document.createElement(tag), { textContent: text }));
  };
  row(["compared", "error", "tolerated"], "th");
  for (const { name, error, tolerance } of checks) {
    const holds = error <= tolerance;
    // Some checks are of laws, which hold or do not; numbers that are not finite come as huge ones.
    const found = tolerance === 0 ? (holds ? "holds" : "fails") : error > 1e99 ? "not finite" : error.toExponential(1);
    row([name, found, tolerance === 0 ? "" : tolerance.toExponential(0)], "td", holds ? "" : "bad");
  }
}

element("equations").addEventListener("input", () => { element("equations").dataset.changed = "true"; });
element("equations").addEventListener("input", settled(200, async () => { showChecks([]); await verdict(false); }));
element("check").addEventListener("click", async () => showChecks((await verdict(true)).checks));
element("train-edited").addEventListener("click", async () => {
  const { fault, checks } = await verdict(true);
  showChecks(checks);
  if (fault) return;
  try {
    await trainBeside(origin, `${element("equations").value.trimEnd()}\n`);
  } catch (error) {
    element("equations-error").textContent = error.message;
  }
});
