// The server: requests as JSON, and its messages by a WebSocket that is opened again when it breaks.

/** Asks the server; throws an Error with the server's words where it refuses. */
export async function ask(name, question = {}) {
  const response = await fetch(`/ask/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(question),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ?? response.statusText);
  return answer;
}

/** Calls `handlers[kind]` for every message; `handlers.lost` while there is no connection. */
export function listen(handlers) {
  const socket = new WebSocket(`ws://${location.host}/events`);
  socket.onmessage = (event) => {
    const message = JSON.parse(event.data);
    handlers[message.kind]?.(message);
  };
  socket.onclose = () => {
    handlers.lost();
    setTimeout(() => listen(handlers), 1000);
  };
}

/** A function that runs after `delay` milliseconds without a further call. */
export function settled(delay, action) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...values), delay);
  };
}

export const element = (id) => document.getElementById(id);
