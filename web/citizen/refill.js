// Fetching tickets in two exchanges: the platform names them, the phone answers with anchors, the platform signs. Every ticket is
// held against the platform's listed key before it is kept; a ticket that fails is dropped, and the fetch says so.
import { bytes, handleOf, hexOf } from "./tickets.js";
import { seedOf } from "./vault.js";

const MOST = 128; // asked in one request; the platform signs up to 256

/**
 * @param {object} tools
 * @param {any} tools.api
 * @param {any} tools.phone the WebAssembly side
 * @param {CryptoKey} tools.key
 * @param {Map<number, Uint8Array>} tools.issuers public keys by index
 * @param {object[]} tools.held tickets already kept; they are not fetched again
 * @param {number} tools.actor 0 for one's own
 * @returns {Promise<{tickets: object[], dropped: number}>} the new ones
 */
export async function fetchTickets({ api, phone, key, issuers, held, actor }) {
  const { data } = await api.post("/v1/me/tickets/prepare", { actor });
  const known = new Set(held.map((ticket) => ticket.header));
  const wanted = data.tickets.filter((ticket) => !known.has(ticket.header));
  // Those for now come first, so that a code is there after the first exchange.
  wanted.sort((a, b) => a.start_ms - b.start_ms);
  const tickets = [];
  let dropped = 0;
  for (let from = 0; from < wanted.length; from += MOST) {
    const part = await Promise.all(
      wanted.slice(from, from + MOST).map(async (ticket) => {
        const seed = await seedOf(key, bytes(handleOf(ticket.header)));
        return { ...ticket, anchor: phone.anchor(bytes(ticket.header), seed) };
      }),
    );
    const asked = part.map(({ header, anchor }) => ({ header, anchor: hexOf(anchor) }));
    const signed = await api.post("/v1/me/tickets/sign", actor ? { actor, tickets: asked } : { tickets: asked });
    const answers = new Map(signed.data.tickets.map((answer) => [answer.header, answer]));
    for (const ticket of part) {
      const answer = answers.get(ticket.header);
      if (answer && holds(phone, ticket, answer, issuers)) tickets.push(kept(ticket, answer, actor));
      else dropped += 1;
    }
  }
  return { tickets, dropped };
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
