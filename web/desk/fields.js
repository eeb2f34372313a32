/**
 * Forms without a page: what was typed or scanned into a card's fields, checked and turned into an action's input. The
 * server checks again; this is so that a clerk learns it while the book is still in the hand.
 *
 * Values are what the controls hold: a string for most kinds, a list of strings for `barcodes`, and
 * `{adults, children}` for `companions`.
 */
import { cleanDigits, looksLike } from "./number.js";

/** The largest single amount, a hundred million yuan in fen. */
const MOST_FEN = 10_000_000_000;

/** What counts as nothing. */
const isEmpty = (value) =>
  value == null || (typeof value === "string" && value.trim() === "") || (Array.isArray(value) && value.length === 0);

/**
 * Yuan as typed → fen. No floating point: digits are moved, not multiplied.
 * @param {string} typed `12`, `12.5`, `¥1,200.00`, also in full-width forms
 * @returns {number|null} null when it is not an amount above zero
 */
export function fenOf(typed) {
  const plain = typed.normalize("NFKC").replace(/[¥￥元,\s]/g, "");
  const match = /^([0-9]{1,9})(?:\.([0-9]{1,2}))?$/.exec(plain);
  if (!match) return null;
  const fen = Number(match[1] + (match[2] ?? "").padEnd(2, "0"));
  return fen > 0 && fen <= MOST_FEN ? fen : null;
}

/**
 * @param {number} fen
 * @returns {string} `12.50`
 */
export function yuan(fen) {
  const digits = String(Math.abs(fen)).padStart(3, "0");
  return `${fen < 0 ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

const isBarcode = (text) => /^[\x21-\x7e]{1,32}$/.test(text);
const isDay = (text) => {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
};
const whole = (value) => {
  const plain = String(value).normalize("NFKC").trim();
  return /^-?[0-9]{1,15}$/.test(plain) ? Number(plain) : null;
};
const good = (value) => ({ value });
const fault = (reason) => ({ fault: reason });

/** One rule for each kind: the value as the action takes it, or why not. */
const RULES = {
  text: (kind, value) => ([...value.trim()].length <= kind.most ? good(value.trim()) : fault("too_long")),
  private: (kind, value) => ([...value.trim()].length <= kind.most ? good(value.trim()) : fault("too_long")),
  number: (kind, value) => {
    const number = whole(value);
    if (number === null) return fault("not_a_number");
    return number >= kind.least && number <= kind.most ? good(number) : fault("out_of_range");
  },
  barcode: (_kind, value) => (isBarcode(value.trim()) ? good(value.trim()) : fault("not_a_barcode")),
  barcodes: (kind, value) => {
    if (!value.every(isBarcode)) return fault("not_a_barcode");
    return value.length <= kind.most ? good([...value]) : fault("too_many");
  },
  amount: (_kind, value) => {
    const fen = fenOf(String(value));
    return fen === null ? fault("not_an_amount") : good(fen);
  },
  date: (_kind, value) => (isDay(value) ? good(value) : fault("not_a_date")),
  choice: (kind, value) => (kind.of.some(([id]) => id === value) ? good(value) : fault("not_offered")),
  payment_code: (_kind, value) => {
    const digits = cleanDigits(value);
    return isPaymentCode(digits) ? good(digits) : fault("not_a_payment_code");
  },
  reference: (_kind, value) => {
    const plain = value.normalize("NFKC").replace(/[\s-]/g, "").toLowerCase();
    return /^[0-9a-f]{32}$/.test(plain) ? good(plain) : fault("not_a_reference");
  },
  companions: (kind, value) => {
    const [adults, children] = [whole(value.adults || 0), whole(value.children || 0)];
    if (adults === null || children === null || adults < 0 || children < 0) return fault("not_a_number");
    return adults + children <= kind.most ? good({ adults, children }) : fault("too_many");
  },
};

/** Sixteen to twenty-four digits that are not one of our own short numbers. */
function isPaymentCode(text) {
  return /^[0-9]{16,24}$/.test(text) && looksLike(text) === "other";
}

/**
 * Everything on a form at once.
 * @param {Array<{id: string, kind: any, required: boolean}>} fields from the card
 * @param {Record<string, any>} values by field id
 * @returns {{input: Record<string, any>, faults: Record<string, string>}} `faults` names every field that does not fit;
 *   empty when the input may be sent
 */
export function toInput(fields, values) {
  const input = {};
  const faults = {};
  for (const field of fields) {
    const value = values[field.id];
    if (isEmpty(value)) {
      if (field.required) faults[field.id] = "missing";
      continue;
    }
    const rule = RULES[field.kind.type];
    const result = rule ? rule(field.kind, value) : fault("unknown_kind");
    if (result.fault) faults[field.id] = result.fault;
    else input[field.id] = result.value;
  }
  return { input, faults };
}

/**
 * What a form begins with.
 * @param {Array<{id: string, kind: any}>} fields
 * @param {Record<string, any>} [known] values the platform already gave, in the action's own form
 */
export function emptyValues(fields, known = {}) {
  const values = {};
  for (const { id, kind } of fields) {
    if (kind.type === "barcodes") values[id] = [...(known[id] ?? [])];
    else if (kind.type === "companions") values[id] = { adults: 0, children: 0, ...known[id] };
    else if (kind.type === "amount") values[id] = known[id] == null ? "" : yuan(known[id]);
    else values[id] = known[id] == null ? "" : String(known[id]);
  }
  return values;
}

/** Which kinds a scanner can fill, in the order they are tried: the narrowest first. */
const SCANNED = ["payment_code", "reference", "barcodes", "barcode"];

/**
 * Where a scanned text belongs on the form that is open.
 * @param {Array<{id: string, kind: any}>} fields
 * @param {Record<string, any>} values left as they are
 * @param {string} scanned
 * @returns {{result: "added"|"twice"|"full"|"person"|"nowhere", values: Record<string, any>, field?: string}} `person`:
 *   somebody's code was held before the reader, which no form field takes
 */
export function takeScan(fields, values, scanned) {
  const text = scanned.trim();
  if (looksLike(text) !== "other") return { result: "person", values };
  for (const type of SCANNED) {
    const field = fields.find(({ kind }) => kind.type === type);
    if (!field || RULES[type](field.kind, type === "barcodes" ? [text] : text).fault) continue;
    return type === "barcodes" ? addBarcode(field, values, text) : { result: "added", field: field.id, values: { ...values, [field.id]: text } };
  }
  return { result: "nowhere", values };
}

function addBarcode(field, values, text) {
  const list = values[field.id] ?? [];
  if (list.includes(text)) return { result: "twice", field: field.id, values };
  if (list.length >= field.kind.most) return { result: "full", field: field.id, values };
  return { result: "added", field: field.id, values: { ...values, [field.id]: [...list, text] } };
}
