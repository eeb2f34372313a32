// What a loan, a bill or a booking says on a card. Pure. A scenario's own words come first; then the few values every kind has.
import { pick } from "../shared/i18n.js";

const wordy = (value, language) => (typeof value === "string" ? value : value && typeof value === "object" ? pick(value, language) : "");

/**
 * @param {{kind: string, body: object}} thing as the platform lists it
 * @param {{t: Function, f: object, language: string, nowMs: number}} tools
 * @returns {{title: string, lines: string[], amount: string|null, shade: string, state: string}}
 */
export function describe(thing, { t, f, language, nowMs }) {
  const body = thing.body ?? {};
  const title = [body.title, body.name, body.session_name, body.item, body.copy, body.barcode, body.number].map((value) => wordy(value, language)).find(Boolean) ?? "";
  const due = body.due_ms ?? body.due;
  const late = typeof due === "number" && due < nowMs;
  const lines = [
    due != null && t("due_on", { date: typeof due === "number" ? f.day(due) : f.date(due) }),
    body.date && [f.date(body.date), span(body, f)].filter(Boolean).join(" "),
    !body.date && (body.start_ms ?? body.starts_ms) != null && [f.day(body.start_ms ?? body.starts_ms), span(body, f)].join(" "),
    people(body, t),
    wordy(body.note, language),
  ].filter(Boolean);
  const fen = body.own_fen ?? body.amount_fen ?? body.total_fen;
  const state = wordy(body.state_words ?? body.status_words, language);
  return { title, lines, amount: typeof fen === "number" ? f.money(fen) : null, shade: late ? "bad" : "", state };
}

function span(body, f) {
  if (typeof body.from === "string") return [body.from, body.to ?? body.until].filter(Boolean).join("–");
  const [start, end] = [body.start_ms ?? body.starts_ms, body.end_ms ?? body.ends_ms];
  return start == null ? "" : [start, end].filter((at) => at != null).map(f.time).join("–");
}

function people(body, t) {
  const party = body.party ?? body.companions ?? body.people;
  const n = typeof party === "number" ? party : party ? (party.adults ?? 0) + (party.children ?? 0) : 0;
  return n ? t("people", { n }) : "";
}
