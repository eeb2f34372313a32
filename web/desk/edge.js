/**
 * The edge rules (`lib/edge`, in the desk's WebAssembly) as the gate uses them. Here is only translation: bytes to hex,
 * and what a record carries that the store needs for pruning.
 */
import { fromBase64 } from "./sign.js";

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

export class EdgeRules {
  /** @param {import("../shared/wasm.js").Desk} desk @param {() => boolean} clockTrusted */
  constructor(desk, clockTrusted) {
    this.desk = desk;
    this.clockTrusted = clockTrusted;
    this.list = null;
  }

  /**
   * Begins with what was kept. Records that do not follow each other mean a lost memory: then steps begun before now are refused.
   * @param {{prunedThrough: number, counter: number, memorySinceMs: number, records: Array<{bytes: Uint8Array}>}} kept
   * @param {number} nowMs
   */
  begin({ prunedThrough, counter, memorySinceMs, records }, nowMs) {
    this.desk.gateStart(prunedThrough, memorySinceMs);
    if (!records.every(({ bytes }) => this.desk.gateApply(bytes))) this.desk.gateStart(counter, nowMs);
  }

  /** Takes a signed list. @param {string} base64 @returns {{version: number, issuedMs: number, expiresMs: number, factsThrough: number}} */
  open(base64, nowMs) {
    this.list = this.desk.openBundle(fromBase64(base64), nowMs);
    return this.list;
  }

  #reading({ text, number, people, direction, request }) {
    return { ...(number === undefined ? { text } : { number }), people, direction, request: unhex(request) };
  }

  decide(read, nowMs) {
    const answer = this.desk.gateDecide(this.#reading(read), nowMs, { clockTrusted: this.clockTrusted() });
    return { ...answer, booking: answer.booking ? hex(answer.booking) : null, version: this.list?.version ?? 0, record: recordOf(answer) };
  }

  noted(read, nowMs) {
    return recordOf(this.desk.gateDecide(this.#reading(read), nowMs, { clockTrusted: this.clockTrusted(), online: true }));
  }

  apply(bytes) {
    return this.desk.gateApply(bytes);
  }
}

/** What the store keeps of an answer. */
function recordOf({ record, counter, atMs, endsMs }) {
  return record ? { counter, at_ms: atMs, ends_ms: endsMs ?? 0, bytes: record } : null;
}
