// One open connection on which the platform says "look again". It is a comfort, never a need: while it is down, the page asks from
// time to time, and every event may be lost or come twice without harm.

const TRY_AGAIN_MS = 60_000; // after the platform refused the connection; a mere break is mended by the browser itself

/**
 * Keeps a connection while told to. `make(url)` opens an EventSource; `looked(name)` is called for every event. What it gives has
 * `open()`, `close()` and `alive()`.
 */
export function live({ make, looked, later = setTimeout, never = clearTimeout }) {
  let [source, timer] = [null, null];
  const close = () => {
    never(timer);
    source?.close();
    source = null;
  };
  const open = () => {
    if (source) return;
    never(timer);
    source = make("/v1/me/events");
    for (const name of ["look", "question", "log", "things"]) source.addEventListener(name, () => looked(name));
    source.addEventListener("error", () => {
      if (source?.readyState !== 2) return; // it comes back by itself, with the number of the last event it heard
      close();
      timer = later(open, TRY_AGAIN_MS);
    });
  };
  return { open, close, alive: () => source?.readyState === 1 };
}
