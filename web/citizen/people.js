// People for people, without a page: what a grant says, an invitation's digits, and what a phone may keep of somebody else. Pure.

/** From a guardian's end, the eighteenth birthday, back to the day from which the law asks the young person's own consent: 14. */
const YEARS_BEFORE_END = 4;

/** The twelve digits that were typed, also full-width ones and with gaps; null when they are not twelve. */
export function invitationDigits(typed) {
  const plain = typed.replace(/[０-９]/g, (digit) => String(digit.charCodeAt(0) - 0xff10)).replace(/[\s-]/g, "");
  return /^\d{12}$/.test(plain) ? plain : null;
}

/** Digits in groups of four, to be read aloud. */
export const inFours = (digits) => digits.replace(/(\d{4})(?=\d)/g, "$1 ");

/** The first moment of the fourteenth birthday in Beijing, from that of the eighteenth. */
export function fourteenFrom(eighteenMs) {
  const day = new Date(eighteenMs + 8 * 3600_000);
  // Who was born on a 29 February comes of age on a 1 March; the year of their fourteenth birthday has no 29 February either.
  return Date.UTC(day.getUTCFullYear() - YEARS_BEFORE_END, day.getUTCMonth(), day.getUTCDate()) - 8 * 3600_000;
}

/** What the law says of a ward now: `child` under 14, `youth` from 14 on; null when it is no guardian's grant. */
export function stageOf({ kind, until_ms: until }, nowMs) {
  if (kind !== "guardian" || until == null) return null;
  return nowMs < fourteenFrom(until) ? "child" : "youth";
}

/** The tickets that may stay on the phone: one's own, and those of people one still acts for. */
export const stillGranted = (tickets, wards) => tickets.filter(({ actor }) => actor === 0 || wards.some((ward) => ward.actor === actor));

/** Names of scenarios by id, from what the platform lists at its places. */
export const scenarioNames = (venues) => new Map(venues.flatMap(({ scenarios }) => scenarios.map(({ id, name }) => [id, name])));

/** The scenarios of open places, each once, with what can be started in them first: `[{id, name}]`. */
export function scenariosOpen(venues) {
  const open = venues.filter(({ state }) => state === "open").flatMap(({ scenarios }) => scenarios);
  return [...new Map(open.map(({ id, name }) => [id, { id, name }])).values()];
}

/** The open places where paper is taken, with the scenarios that take it: `[{id, zh, en, scenarios}]`. */
export const paperPlaces = (venues) =>
  venues
    .filter(({ state }) => state === "open")
    .map((venue) => ({ ...venue, scenarios: venue.scenarios.filter(({ paper }) => paper) }))
    .filter(({ scenarios }) => scenarios.length > 0);

/** Whether a PIN of a paper code can be: none, or four to eight digits. */
export const pinFits = (pin) => pin === "" || /^\d{4,8}$/.test(pin);
