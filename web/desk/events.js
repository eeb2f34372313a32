// News for this point: one signed, open answer on which the platform says "look again". It is a comfort, never a need: while it is down
// the page asks from time to time, and every event may be lost or come twice without harm.

const AGAIN_MS = 3000;

/** The names of the whole events in a text, and what is left of it. Pure. */
export function eventsIn(text) {
  const blocks = text.replaceAll("\r\n", "\n").split("\n\n");
  const rest = blocks.pop();
  const name = (block) => /^event: ?(.*)$/m.exec(block)?.[1];
  return [blocks.map(name).filter(Boolean), rest];
}

/**
 * Follows a point's news until stopped, and comes back after every break. `open(stop)` gives the answer's body as a stream of text;
 * `heard(name)` is called for every event. What it gives says whether it is `alive()` now, and ends with `stop()`.
 */
export function follow({ open, heard, pause = (ms) => new Promise((done) => setTimeout(done, ms)) }) {
  const stopper = new AbortController();
  let alive = false;
  const once = async () => {
    const reader = (await open(stopper.signal)).getReader();
    alive = true;
    for (let rest = ""; ; ) {
      const { done, value } = await reader.read();
      if (done || stopper.signal.aborted) return;
      const [names, left] = eventsIn(rest + value);
      rest = left;
      names.forEach(heard);
    }
  };
  const going = (async () => {
    while (!stopper.signal.aborted) {
      await once().catch(() => undefined);
      alive = false;
      if (!stopper.signal.aborted) await pause(AGAIN_MS);
    }
  })();
  return { alive: () => alive, stop: () => stopper.abort(), ended: going };
}
