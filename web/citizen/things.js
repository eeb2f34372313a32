// What a loan, a bill or a booking says on its card, and what can be done about it. Pure. A scenario's own words come first; then the
// values that things of its kind have. What a body lacks is left out.
import { pick } from "../shared/i18n.js";

const wordy = (value, language) => (typeof value === "string" ? value : value && typeof value === "object" ? pick(value, language) : "");
const BEGINS = /^(arrive|book|borrow|extend|hold|open|register|reserve)/; // makes a new thing, though an old one may answer its form
const PARTS = ["total_fen", "fund_fen", "personal_fen", "family_fen"];

/**
 * @param {{kind: string, body: object}} thing as the platform lists it
 * @param {{t: Function, f: object, language: string, nowMs: number}} tools
 * @returns {{title: string, lines: string[], amount: string|null, state: {words: string, shade: string}|null}}
 */
export function describe(thing, { t, f, language, nowMs }) {
  const body = thing.body?.receipt?.bill ? { ...thing.body.receipt.bill, paid_at: thing.body.receipt.at } : (thing.body ?? {});
  const title =
    [body.title, body.name, body.session_name, !body.date && body.number && t("account_number", { n: body.number })]
      .map((value) => wordy(value, language))
      .find(Boolean) ?? "";
  const due = body.due ?? body.due_ms;
  const lines = [
    body.paid_at != null && t("paid_on", { date: f.moment(body.paid_at) }),
    due != null && t("due_on", { date: f.day(due) }),
    when(body, f),
    people(body, t),
    body.date && body.number && t("booking_number", { n: body.number }),
    body.renewals_left > 0 && t("renewals_left", { n: body.renewals_left }),
    body.open_items > 0 && t("open_items", { n: body.open_items }),
    ...PARTS.filter((part) => body[part] > 0 && (part !== "total_fen" || body.own_fen !== body[part])).map(
      (part) => `${t(`bill_${part}`)} ${f.money(body[part])}`,
    ),
    body.pick_up && t("hold_pick_up", { name: wordy(body.pick_up, language) }),
    body.hold_state === "ready" && t("hold_until", { date: f.day(body.until) }),
    wordy(body.note, language),
  ].filter(Boolean);
  const fen = body.own_fen ?? body.amount_fen ?? (body.fine_fen > 0 ? body.fine_fen : null);
  return { title, lines, amount: typeof fen === "number" ? f.money(fen) : null, state: stateOfThing(body, due, { t, language, nowMs }) };
}

function stateOfThing(body, due, { t, language, nowMs }) {
  const own = wordy(body.state_words ?? body.status_words, language);
  if (own) return { words: own, shade: "" };
  if (body.hold_state) return { words: t(`hold_${body.hold_state}`), shade: body.hold_state === "ready" ? "good" : "" };
  if (body.paid === true) return { words: t("bill_paid"), shade: "good" };
  if (body.paid === false) return { words: t("bill_unpaid"), shade: "ask" };
  if (typeof due === "number" && due < nowMs) return { words: t("overdue"), shade: "bad" };
  return body.fine_fen > 0 ? { words: t("fine_owed"), shade: "ask" } : null;
}

/** When a booking is: its day and its hours. */
function when(body, f) {
  const moments = [body.start, body.end].filter((at) => typeof at === "number");
  const day = body.date ? f.date(body.date) : moments.length ? f.day(moments[0]) : "";
  return [day, moments.map(f.time).join("–") || body.session].filter(Boolean).join(" ");
}

function people(body, t) {
  if (!(body.people > 0)) return "";
  return body.admitted > 0 ? t("people_admitted", { n: body.people, k: body.admitted }) : t("people", { n: body.people });
}

/** What a form takes from a thing: fields of the same name; a bar code field takes the thing's bar code. */
function filledFrom(body, form) {
  const input = {};
  for (const field of form) {
    const value = body[field.id] ?? (field.kind.type === "barcode" ? body.barcode : undefined);
    if (value != null) input[field.id] = value;
  }
  return input;
}

/**
 * What the holder can do about a thing: as the platform lists it; else those of the scenario's actions whose form the thing answers.
 * Nothing that is over is offered: a paid bill, a used booking, a loan without renewals.
 * @param {object} thing
 * @param {object[]} offered the holder's actions at that venue, as on the card
 */
export function actionsAbout(thing, offered) {
  const body = thing.body ?? {};
  const listed =
    thing.actions?.length > 0 || Array.isArray(body.actions)
      ? (thing.actions ?? [])
      : offered
          .map((action) => ({ ...action, input: filledFrom(body, action.form) }))
          .filter(
            ({ id, form, input, moves_money: pays }) =>
              !BEGINS.test(id) &&
              (Object.keys(input).length > 0 || (pays && body.fine_fen > 0)) &&
              form.every((field) => !field.required || input[field.id] != null),
          );
  if (body.paid === true || thing.kind === "receipt") return [];
  if (body.admitted > 0) return []; // who is in can neither cancel nor move
  return listed.filter((action) => !(action.id === "renew" && body.renewals_left === 0));
}

/** The action that tells the price before money moves, where a scenario has one. */
export const quoteBefore = (action, actions) => (action.moves_money ? actions.find((one) => one.id === "quote") : undefined);

/** The fields that the holder still has to fill in. A payment code is another rail's, shown at a counter; here the purse pays. */
export const openFields = (action) =>
  (action.form ?? []).filter(
    (field) => action.input?.[field.id] == null && (field.required || !["payment_code", "reference"].includes(field.kind.type)),
  );

/** Paid bills whose receipt is there are left out: the receipt says the same and more. A receipt that was withdrawn is no receipt. */
export function withoutReceipted(items) {
  const receipts = items.filter(({ kind, body }) => kind === "receipt" && body?.receipt && !body.withdrawn);
  const numbers = new Set(receipts.map(({ venue, body }) => `${venue.id} ${body.bill_number}`));
  return items.filter((item) =>
    item.kind === "receipt"
      ? receipts.includes(item)
      : !(item.body?.paid === true && numbers.has(`${item.venue.id} ${item.body.bill_number}`)),
  );
}
