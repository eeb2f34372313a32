/** What is before the camera, from one picture to the next. */

/** A code still held before the camera is the same read; out of sight for this long, it is a new one. */
const OUT_OF_SIGHT_MS = 2000;
/** After somebody was let through, no personal code is read until the view was clear for so long: their phone shows the
    next code at once, and that must not count as the next visitor. */
const CLEAR_MS = 600;

/** Tells a new read from a code that is simply still there. Pure. */
export class InView {
  /** @param {(text: string) => boolean} [isPersonal] whether a text may be somebody's code */
  constructor(isPersonal = () => false) {
    this.isPersonal = isPersonal;
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
    const person = text !== null && this.isPersonal(text);
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
