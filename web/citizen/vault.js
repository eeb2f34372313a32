// What the phone keeps: its key, which no script can read out, its tickets and what the first screen says. All in IndexedDB.

const opened = () =>
  new Promise((done, fail) => {
    const asked = indexedDB.open("tongma", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("kept");
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });
let base;

async function within(mode, work) {
  base ??= opened();
  const change = (await base).transaction("kept", mode, { durability: "strict" });
  const asked = work(change.objectStore("kept"));
  return new Promise((done, fail) => {
    change.oncomplete = () => done(Array.isArray(asked) ? asked.map((one) => one.result) : asked?.result);
    change.onabort = change.onerror = () => fail(change.error);
  });
}

/** Reads several names at once. */
export const recall = (...names) => within("readonly", (kept) => names.map((name) => kept.get(name)));
/** Keeps one value; `undefined` forgets it. */
export const keep = (name, value) => within("readwrite", (kept) => (value === undefined ? kept.delete(name) : kept.put(value, name)));
/** Changes one value in one transaction, so that two pages do not undo each other's work. Gives the value that is kept. */
export async function amend(name, change) {
  let after;
  await within("readwrite", (kept) => {
    const asked = kept.get(name);
    asked.onsuccess = () => kept.put((after = change(asked.result)), name);
  });
  return after;
}
/** Forgets everything, as after a sign-out. */
export const forget = () => within("readwrite", (kept) => kept.clear());

/** This phone's key, made when it is first wanted. Non-extractable: even this page can only use it. */
export async function deviceKey() {
  const [held] = await recall("key");
  if (held) return held;
  const made = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  await keep("key", made);
  return made;
}

/** A ticket's seed: the first 12 bytes of HMAC-SHA-256(key, "tongma/seed/v0" ‖ handle). One per handle, never per slot of time. */
export async function seedOf(key, handle) {
  const label = new TextEncoder().encode("tongma/seed/v0");
  const message = new Uint8Array(label.length + handle.length);
  message.set(label);
  message.set(handle, label.length);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, message)).slice(0, 12);
}
