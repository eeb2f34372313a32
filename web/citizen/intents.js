// One key for one intention. Whoever presses again after an answer that never came sends the same key, so the thing is done once;
// whoever has had an answer and presses again means it anew. Pure: storage and randomness are arguments.

const PLACE = "tongma.intents";
const MOST = 20;

/**
 * @param {{getItem: (name: string) => string|null, setItem: (name: string, text: string) => void}} storage outlives a reload of the page
 * @param {() => string} fresh a new key, 1 to 64 printable ASCII characters
 */
export function makeIntents(storage, fresh) {
  const read = () => {
    try {
      return JSON.parse(storage.getItem(PLACE)) ?? [];
    } catch {
      return [];
    }
  };
  const write = (list) => {
    try {
      storage.setItem(PLACE, JSON.stringify(list.slice(-MOST)));
    } catch {
      /* without storage a key lasts as long as its request */
    }
  };
  // A PIN is typed, sent and forgotten: it is in no storage, so it is in no name of an intention.
  const unsaid = (key, value) => (key === "pin" || key === "current" ? undefined : value);
  const named = (method, path, body) => `${method} ${path} ${JSON.stringify(body ?? null, unsaid)}`;
  return {
    /** The key of this intention: the same until `settled`. */
    key(method, path, body) {
      const name = named(method, path, body);
      const list = read();
      const held = list.find((entry) => entry.name === name);
      if (held) return held.key;
      const key = fresh();
      write([...list, { name, key }]);
      return key;
    },
    /** A final answer came: the next press is a new intention. */
    settled(method, path, body) {
      const name = named(method, path, body);
      write(read().filter((entry) => entry.name !== name));
    },
  };
}

/** Whether an answer with this status ends the intention. Too early, too many and the server's own faults do not. */
export const settles = (status) => status < 500 && status !== 425 && status !== 429 && status !== 408;
