// The page: the server's messages go to the views.

import * as curve from "./curve.js";
import "./equations.js";
import * as reading from "./reading.js";
import { element, listen } from "./server.js";
import * as setup from "./setup.js";
import * as writing from "./writing.js";

let current = 0;

listen({
  opening(message) {
    current = message.number;
    setup.show(message);
    setup.showRunning(message.isRunning);
    curve.begin(message);
    reading.show(message);
    writing.look();
  },
  progress(message) {
    if (message.setup !== current) return;
    setup.showRunning(message.isRunning);
    curve.extend(message.lanes);
    const { step, fault } = message.lanes[0] ?? { step: 0 };
    const speed = message.charactersPerSecond.toLocaleString("en");
    const state = message.isRunning ? `${speed} characters a second` : "paused";
    const faults = message.lanes.map((lane) => lane.fault).filter(Boolean);
    element("status").textContent = `Step ${step.toLocaleString("en")} · ${faults.length ? faults.join("; ") : state}`;
  },
  sample({ lanes }) {
    const titles = lanes.length > 1;
    element("sample").replaceChildren(...lanes.flatMap((pieces, index) => {
      const text = pieces.map(writing.surprised);
      if (!titles) return text;
      const title = document.createElement("h4");
      title.textContent = element("lane").options[index].textContent;
      return [title, ...text];
    }));
    writing.look();
  },
  lost() { element("status").textContent = "The connection is lost; trying again …"; },
});

await setup.prepare();
