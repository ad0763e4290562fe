// One model's view of a text: its hidden units as a heat map, the text coloured by a unit, the units with a meaning.

/** The colours of -128 to 127: cold for negative, hot for positive, the strength by the magnitude. */
function palette() {
  const style = getComputedStyle(document.documentElement);
  const rgb = (name) => style.getPropertyValue(name).trim().split(" ").map(Number);
  const [cold, hot] = [rgb("--cold"), rgb("--hot")];
  return Uint32Array.from({ length: 256 }, (_, index) => {
    const value = (index - 128) / 127;
    const [r, g, b] = value < 0 ? cold : hot;
    return ((Math.min(255, Math.abs(value) * 255) << 24) | (b << 16) | (g << 8) | r) >>> 0;
  });
}

/** Signed bytes from base 64. */
export const bytes = (text) => Int8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** Draws signed bytes row by row: a pixel for each, which the page then stretches. */
export function drawBytes(canvas, values, columns, rows) {
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  const colours = palette();
  const pixels = new Uint32Array(image.data.buffer);
  for (let place = 0; place < values.length; place++) pixels[place] = colours[values[place] + 128];
  context.putImageData(image, 0, 0);
  return context;
}

/** A lane's part of the page, made of the template. */
export class View {
  picture = null;
  unit = 0;
  spans = [];

  constructor(lane, handlers) {
    this.lane = lane;
    this.root = document.getElementById("lane-view").content.firstElementChild.cloneNode(true);
    this.root.dataset.lane = lane;
    const find = (name) => this.root.querySelector(`.${name}`);
    [this.title, this.heat, this.number, this.followers, this.characters, this.nearest] =
      ["lane-title", "heat", "unit", "followers", "characters", "nearest"].map(find);
    this.listen(handlers);
  }

  listen({ explain, mark }) {
    this.heat.addEventListener("click", (event) => {
      const box = this.heat.getBoundingClientRect();
      this.choose(Math.floor(((event.clientY - box.top) / box.height) * (this.picture?.units ?? 0)));
    });
    this.heat.addEventListener("keydown", (event) => {
      const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!move) return;
      event.preventDefault();
      this.choose(this.unit + move);
    });
    this.number.addEventListener("input", () => this.choose(Number(this.number.value)));
    const pointed = (event) => {
      const index = event.target.dataset?.index;
      if (index !== undefined && getSelection().isCollapsed) explain(Number(index));
    };
    this.characters.addEventListener("mouseover", pointed);
    this.characters.addEventListener("click", pointed);
    this.characters.addEventListener("mouseleave", () => { if (getSelection().isCollapsed) explain(null); });
    this.characters.addEventListener("mouseup", () => mark(this));
    this.characters.addEventListener("keydown", (event) => this.walk(event, explain, mark));
  }

  /** The arrows go from character to character; Enter marks the one where they are. */
  walk(event, explain, mark) {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (move) {
      event.preventDefault();
      this.cursor = Math.max(1, Math.min(this.spans.length - 1, (this.cursor ?? 0) + move));
      explain(this.cursor);
    }
    if (event.key === "Enter" && this.cursor) mark(this, [this.cursor, this.cursor + 1]);
  }

  /** Shows what the server read. */
  show(answer) {
    this.picture = { ...answer, values: bytes(answer.values), count: answer.pieces.length };
    this.unit = Math.min(this.unit, answer.units - 1);
    this.number.max = answer.units - 1;
    this.nearest.replaceChildren();
    this.spans = answer.pieces.map((piece, index) => {
      const span = document.createElement("span");
      span.textContent = piece;
      span.dataset.index = index;
      return span;
    });
    this.characters.replaceChildren(...this.spans);
    this.draw();
    this.showFollowers();
    this.colourByUnit();
  }

  draw() {
    if (!this.picture) return;
    const { values, count, units } = this.picture;
    const context = drawBytes(this.heat, values, count, units);
    context.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue("--ink");
    context.lineWidth = 0.4;
    context.strokeRect(0, this.unit, count, 1);
  }

  choose(next) {
    if (!this.picture) return;
    this.unit = Math.max(0, Math.min(this.picture.units - 1, next));
    this.draw();
    this.colourByUnit();
  }

  /** Colours the text by the chosen unit. */
  colourByUnit() {
    if (!this.picture) return;
    this.number.value = this.unit;
    const { values, count } = this.picture;
    this.spans.forEach((span, index) => {
      const value = values[this.unit * count + index] / 127;
      span.style.background = `rgb(var(${value < 0 ? "--cold" : "--hot"}) / ${(Math.abs(value) * 0.6).toFixed(2)})`;
      span.classList.remove("target");
    });
    delete this.characters.dataset.explained;
  }

  /** Marks the earlier characters that moved the probability of one. */
  explain(index, { first, norms }) {
    const largest = Math.max(...norms, 1e-12);
    this.spans.forEach((span, place) => {
      const share = place >= first && place < index ? norms[place - first] / largest : 0;
      span.style.background = `rgb(var(--hot) / ${(share * 0.7).toFixed(2)})`;
      span.classList.toggle("target", place === index);
    });
    this.spans[index]?.scrollIntoView({ block: "nearest" });
    this.characters.dataset.explained = index;
  }

  showFollowers() {
    const groups = new Map();
    for (const follower of this.picture.followers) {
      groups.set(follower.feature, [...(groups.get(follower.feature) ?? []), follower]);
    }
    this.followers.replaceChildren();
    for (const [feature, followers] of groups) {
      const line = document.createElement("span");
      line.append(`${feature}: `, ...followers.map(({ unit, correlation }) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = `unit ${unit} (${correlation.toFixed(2)})`;
        button.onclick = () => this.choose(unit);
        return button;
      }));
      this.followers.append(line);
    }
    if (!groups.size) this.followers.textContent = "No unit follows quotes, line position or brackets: this text has none of them.";
  }

  /** The characters of the selected span, as a range; null for none in this view. */
  get selected() {
    const selection = getSelection();
    if (selection.isCollapsed) return null;
    const [from, to] = [selection.anchorNode, selection.focusNode].map((node) => {
      const span = node?.parentElement?.closest("[data-index]");
      return span && this.characters.contains(span) ? Number(span.dataset.index) : NaN;
    });
    return Number.isNaN(from) || Number.isNaN(to) ? null : [Math.min(from, to), Math.max(from, to) + 1];
  }

  /** Lists the states that are nearest to a marked one. */
  showNearest(found) {
    const { pieces } = this.picture;
    const around = (from, to) => pieces.slice(Math.max(0, from), to).join("").replaceAll("\n", "⏎");
    this.nearest.replaceChildren(...found.map(({ index, cosine }) => {
      const item = document.createElement("li");
      const number = document.createElement("small");
      number.textContent = cosine.toFixed(3);
      const mark = document.createElement("b");
      mark.textContent = around(index, index + 1);
      item.append(number, around(index - 24, index), mark, around(index + 1, index + 16));
      return item;
    }));
  }
}
