// Choosing a session by touch: day, then session, then people. It serves every action whose form has a date or a session and whose
// scenario lists what there is; the form from the card serves all others.
import { fill, h } from "../shared/dom.js";
import { formOf } from "./form.js";

/** The sessions of a list by day, each with `day` (`YYYY-MM-DD`), `from`, `to`, `left`, and the item itself. Pure. */
export function sessionsByDay(items, isoDay, time) {
  const days = new Map();
  for (const item of items) {
    const body = item.of ?? item;
    const opens = body.opens_ms ?? body.starts_ms ?? body.start_ms ?? body.opens;
    const closes = body.closes_ms ?? body.ends_ms ?? body.end_ms ?? body.closes;
    const day = body.date ?? (typeof opens === "number" ? isoDay(opens) : null);
    const left = body.left ?? body.free ?? body.remaining;
    if (!day || (body.session ?? body.id) == null) continue;
    const shown = (at) => (typeof at === "number" ? time(at) : at ?? "");
    days.set(day, [...(days.get(day) ?? []), { day, from: shown(opens ?? body.from), to: shown(closes ?? body.to), left, body }]);
  }
  return new Map([...days].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The fields of a form that a chosen session answers. Pure. */
export function answeredBy(session, form) {
  const input = {};
  for (const field of form) {
    const value = field.kind.type === "date" ? session.day : session.body[field.id] ?? (["reference", "choice"].includes(field.kind.type) ? session.body.session ?? session.body.id : undefined);
    if (value != null) input[field.id] = value;
  }
  return input;
}

/** A picker for this action, or null when its scenario lists no sessions. */
export async function pickerFor(app, venue, scenario, action) {
  if (!action.form.some((field) => field.kind.type === "date" || /session/.test(field.id))) return null;
  const { items } = await app.api.get(`/v1/me/list?scenario=${encodeURIComponent(scenario.id)}&venue=${encodeURIComponent(venue.id)}`);
  const days = sessionsByDay(items, app.f.isoDay, app.f.time);
  if (!days.size) return null;
  const { t, f } = app;
  const chosen = { day: [...days.keys()][0], session: null };
  const [dayList, sessionList] = [h("div.days", { role: "group", "aria-label": t("book_date") }), h("div.sessions", { role: "group", "aria-label": t("book_session") })];
  const fault = h("p.fault", { role: "alert", hidden: true });
  const rest = formOf(app, action.form.filter((field) => field.kind.type === "companions" || (field.required && !(field.id in answeredBy(days.get(chosen.day)[0], action.form)))));
  const draw = () => {
    fill(dayList, [...days.keys()].map((day) => h("button", { type: "button", "aria-pressed": String(day === chosen.day), onclick: () => { Object.assign(chosen, { day, session: null }); draw(); } }, f.date(day))));
    fill(sessionList, days.get(chosen.day).map((session) => {
      const full = session.left != null && session.left <= 0;
      return h("button", { type: "button", disabled: full, "aria-pressed": String(session === chosen.session), onclick: () => { chosen.session = session; fault.hidden = true; draw(); } },
        h("span", {}, [session.from, session.to].filter(Boolean).join("–")), session.left != null && h("span.small", {}, full ? t("book_full") : t("book_left", { n: session.left })));
    }));
  };
  draw();
  const read = () => {
    if (!chosen.session) {
      fill(fault, t("field_required", { name: t("book_session") }));
      fault.hidden = false;
      throw new RangeError("session");
    }
    return { ...answeredBy(chosen.session, action.form), ...rest.read() };
  };
  return { node: h("div.stack", {}, h("h2", {}, t("book_date")), dayList, h("h2", {}, t("book_session")), sessionList, fault, rest.node), read };
}
