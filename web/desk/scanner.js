/**
 * Everything that reads codes at this point, as one stream: the camera, a wedge scanner, typing goes its own way.
 */
import { looksLike } from "./number.js";
import { Wedge } from "./wedge.js";

/** A code still held before the camera is the same read; out of sight for this long, it is a new one. */
const OUT_OF_SIGHT_MS = 2000;
/** After somebody was let through, no personal code is read until the view was clear for so long: their phone shows the
    next code at once, and that must not count as the next visitor. */
const CLEAR_MS = 600;

/** Tells a new read from a code that is simply still there. Pure. */
export class InView {
  constructor() {
    this.seen = new Map();
    this.personSeenMs = -Infinity;
    this.waitsForClear = false;
  }

  /** The last code was accepted: wait until it is taken away. */
  accepted() {
    this.waitsForClear = true;
  }

  /** @param {string|null} text what the picture held @param {number} nowMs @returns {boolean} whether this is a new read */
  isNew(text, nowMs) {
    const person = text !== null && looksLike(text) !== "other";
    if (this.waitsForClear && nowMs - this.personSeenMs >= CLEAR_MS) this.waitsForClear = false;
    if (person) this.personSeenMs = nowMs;
    if (text === null) return false;
    const last = this.seen.get(text) ?? -Infinity;
    for (const [other, at] of this.seen) if (nowMs - at > OUT_OF_SIGHT_MS) this.seen.delete(other);
    this.seen.set(text, nowMs);
    if (person && this.waitsForClear) return false;
    return nowMs - last > OUT_OF_SIGHT_MS;
  }
}

/** Listens to the keyboard of the whole page. @param {(text: string) => void} onCode @returns {() => void} stops */
export function listenToKeys(onCode) {
  const snapshot = () => {
    const field = document.activeElement;
    if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)) return undefined;
    const { value } = field;
    return () => {
      field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    };
  };
  const wedge = new Wedge({ onCode, onStart: snapshot, isWhole: (text) => looksLike(text) !== "other" });
  let idle;
  const down = (event) => {
    if (wedge.down(event)) {
      event.preventDefault();
      event.stopPropagation();
    }
    clearTimeout(idle);
    idle = setTimeout(() => wedge.idle(performance.now()), 250);
  };
  const up = (event) => wedge.up(event);
  document.addEventListener("keydown", down, true);
  document.addEventListener("keyup", up, true);
  return () => {
    document.removeEventListener("keydown", down, true);
    document.removeEventListener("keyup", up, true);
  };
}
