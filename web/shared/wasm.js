/**
 * The code, the verifier, the edge rules and the QR reader, compiled from `lib/` to WebAssembly.
 *
 * Two artefacts: the phone's part (`loadPhone`, at most 30 KB compressed) and the desk's part (`loadDesk`, the phone's
 * part with the verifier, the edge rules and the QR reader). Neither reads a clock or draws randomness: `nowMs` and
 * seeds are arguments. Neither panics: what is refused is thrown as a `CodeError` whose `code` is one of a closed set.
 *
 * Bytes come and go as `Uint8Array`; every returned array is a copy that the caller owns.
 */

/**
 * The refusals, by the number the WebAssembly side returns (as its negative).
 * @type {readonly string[]}
 */
export const CODE_ERRORS = Object.freeze([
  "none",
  "bad_length", // an argument has the wrong number of bytes
  "bad_header", // version, suite, profile, duration or step of a ticket header is not one this build knows
  "too_early", // the ticket has not started
  "too_late", // the ticket is over
  "bad_key", // a public key is not a point of its curve
  "bad_signature", // the signature does not hold
  "too_long", // the text does not fit the largest symbol allowed
  "bad_text", // the text cannot be written in this kind of symbol
  "bad_list", // a signed list or bundle does not parse, is past its `exp`, or its signature does not hold
  "not_loaded", // a list or bundle has to be opened first
  "bad_argument", // a number is out of its range
  "not_found", // nothing readable in the picture
  "unsupported", // the suite is not enabled in this build
]);

/** A refusal by the WebAssembly side. */
export class CodeError extends Error {
  /** @param {string} code one of `CODE_ERRORS` */
  constructor(code) {
    super(code);
    this.name = "CodeError";
    /** @type {string} */
    this.code = code;
  }
}

/**
 * A ticket as the phone stores it.
 * @typedef {object} Ticket
 * @property {Uint8Array} header 26 bytes, offsets 0 to 25 of T1, as the platform issued them
 * @property {Uint8Array} signature 64 bytes r ‖ s
 * @property {Uint8Array} seed 12 bytes, the first of HMAC-SHA-256(device key, "tongma/seed/v0" ‖ handle)
 */

/**
 * When a ticket lives; all in milliseconds since 1970.
 * @typedef {object} TicketTimes
 * @property {number} startMs
 * @property {number} endMs
 * @property {number} stepMs
 * @property {number} steps
 * @property {Uint8Array} handle 16 bytes
 * @property {number} scope 0 for the general code
 */

/**
 * What is drawn at a moment.
 * @typedef {object} Shown
 * @property {string} text 254 digits (T1) or 24 digits (N1)
 * @property {number} step the step shown, 0 to steps − 1
 * @property {number} steps
 * @property {number} stepEndsMs when the next step has to be drawn
 */

/**
 * A QR matrix without quiet zone (draw four light modules around it).
 * @typedef {object} QrMatrix
 * @property {number} size modules a side
 * @property {Uint8Array} modules size × size, row by row, 1 dark, 0 light
 */

/**
 * Options of a QR symbol.
 * @typedef {object} QrOptions
 * @property {"L"|"M"|"Q"|"H"} [level] default "M"
 * @property {number} [minVersion] default 1; a steady version keeps the drawing from jumping
 * @property {number} [maxVersion] default 40
 * @property {boolean} [boostLevel] raise the level when it costs no version; default true
 */

/**
 * @typedef {object} Phone
 * @property {(header: Uint8Array) => TicketTimes} ticketTimes reads a header; throws `bad_header`
 * @property {(header: Uint8Array, seed: Uint8Array) => Uint8Array} anchor the 12-byte anchor that the phone answers the
 *   platform's header with; handle, suite and number of steps are read from the header
 * @property {(ticket: Ticket, nowMs: number) => Shown} ticketText T1 for the camera; throws `too_early`, `too_late`
 * @property {(header: Uint8Array, alias: number, ticketKey: Uint8Array, nowMs: number) => Shown} shortText N1 under the
 *   QR: `alias` is the 34-bit number and `ticketKey` the key that the platform sent with the ticket
 * @property {(header: Uint8Array, signature: Uint8Array, anchor: Uint8Array, publicKey: Uint8Array) => void} verifyTicket
 *   holds a ticket against the issuer's public key (64 bytes x ‖ y, or 65 with 0x04 before) before it is stored; throws `bad_key`,
 *   `bad_signature`, `unsupported`
 * @property {(text: string, options?: QrOptions) => QrMatrix} qr numeric, alphanumeric or byte (UTF-8) by itself
 * @property {(digits: string) => Uint8Array} code128 widths of bar, space, bar … in modules, beginning and ending with a
 *   bar, without quiet zone (draw ten modules on each side)
 */

/**
 * The lists a desk verifies with, as signed files fetched from the platform.
 * @typedef {object} Lists
 * @property {Uint8Array[]} roots the pinned root public keys, 64 or 65 bytes each
 * @property {Uint8Array} keyList
 * @property {Uint8Array} [denyList]
 */

/**
 * A verdict. `outcome` decides the colour; `reason` is one of the verifier's closed set.
 * @typedef {object} Verdict
 * @property {"good"|"amber"|"refused"} outcome
 * @property {string} reason `good`, or the refusal, or the first amber
 * @property {string[]} ambers every doubt that did not refuse
 * @property {"t1"|"n1"|"d1"|"paper"|"point"|"other"} kind what the text is
 * @property {string} [brand] whose code it is when `kind` is `other` and it was recognised: `wechat_pay`, `alipay`, `unionpay`, `url` …
 * @property {Uint8Array} [handle] 16 bytes, only after the signature held
 * @property {number} [step] the step shown
 * @property {number} [startMs] @property {number} [endMs] the ticket's life
 * @property {number} [scope] @property {number} [claims] the masked claim bits
 * @property {number} [keyListAgeMs] @property {number} [denyListAgeMs]
 */

/**
 * @typedef {object} DeskExtras
 * @property {(lists: Lists, nowMs: number) => void} openLists checks the signed lists and builds the key tables (tens of
 *   milliseconds: once per list); throws `bad_list`
 * @property {(text: string, nowMs: number, options?: {clockTrusted?: boolean}) => Verdict} verify never throws for a bad
 *   text; throws `not_loaded` before `openLists`
 * @property {(width: number, height: number, pixels: Uint8Array|Uint8ClampedArray) => string|null} readQr `pixels` is
 *   RGBA (4 × width × height) or grey (width × height); null when nothing is readable
 *
 * @typedef {Phone & DeskExtras} Desk
 */

/**
 * Loads the phone's part.
 * @param {string|URL|ArrayBuffer|Uint8Array|Response|Promise<Response>} source an address, the bytes, or a response
 * @returns {Promise<Phone>}
 */
export async function loadPhone(source) {
  throw new CodeError("not_loaded", source);
}

/**
 * Loads the desk's part.
 * @param {string|URL|ArrayBuffer|Uint8Array|Response|Promise<Response>} source
 * @returns {Promise<Desk>}
 */
export async function loadDesk(source) {
  throw new CodeError("not_loaded", source);
}
