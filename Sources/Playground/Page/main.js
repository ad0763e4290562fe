// The page: the server's messages go to the views.

import * as curve from "./curve.js";
import "./equations.js";
import "./forecast.js";
import * as reading from "./reading.js";
import * as samples from "./samples.js";
import { element, listen } from "./server.js";
import * as setup from "./setup.js";
import * as stream from "./stream.js";
import * as writing from "./writing.js";

let current = 0;
let opening = null;
const isText = () => opening?.unit !== "samples";

function progress(message) {
  if (message.setup !== current) return;
  setup.showRunning(message.isRunning);
  curve.extend(message.lanes);
  const { step, fault, fingerprint } = message.lanes[0] ?? { step: 0 };
  const state = message.isRunning ? `${message.unitsPerSecond.toLocaleString("en")} ${opening.unit} a second` : "paused";
  const faults = message.lanes.map((lane) => lane.fault).filter(Boolean);
  element("status").textContent = `Step ${step.toLocaleString("en")} · ${faults.length ? faults.join("; ") : state}`;
  // Whoever opens the same link sees the same bits.
  element("fingerprint").textContent = fingerprint ? `The weights after step 100: ${fingerprint}` : "";
}

await setup.prepare();
listen({
  opening(message) {
    const isNew = message.number !== current;
    [current, opening] = [message.number, message];
    setup.show(message);
    setup.showRunning(message.isRunning);
    curve.begin(message);
    element("sample").replaceChildren();
    if (!isNew) return;
    reading.show(message);
    if (isText()) writing.begin();
  },
  progress,
  sample(message) {
    if (message.setup !== current) return;
    samples.show(message, opening.lanes.map((lane) => lane.title));
    if (isText()) writing.look();
  },
  stream: stream.show,
  lost() { element("status").textContent = "The connection is lost; trying again …"; },
});
