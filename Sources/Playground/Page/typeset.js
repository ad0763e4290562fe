// Sets a formula's plain text as mathematics: letters in italics, what follows _ and ^ below and above.

const functions = new Set(["tanh", "relu", "exp", "log", "sqrt", "softmax", "max", "min", "sum", "sin", "cos", "sign", "abs", "sigmoid", "softplus"]);

/** The parts of one line: words with their scripts, and signs. */
function parts(line) {
  return line.match(/[A-Za-zσμτγβφελαΔθω]+(?:\^[A-Za-z0-9]+)?(?:_[A-Za-z0-9]+)?ᵀ?'?|\s+|[^A-Za-z]/gu) ?? [];
}

function typesetPart(part) {
  const match = part.match(/^([^\W\d_]+)(?:\^([A-Za-z0-9]+))?(?:_([A-Za-z0-9]+))?(ᵀ?'?)$/u);
  if (!match) return document.createTextNode(part);
  const [, name, above, below, mark] = match;
  const whole = document.createElement("span");
  const base = document.createElement(functions.has(name) ? "span" : "i");
  base.textContent = name;
  whole.append(base);
  for (const [tag, text] of [["sup", above], ["sub", below]]) {
    if (!text) continue;
    const script = document.createElement(tag);
    script.textContent = text;
    whole.append(script);
  }
  if (mark) whole.append(mark.replace("'", "′"));
  return whole;
}

/** Shows a formula in an element, its equals signs below each other. */
export function typeset(place, formula) {
  const table = document.createElement("table");
  for (const line of formula.split("\n").filter((line) => line.trim())) {
    const row = table.insertRow();
    const cut = line.indexOf(" = ");
    const sides = cut < 0 ? ["", line] : [line.slice(0, cut), line.slice(cut + 1)];
    for (const side of sides) row.insertCell().append(...parts(side).map(typesetPart));
  }
  place.replaceChildren(table);
}
