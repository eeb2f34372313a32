// The deck of cards, apart from the page: order, masks, and the bytes of a card as it is shown. Pure.
import { toBase64url } from "../shared/base64url.js";

/** How often a shown card is drawn anew, and so at most how old a copy of it is before the next. */
export const STEP_S = 15;

const RANK = { good: 0, suspended: 1, not_yet: 1 };
const DAY_MS = 86_400_000;

/**
 * Cards as they lie in the deck: those in force first, then what is used most, a use of long ago counting less, then the newest.
 * @param {object[]} cards
 * @param {Record<string, {count: number, at_ms: number}>} used by identifier
 */
export function inOrder(cards, used, nowMs) {
  const weight = ({ identifier }) => {
    const use = used[identifier];
    return use ? use.count * 0.5 ** ((nowMs - use.at_ms) / (30 * DAY_MS)) : 0;
  };
  const rank = ({ standing }) => RANK[standing] ?? 2;
  return [...cards].sort((a, b) => rank(a) - rank(b) || weight(b) - weight(a) || b.issued_ms - a.issued_ms);
}

/** A use more. */
export const usedAgain = (used, identifier, nowMs) => ({
  ...used,
  [identifier]: { count: (used[identifier]?.count ?? 0) + 1, at_ms: nowMs },
});

const stars = (letters, keep) => letters.map((letter, place) => (keep(place, letter) ? letter : "*")).join("");

/** A value as it is shown before the holder taps, by the mask that the catalogue gives its field. */
export function masked(value, mask) {
  const letters = [...value];
  if (mask === "name") return stars(letters, (place, letter) => place === 0 || letter === "·");
  if (mask === "number") return stars(letters, (place) => letters.length > 5 && (place < 2 || place >= letters.length - 2));
  return mask === "all" ? "*".repeat(Math.min(letters.length, 8)) : value;
}

/** What a card is worth now, as this phone knows it: what the platform last said, and the dates. */
export function standingNow(card, nowMs) {
  if (card.standing !== "good" || !card.valid_until) return card.standing;
  return nowMs >= Date.parse(`${card.valid_until}T00:00:00+08:00`) + DAY_MS ? "lapsed" : "good";
}
export const SHADES = { good: "good", suspended: "ask", not_yet: "ask" };
export const shadeOf = (standing) => SHADES[standing] ?? "bad";

/** What the holder signs: a tag, the second in eight bytes, the card. */
export function proofMessage(card, second) {
  const tag = new TextEncoder().encode("tongma/card/v0\0");
  const message = new Uint8Array(tag.length + 8 + card.length);
  message.set(tag);
  new DataView(message.buffer).setBigUint64(tag.length, BigInt(second));
  message.set(card, tag.length + 8);
  return message;
}

/** A CBOR head in its shortest form (RFC 8949 section 3). */
function head(major, value) {
  const type = major << 5;
  if (value < 24) return [type | value];
  if (value < 0x100) return [type | 24, value];
  if (value < 0x10000) return [type | 25, value >> 8, value & 255];
  if (value < 0x1_0000_0000) return [type | 26, ...[24, 16, 8, 0].map((shift) => (value >>> shift) & 255)];
  return [type | 27, ...[56n, 48n, 40n, 32n, 24n, 16n, 8n, 0n].map((shift) => Number((BigInt(value) >> shift) & 255n))];
}

/** The shown card: `[card, second, proof]` in CBOR. */
export const shownBytes = (card, second, proof) =>
  Uint8Array.from([0x83, ...head(2, card.length), ...card, ...head(0, second), ...head(2, proof.length), ...proof]);

/** The address in the QR code. What stands behind # never leaves the browser that opens it. */
export const checkAddress = (origin, bytes) => `${origin}/check#${toBase64url(bytes)}`;
