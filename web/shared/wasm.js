/**
 * The code, the verifier, the edge rules and the QR reader, compiled from `lib/` to WebAssembly (`binding/wasm`).
 *
 * Two artefacts: the phone's part (`loadPhone`, at most 30 KB compressed) and the desk's part (`loadDesk`, the phone's
 * part with the verifier, the edge rules and the QR reader). Neither reads a clock or draws randomness: `nowMs` and
 * seeds are arguments. What is refused is thrown as a `CodeError` whose `code` is one of a closed set.
 *
 * Bytes come and go as `Uint8Array`; every returned array is a copy that the caller owns.
 */

/**
 * The refusals, by the number the WebAssembly side returns (as its negative).
 * @type {readonly string[]}
 */
export const CODE_ERRORS = Object.freeze([
  "trapped", // the WebAssembly side broke down: a bug of ours; it was started afresh
  "bad_length", // an argument has the wrong number of bytes
  "bad_header", // version, suite, profile, duration or step of a ticket header is not one this build knows
  "too_early", // the ticket has not started
  "too_late", // the ticket is over
  "bad_key", // a public key is not a point of its curve
  "bad_signature", // a signature does not hold
  "too_long", // the text does not fit the largest symbol allowed
  "bad_text", // the text cannot be written in this kind of symbol
  "bad_list", // a signed list or bundle is not one, or names a signer that may not sign it
  "not_loaded", // a list or bundle has to be opened first
  "bad_argument", // a number is out of its range
  "not_found", // nothing readable in the picture
  "unsupported", // the suite is not enabled in this build
  "old_list", // a list or bundle older than one already seen
  "expired_list", // a bundle past its end
  "other_point", // a bundle for another point
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
 * @property {number} [maxVersion] default 11, the largest that this build draws (D1 needs 10)
 * @property {boolean} [boostLevel] raise the level when it costs no version; default true
 */

/**
 * @typedef {object} Phone
 * @property {(header: Uint8Array) => TicketTimes} ticketTimes reads a header; throws `bad_header`, `unsupported`
 * @property {(header: Uint8Array, seed: Uint8Array) => Uint8Array} anchor the 12-byte anchor that the phone answers the
 *   platform's header with; handle, suite and number of steps are read from the header
 * @property {(ticket: Ticket, nowMs: number) => Shown} ticketText T1 for the camera; throws `too_early`, `too_late`
 * @property {(header: Uint8Array, alias: number|bigint|string, ticketKey: Uint8Array, nowMs: number) => Shown} shortText N1
 *   under the QR: `alias` is the 34-bit number (decimal if a string) and `ticketKey` the 32-byte key that the platform
 *   sent with the ticket
 * @property {(header: Uint8Array, signature: Uint8Array, anchor: Uint8Array, publicKey: Uint8Array) => void} verifyTicket
 *   holds a ticket against the issuer's public key (64 bytes x ‖ y, or 65 with 0x04 before) before it is stored; throws
 *   `bad_key`, `bad_signature`, `unsupported`
 * @property {(text: string, options?: QrOptions) => QrMatrix} qr numeric, alphanumeric or byte (UTF-8) by itself
 * @property {(digits: string) => Uint8Array} code128 widths of bar, space, bar … in modules, beginning and ending with a
 *   bar, without quiet zone (draw ten modules on each side)
 */

/**
 * The lists a desk verifies with, as signed files fetched from the platform.
 * @typedef {object} Lists
 * @property {[Uint8Array, Uint8Array]} roots the two pinned root public keys, 64 or 65 bytes each
 * @property {Uint8Array} keyList
 * @property {Uint8Array} denyList
 * @property {number} [seenKeySeq] the greatest `seq` of a key list ever taken; an older one throws `old_list`
 * @property {number} [seenDenySeq] the same for deny lists
 */

/**
 * When a signed list was made and how long it serves.
 * @typedef {object} Validity
 * @property {number} seq
 * @property {number} issuedMs
 * @property {number} ttlMs past issuedMs + ttlMs answers are amber
 * @property {number} expiresMs from then on it refuses
 */

/**
 * How well this terminal's clock is kept.
 * @typedef {object} Clock
 * @property {number} errorMs by how much it may be wrong; above 5 s answers are amber
 * @property {number|null} syncedMs when it was last compared with the platform's; null for never
 */

/**
 * Words in both languages.
 * @typedef {{zh: string, en: string}} Words
 */

/**
 * A verdict. `outcome` decides the colour; `reason` is one of the verifier's closed set, such as `code_stale`,
 * `code_forged`, `wechat_pay`.
 * @typedef {object} Verdict
 * @property {"good"|"amber"|"refused"} outcome
 * @property {string} reason `good`, or the first doubt, or why it is refused
 * @property {Words} words what it is and what to do
 * @property {string} kind what the text looks like: `ticket`, `short_number`, `paper`, `device_bound`, `point_code`,
 *   `damaged`, `wechat_pay`, `alipay`, `link` … (`lib/code`, classify)
 * @property {{code: string, zh: string, en: string}[]} doubts why it is amber
 * @property {number} keyListAgeMs @property {number} denyListAgeMs @property {boolean} clockTrusted
 * @property {string} [handle] 32 hex digits; this and what follows only when the signature held
 * @property {number} [scope] @property {number} [claims] claim bits as in the code, masked
 * @property {number} [step] @property {number} [startMs] @property {number} [endMs]
 */

/**
 * A gate's signed list, opened.
 * @typedef {object} BundleInfo
 * @property {number} version @property {string} scenario
 * @property {number} issuedMs @property {number} ttlMs @property {number} expiresMs
 * @property {number} factsThrough the highest counter of this point that its numbers include
 * @property {number} inside how many people were in the house
 * @property {number} bookings how many @property {number} handles how many ticket prefixes
 * @property {{opensMs: number, closesMs: number}[]} sessions
 */

/**
 * @typedef {import("../desk/gate.js").Read} Read
 * @typedef {import("../desk/gate.js").EdgeAnswer} EdgeAnswer
 *
 * A passage as the gate remembers it: kept durably before the gate opens, `bytes` given back by `begin` after a restart.
 * @typedef {{counter: number, at_ms: number, ends_ms: number, bytes: Uint8Array}} GateRecord
 */

/**
 * The edge rules with their memory. `gate.js` says how they are used.
 * @typedef {object} Edge
 * @property {(bytes: Uint8Array, point: Uint8Array, seenVersion: number, nowMs: number) => BundleInfo} openBundle opens the
 *   signed list for this point (16 bytes) and takes it into use; needs `openLists` before. Throws `bad_list`,
 *   `bad_signature`, `old_list`, `expired_list`, `other_point`, `not_loaded`; the one before then stays in use
 * @property {(memory: {counter?: number, completeSinceMs?: number, records?: Uint8Array[]}, nowMs: number) => number} begin
 *   starts the memory anew from kept records, in the order they were kept. `counter` is the last one before them (of
 *   records pruned or lost), `completeSinceMs` is when the memory begins if records were lost: steps begun before are
 *   refused. Returns how many records fitted; if not all, the rest is not taken
 * @property {(read: Read, nowMs: number) => EdgeAnswer} decide changes nothing; throws `not_loaded`
 * @property {(read: Read, nowMs: number) => GateRecord|null} noted the record (counter 0) of a passage that the platform
 *   decided; null when the text is no code with a step to remember; throws `not_loaded`
 * @property {(bytes: Uint8Array) => boolean} apply takes a kept record into the memory; false when it does not follow
 */

/**
 * Ways to look at a frame for `readQr`, to be added up: as it is, doubled (small codes), sharpened (blur), inverted (dark
 * mode). They are tried in this order until something is read.
 */
export const PASS = Object.freeze({ PLAIN: 1, DOUBLED: 2, SHARPENED: 4, INVERTED: 8, ALL: 15 });

/**
 * @typedef {object} DeskExtras
 * @property {(lists: Lists) => {keyList: Validity, denyList: Validity}} openLists checks the signed lists and builds the key
 *   tables (some milliseconds: once per list); throws `bad_key`, `bad_list`, `bad_signature`, `old_list`; the ones before
 *   then stay in use
 * @property {(clock: Clock) => void} setClock until it is called the clock is not trusted and every good code is amber
 * @property {(text: string, nowMs: number) => Verdict} verify claims nothing and remembers nothing; never throws for a bad
 *   text, only `not_loaded`
 * @property {(text: string, origins: string[], nowMs: number) => {point: string, organisation: string, place: string,
 *   purpose: string, step: number|null}|{reason: string, words: Words}} checkPoint holds a point code (what citizens scan)
 *   against the pinned origins, such as `https://code.example.cn`, and its signature; ids are hex
 * @property {Edge} edge
 * @property {(width: number, height: number, pixels: Uint8Array|Uint8ClampedArray, passes?: number) => string|null} readQr
 *   `pixels` is RGBA (4 × width × height) or grey (width × height); `passes` is a sum of `PASS`, all by default; null when
 *   nothing is readable
 *
 * @typedef {Phone & DeskExtras} Desk
 */

const utf8 = new TextEncoder();
const text = new TextDecoder();
const bytesOf = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** One running instance, started afresh when it breaks down. */
class Core {
  /** @param {WebAssembly.Module} module */
  constructor(module) {
    this.module = module;
    this.#start();
  }

  #start() {
    this.exports = new WebAssembly.Instance(this.module, {}).exports;
  }

  /**
   * @param {string} name
   * @param {ArrayLike<number>[]} parts laid end to end
   * @param {...number} numbers
   * @returns {Uint8Array} a copy of the answer
   */
  call(name, parts, ...numbers) {
    try {
      return this.#call(name, parts, numbers);
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      this.#start();
      throw new CodeError(CODE_ERRORS[0]);
    }
  }

  #call(name, parts, numbers) {
    const { exports } = this;
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    let at = exports.tongma_reserve(length);
    if (at === 0) throw new CodeError("too_long");
    // The memory is asked for after reserving: growing it replaces its buffer.
    const memory = new Uint8Array(exports.memory.buffer);
    for (const part of parts) {
      memory.set(part, at);
      at += part.length;
    }
    const result = exports[name](...numbers);
    if (result < 0) throw new CodeError(CODE_ERRORS[-result] ?? CODE_ERRORS[0]);
    const start = exports.tongma_output();
    return new Uint8Array(exports.memory.buffer).slice(start, start + result);
  }

  /** As `call`, for an answer in JSON. */
  json(name, parts, ...numbers) {
    return JSON.parse(text.decode(this.call(name, parts, ...numbers)));
  }
}

/** @returns {Promise<WebAssembly.Module>} */
async function compile(source) {
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return WebAssembly.compile(source);
  const response = await (typeof source === "string" || source instanceof URL ? fetch(source) : source);
  if (!response.ok) throw new Error(`${response.url}: ${response.status}`);
  const streamed = response.headers.get("content-type")?.startsWith("application/wasm");
  return streamed ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}

const LEVELS = ["L", "M", "Q", "H"];
/** The longest shown: three numbers before the text. */
const SHOWN_NUMBERS = 3;

function numbersOf(bytes, count) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Array.from({ length: count }, (_, index) => view.getFloat64(index * 8, true));
}

/** @returns {Shown} */
function shownOf(bytes) {
  const [step, steps, stepEndsMs] = numbersOf(bytes, SHOWN_NUMBERS);
  return { text: text.decode(bytes.subarray(SHOWN_NUMBERS * 8)), step, steps, stepEndsMs };
}

function aliasBytes(alias) {
  const bytes = new Uint8Array(8);
  try {
    new DataView(bytes.buffer).setBigUint64(0, BigInt(alias));
  } catch {
    throw new CodeError("bad_argument");
  }
  return bytes;
}

/**
 * Parts are laid end to end, so each has to be as long as the other side takes it to be.
 * @param {ArrayLike<number>} bytes @param {...number} lengths
 */
function sized(bytes, ...lengths) {
  if (!lengths.includes(bytes?.length)) throw new CodeError("bad_length");
  return bytes;
}

const HEADER_BYTES = 26;
const SIGNATURE_BYTES = 64;
const LINK_BYTES = 12;
const POINT_BYTES = [64, 65];

/** @param {Core} core @returns {Phone} */
function phoneOf(core) {
  const head = (header) => sized(header, HEADER_BYTES);
  return {
    ticketTimes(header) {
      const [startMs, endMs, stepMs, steps, scope] = numbersOf(core.call("tongma_ticket_times", [head(header)]), 5);
      return { startMs, endMs, stepMs, steps, scope, handle: header.slice(2, 18) };
    },
    anchor: (header, seed) => core.call("tongma_anchor", [head(header), sized(seed, LINK_BYTES)]),
    ticketText({ header, signature, seed }, nowMs) {
      const parts = [head(header), sized(signature, SIGNATURE_BYTES), sized(seed, LINK_BYTES)];
      return shownOf(core.call("tongma_ticket_text", parts, nowMs));
    },
    shortText(header, alias, ticketKey, nowMs) {
      return shownOf(core.call("tongma_short_text", [head(header), aliasBytes(alias), sized(ticketKey, 32)], nowMs));
    },
    verifyTicket(header, signature, anchor, publicKey) {
      const parts = [head(header), sized(signature, SIGNATURE_BYTES), sized(anchor, LINK_BYTES), sized(publicKey, ...POINT_BYTES)];
      core.call("tongma_ticket_verify", parts);
    },
    qr(content, { level = "M", minVersion = 1, maxVersion = 11, boostLevel = true } = {}) {
      const modules = core.call("tongma_qr", [utf8.encode(content)], LEVELS.indexOf(level), minVersion, maxVersion, boostLevel ? 1 : 0);
      return { size: Math.sqrt(modules.length), modules };
    },
    code128: (digits) => core.call("tongma_code128", [utf8.encode(digits)]),
  };
}

/** @param {import("../desk/gate.js").Read} read @returns {Uint8Array[]} */
function readingParts({ text: scanned, number, request }) {
  const typed = number !== undefined && number !== null;
  return [[typed ? 1 : 0], sized(bytesOf(request), 16), utf8.encode(typed ? number : scanned ?? "")];
}

const DIRECTION = { in: 0, out: 1 };
const directionOf = ({ direction }) => DIRECTION[direction] ?? 2;
const recordOf = (record) => record && { ...record, bytes: bytesOf(record.bytes) };

/** @param {Core} core @returns {Edge} */
function edgeOf(core) {
  return {
    openBundle: (bytes, point, seenVersion, nowMs) => core.json("tongma_open_bundle", [sized(point, 16), bytes], seenVersion, nowMs),
    begin({ counter = 0, completeSinceMs = 0, records = [] }, nowMs) {
      core.call("tongma_edge_begin", [], counter, completeSinceMs);
      const misfit = records.findIndex((bytes) => !this.apply(bytes));
      core.call("tongma_edge_rebase", [], nowMs);
      return misfit < 0 ? records.length : misfit;
    },
    decide(read, nowMs) {
      const answer = core.json("tongma_edge_decide", readingParts(read), read.people, directionOf(read), nowMs);
      return { ...answer, record: recordOf(answer.record) };
    },
    noted: (read, nowMs) => recordOf(core.json("tongma_edge_noted", readingParts(read), read.people, directionOf(read), nowMs)),
    apply(bytes) {
      try {
        core.call("tongma_edge_apply", [bytes]);
        return true;
      } catch (error) {
        if (error.code === "bad_argument") return false;
        throw error;
      }
    },
  };
}

/** @param {Core} core @param {Core} reader an instance of its own, so that a bad picture cannot hurt the lists @returns {DeskExtras} */
function deskOf(core, reader) {
  return {
    openLists: ({ roots: [first, second], keyList, denyList, seenKeySeq = -1, seenDenySeq = -1 }) => {
      const parts = [rootOf(first), rootOf(second), keyList, denyList];
      return core.json("tongma_open_lists", parts, keyList.length, seenKeySeq, seenDenySeq);
    },
    setClock({ errorMs, syncedMs }) {
      core.call("tongma_set_clock", [], errorMs, syncedMs ?? -1);
    },
    verify: (scanned, nowMs) => core.json("tongma_verify", [utf8.encode(scanned)], nowMs),
    checkPoint: (scanned, origins, nowMs) => core.json("tongma_check_point", [utf8.encode([scanned, ...origins].join("\n"))], nowMs),
    edge: edgeOf(core),
    readQr(width, height, pixels, passes = PASS.ALL) {
      try {
        return text.decode(reader.call("tongma_read_qr", [pixels], width, height, passes));
      } catch (error) {
        // A reader that broke down over a picture has read nothing in it.
        if (error.code === "not_found" || error.code === CODE_ERRORS[0]) return null;
        throw error;
      }
    },
  };
}

/** A root key with its tag: both have to be equally long. */
const rootOf = (key) => (sized(key, ...POINT_BYTES).length === 64 ? Uint8Array.of(4, ...key) : key);

/**
 * Loads the phone's part.
 * @param {string|URL|ArrayBuffer|Uint8Array|Response|Promise<Response>} source an address, the bytes, or a response
 * @returns {Promise<Phone>}
 */
export async function loadPhone(source) {
  return phoneOf(new Core(await compile(source)));
}

/**
 * Loads the desk's part.
 * @param {string|URL|ArrayBuffer|Uint8Array|Response|Promise<Response>} source
 * @returns {Promise<Desk>}
 */
export async function loadDesk(source) {
  const module = await compile(source);
  const core = new Core(module);
  return { ...phoneOf(core), ...deskOf(core, new Core(module)) };
}
