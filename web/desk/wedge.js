/**
 * Keyboard-wedge scanners: a bar-code reader that types. A scanner is told from a hand by its speed alone, so that no
 * text field has to hold the focus and no input method composes what is scanned. Pure: events in, codes out.
 */

/** A hand leaves 80 ms and more between keys, a scanner 1 to 20. */
export const GAP_MS = 50;
/** Once so many keys came at a scanner's speed it is a scanner, and a radio link that stutters does not cut its code in two. */
const SURE_LENGTH = 8;
const STUTTER_MS = 200;
/** Shorter bursts are a hand rolling over two keys. */
export const LEAST_LENGTH = 4;
/** The same text again within this time is the same physical read. */
export const REPEAT_MS = 2000;
/** Longer than any code met at a counter. */
const MOST_LENGTH = 2048;

const PUNCTUATION = {
  Minus: "-_", Equal: "=+", Slash: "/?", Period: ".>", Comma: ",<", Semicolon: ";:", Quote: "'\"", Space: "  ",
  BracketLeft: "[{", BracketRight: "]}", Backslash: "\\|", Backquote: "`~",
  NumpadDecimal: "..", NumpadSubtract: "--", NumpadAdd: "++", NumpadMultiply: "**", NumpadDivide: "//",
};
const SHIFTED_DIGITS = ")!@#$%^&*(";

/**
 * The character of a key press. `key` when it is one character; when an input method has taken it ("Process",
 * "Unidentified"), the physical `code` on the usual layout.
 * @param {{key?: string, code?: string, shiftKey?: boolean}} event
 * @returns {string|null}
 */
export function characterOf({ key = "", code = "", shiftKey = false }) {
  if ([...key].length === 1) {
    const plain = key.normalize("NFKC");
    return /^[\x20-\x7e]$/.test(plain) ? plain : null;
  }
  if (key !== "" && key !== "Process" && key !== "Unidentified") return null;
  const digit = /^(Digit|Numpad)([0-9])$/.exec(code);
  if (digit) return shiftKey && digit[1] === "Digit" ? SHIFTED_DIGITS[Number(digit[2])] : digit[2];
  const letter = /^Key([A-Z])$/.exec(code);
  if (letter) return shiftKey ? letter[1] : letter[1].toLowerCase();
  return PUNCTUATION[code]?.[shiftKey ? 1 : 0] ?? null;
}

/**
 * @typedef {object} WedgeOptions
 * @property {(text: string) => void} onCode
 * @property {() => (() => void)|undefined} [onStart] called at the first key of what may be a scan; what it returns is called
 *   when it was one, to put back a field that the first keys leaked into
 * @property {(text: string) => boolean} [isWhole] whether a burst without Enter is a whole code all the same
 */

export class Wedge {
  /** @param {WedgeOptions} options */
  constructor({ onCode, onStart = () => undefined, isWhole = () => false }) {
    this.onCode = onCode;
    this.onStart = onStart;
    this.isWhole = isWhole;
    this.lastCode = "";
    this.lastCodeMs = -Infinity;
    this.#reset();
  }

  #reset() {
    this.text = "";
    this.lastMs = -Infinity;
    this.altDigits = "";
    this.putBack = undefined;
  }

  /**
   * A key went down.
   * @param {KeyboardEvent|object} event `timeStamp` in milliseconds
   * @returns {boolean} whether the page should not see it: it belongs to a scan
   */
  down(event) {
    if (event.repeat) return false;
    if (event.ctrlKey || event.metaKey) {
      this.#reset();
      return false;
    }
    const inTime = this.#inTime(event.timeStamp);
    if (event.key === "Enter" || event.key === "Tab" || event.code === "NumpadEnter") return this.#end(event, inTime);
    if (event.altKey) return this.#alt(event, inTime);
    const character = characterOf(event);
    if (character === null) return false;
    return this.#add(character, event.timeStamp, inTime);
  }

  /**
   * A key went up. Only the Alt key matters: it ends a character sent as Alt and its number on the keypad.
   * @param {KeyboardEvent|object} event
   */
  up(event) {
    if (event.key !== "Alt" || this.altDigits === "") return;
    const number = Number(this.altDigits);
    this.altDigits = "";
    if (number < 0x20 || number > 0x7e) return;
    this.#add(String.fromCharCode(number), event.timeStamp, this.#inTime(event.timeStamp));
  }

  #inTime(nowMs) {
    return nowMs - this.lastMs < (this.text.length >= SURE_LENGTH ? STUTTER_MS : GAP_MS);
  }

  /**
   * Time has passed without a key: some scanners send no Enter, so a whole code of ours ends by itself.
   * @param {number} nowMs on the clock of the events' `timeStamp`
   */
  idle(nowMs) {
    if (this.text === "" || nowMs - this.lastMs < STUTTER_MS) return;
    if (this.isWhole(this.text)) this.#emit(nowMs);
    else this.#reset();
  }

  #alt(event, inTime) {
    const digit = /^Numpad([0-9])$/.exec(event.code ?? "");
    if (!digit) return false;
    if (!inTime && this.altDigits === "") this.#reset();
    this.altDigits = (this.altDigits + digit[1]).slice(-4);
    this.lastMs = event.timeStamp;
    return true;
  }

  #add(character, nowMs, inTime) {
    if (!inTime || this.text === "") {
      this.#reset();
      this.putBack = this.onStart();
    }
    this.text = (this.text + character).slice(0, MOST_LENGTH);
    this.lastMs = nowMs;
    return this.text.length >= LEAST_LENGTH;
  }

  #end(event, inTime) {
    if (!inTime || this.text.length < LEAST_LENGTH) {
      this.#reset();
      return false;
    }
    this.#emit(event.timeStamp);
    return true;
  }

  #emit(nowMs) {
    const { text, putBack } = this;
    this.#reset();
    putBack?.();
    const repeated = text === this.lastCode && nowMs - this.lastCodeMs < REPEAT_MS;
    this.lastCode = text;
    this.lastCodeMs = nowMs;
    if (!repeated) this.onCode(text);
  }
}
