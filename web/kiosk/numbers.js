// What a kiosk and a board decide without a page. Pure: numbers given without a network, and what is said aloud.

/** The matters of a hall and their letters, for a kiosk that has never heard of the platform today: as on the card. */
export const LETTERS = { id_card: "A", household: "B", social_security: "C", residence: "D", business: "E", real_estate: "F", tax: "G", general: "H" };

/**
 * The next number of this kiosk's own block: `GK1-007`. Each matter counts for itself, and begins anew each day.
 * @param {{day: string, counts: Record<string, number>}|undefined} kept what was given so far
 * @param {{block: string, matter: string, day: string}} wanted `block` is this kiosk's letter and number at the venue
 * @returns {{number: string, kept: {day: string, counts: Record<string, number>}}} the number, and what is to be kept before it is shown
 */
export function nextNumber(kept, { block, matter, day }) {
  const counts = kept?.day === day ? { ...kept.counts } : {};
  counts[matter] = (counts[matter] ?? 0) + 1;
  const number = `${LETTERS[matter] ?? "H"}${block}-${String(counts[matter]).padStart(3, "0")}`;
  return { number, kept: { day, counts } };
}

/** The evidence of a number given without a network. */
export function evidenceOf({ number, matter, priority, text }) {
  return { number, matter, ...(priority && { priority }), ...(text && { text }) };
}

/** The board's two lists from what the platform lists. */
export function boardOf(items) {
  return { called: items.filter(({ kind }) => kind === "called"), lines: items.filter(({ kind, counters, waiting }) => kind === "line" && (waiting > 0 || counters > 0)) };
}

/** Names a call, so that each is spoken once: the third call of a number is another one than the second. */
export const callName = ({ number, calls, counter }) => `${number}/${calls}/${counter?.zh ?? ""}`;

/**
 * Calls that have not been spoken yet, oldest first; those that were there when the page was opened are not spoken at all.
 * @param {Set<string>|null} spoken null at the first look
 * @param {Array<object>} called
 */
export function newCalls(spoken, called) {
  const calls = called.filter(({ state }) => state === "called");
  const fresh = spoken === null ? [] : calls.filter((call) => !spoken.has(callName(call)));
  return { fresh: fresh.reverse(), spoken: new Set(calls.map(callName)) };
}

/** Digits one by one, as they are read out: `A012` → `A 0 1 2`. */
const spelt = (number) => [...number.replace(/[^0-9A-Z]/g, "")].join(" ");

/** The words of a call in both languages. Numbers alone are spoken, never a name. */
export function spokenWords({ number, counter }) {
  return { zh: `请 ${spelt(number)} 号，到${counter?.zh ?? "窗口"}`, en: `Number ${spelt(number)}, please go to ${counter?.en ?? "the counter"}` };
}
