// Which ticket is shown, and when more are needed. Pure: tickets and times are arguments.
//
// A stored ticket: { header: hex, signature: hex, kind: "ordinary" | "spare" | "reserve", number, startMs, endMs,
//                    actor: 0 for one's own, alias: string | null, key: hex | null, opened: how many openings showed it, claimed: whether a point took it, takenMs: when it last did }

/** Bytes from hex digits. */
export const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
/** Hex digits from bytes. */
export const hexOf = (array) => Array.from(array, (byte) => byte.toString(16).padStart(2, "0")).join("");
/** The handle of a ticket: bytes 2 to 17 of its header. */
export const handleOf = (header) => header.slice(4, 36);

const covers = (ticket, nowMs) => ticket.startMs <= nowMs && nowMs < ticket.endMs;
const cost = (ticket) =>
  (ticket.kind === "reserve" ? 100 : 0) +
  (ticket.claimed ? 20 : 0) +
  (ticket.opened ? 5 + Math.min(ticket.opened, 9) : 0) +
  (ticket.kind === "spare" ? 1 : 0);

/**
 * The ticket to show now: one that no point has seen, while such last, so that two venues cannot link two visits; then one
 * that was seen (a later step is still good); a reserve ticket only when nothing else is left, since points show it amber.
 * @param {object[]} tickets
 * @param {number} nowMs
 * @param {string} [current] header of the ticket on the screen: it stays while it lives and no point took it
 * @param {number} [actor] whose code: 0 the holder's own, else the number of a grant to show another's
 * @returns {object|null}
 */
export function choose(tickets, nowMs, current, actor = 0) {
  const live = tickets.filter((ticket) => ticket.actor === actor && covers(ticket, nowMs));
  const same = live.find((ticket) => ticket.header === current);
  if (same && !same.claimed && same.kind !== "reserve") return same;
  const rank = (ticket) => cost(ticket) - (ticket === same ? 3 : 0);
  return live.sort((a, b) => rank(a) - rank(b) || b.endMs - a.endMs)[0] ?? null;
}

/** Until when a code can be shown without network: the end of the unbroken run of tickets that begins now; null when there is none. */
export function worksUntil(tickets, nowMs) {
  let until = nowMs;
  for (const ticket of [...tickets].sort((a, b) => a.startMs - b.startMs)) {
    if (ticket.startMs <= until && ticket.endMs > until) until = ticket.endMs;
  }
  return until > nowMs ? until : null;
}

/** Until when ordinary tickets reach without a gap; `nowMs` when there is none now. */
export const ordinaryUntil = (tickets, nowMs) =>
  worksUntil(
    tickets.filter((ticket) => ticket.kind === "ordinary"),
    nowMs,
  ) ?? nowMs;

/** Tickets that are over, by more than the clocks' errors, are dropped. */
export const alive = (tickets, nowMs) => tickets.filter((ticket) => ticket.endMs + 60_000 > nowMs);

/**
 * Whether to fetch tickets now: at once without an hour's stock, though not more than every twenty seconds; else at a time spread
 * over the day by `luck`, so that phones do not come all together. A clock that went back counts as due.
 * @param {object[]} tickets
 * @param {number} nowMs
 * @param {number} lastMs when tickets were last fetched, 0 for never
 * @param {number} luck this phone's own number in [0, 1)
 */
export function refillDue(tickets, nowMs, lastMs, luck) {
  const since = nowMs - lastMs;
  if (since < 0) return true;
  if (ordinaryUntil(tickets, nowMs) < nowMs + 3600_000) return since > 20_000;
  return since >= (4 + 8 * luck) * 3600_000;
}

/** Joins fetched tickets to those held: what was opened or claimed stays so. */
export function merge(held, fetched, nowMs) {
  const known = new Map(held.map((ticket) => [ticket.header, ticket]));
  for (const ticket of fetched)
    known.set(ticket.header, {
      ...ticket,
      opened: known.get(ticket.header)?.opened ?? 0,
      claimed: known.get(ticket.header)?.claimed ?? false,
      takenMs: known.get(ticket.header)?.takenMs,
    });
  return alive([...known.values()], nowMs).sort((a, b) => a.startMs - b.startMs);
}

const STEPS_MS = [10_000, 15_000, 20_000, 30_000]; // docs/code.md, byte 21, low nibble

/**
 * For how long yet the ticket's code on the screen is one that a point took, in ms; 0 when the code is good. A code is good once, so
 * that a ticket shown again waits for its next step.
 * @param {{header: string, startMs: number, takenMs?: number}|null} ticket
 * @param {number} nowMs
 */
export function takenForMs(ticket, nowMs) {
  if (!ticket?.takenMs) return 0;
  const stepMs = STEPS_MS[parseInt(ticket.header.slice(43, 44), 16)] ?? 0;
  const endOf = (atMs) => ticket.startMs + (Math.floor((atMs - ticket.startMs) / stepMs) + 1) * stepMs;
  return Math.max(0, endOf(ticket.takenMs) - nowMs) || 0;
}

/** The state that the first screen tells, as one of the words `state_…`. */
export function stateOf({ profile, ticket, online, takenMs = 0 }) {
  if (!profile) return "welcome";
  if (profile.elsewhere) return "elsewhere";
  if (profile.frozen) return "frozen";
  if (!ticket) return "spent";
  if (takenMs > 0) return "used";
  if (ticket.kind === "reserve") return "reserve";
  return online === false ? "offline" : "ready";
}

/** 24 digits in groups of four. */
export const grouped = (digits) => digits.replace(/(\d{4})(?=\d)/g, "$1 ");
