// Fetching tickets in two exchanges: the platform names them, the phone answers with anchors, the platform signs. Every ticket is
// held against the platform's listed key before it is kept; a ticket that fails is dropped, and the fetch says so.
import { bytes, handleOf, hexOf } from "./tickets.js";
import { seedOf } from "./vault.js";

// A few at first, so that a code is there after one short exchange also on a slow link; then by parts that a busy platform signs in time.
const FIRST = 4;
const MOST = 64;

/** A list in parts: the first few, then the rest by so many. Pure. */
export function partsOf(list, first = FIRST, most = MOST) {
  const parts = [list.slice(0, first)];
  for (let from = first; from < list.length; from += most) parts.push(list.slice(from, from + most));
  return parts.filter((part) => part.length > 0);
}

/**
 * @param {object} tools
 * @param {any} tools.api
 * @param {any} tools.phone the WebAssembly side
 * @param {CryptoKey} tools.key
 * @param {Map<number, Uint8Array>} tools.issuers public keys by index
 * @param {object[]} tools.held tickets already kept; they are not fetched again
 * @param {number} tools.actor 0 for one's own
 * @yields {{tickets: object[], dropped: number}} new ones, those for now first, to be kept at once; and how many did not verify
 */
export async function* fetchTickets({ api, phone, key, issuers, held, actor }) {
  const { data } = await api.post("/v1/me/tickets/prepare", { actor });
  const known = new Set(held.map((ticket) => ticket.header));
  const wanted = data.tickets.filter((ticket) => !known.has(ticket.header)).sort((a, b) => a.start_ms - b.start_ms);
  for (const part of partsOf(wanted)) {
    const anchored = await Promise.all(part.map((ticket) => anchoredBy(phone, key, ticket)));
    const asked = anchored.map(({ header, anchor }) => ({ header, anchor: hexOf(anchor) }));
    const signed = await api.post("/v1/me/tickets/sign", actor ? { actor, tickets: asked } : { tickets: asked });
    const answers = new Map(signed.data.tickets.map((answer) => [answer.header, answer]));
    const good = anchored.filter((ticket) => answers.has(ticket.header) && holds(phone, ticket, answers.get(ticket.header), issuers));
    yield { tickets: good.map((ticket) => kept(ticket, answers.get(ticket.header), actor)), dropped: part.length - good.length };
  }
}

async function anchoredBy(phone, key, ticket) {
  const seed = await seedOf(key, bytes(handleOf(ticket.header)));
  return { ...ticket, anchor: phone.anchor(bytes(ticket.header), seed) };
}

/** Whether the signature holds over exactly this header and anchor, under the key that the header names. */
function holds(phone, ticket, answer, issuers) {
  const issuer = issuers.get(Number.parseInt(ticket.header.slice(2, 4), 16));
  if (!issuer) return false;
  try {
    phone.verifyTicket(bytes(ticket.header), bytes(answer.signature), ticket.anchor, issuer);
    return true;
  } catch {
    return false;
  }
}

const kept = (ticket, answer, actor) => ({
  header: ticket.header,
  signature: answer.signature,
  kind: ticket.kind,
  number: ticket.number,
  actor,
  startMs: ticket.start_ms,
  endMs: ticket.end_ms,
  alias: answer.short?.alias ?? null,
  key: answer.short?.key ?? null,
  opened: 0,
  claimed: false,
});
