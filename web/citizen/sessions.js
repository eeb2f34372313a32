// Choosing a session by touch: day, then session, then people. It serves every action whose form has a field `session`, and whose
// scenario lists the `sessions` of a date; the form from the card serves all others.
import { fill, h } from "../shared/dom.js";
import { everything } from "../shared/pages.js";
import { formOf } from "./form.js";

const DAYS_AHEAD = 7;

/** The days that are offered: today in Beijing and the week after it, as `YYYY-MM-DD`. Pure. */
export const daysFrom = (nowMs, isoDay) => Array.from({ length: DAYS_AHEAD + 1 }, (_, ahead) => isoDay(nowMs + ahead * 86_400_000));

/** What a list says of a session: its name, its hours, the places left (null when unknown) and whether it can be chosen; null when it is over. Pure. */
export function sessionOf(item, time, nowMs) {
  if (typeof item.session !== "string" || item.end <= nowMs) return null;
  const hours = [item.start, item.end]
    .filter((at) => typeof at === "number")
    .map(time)
    .join("–");
  const left = typeof item.left === "number" ? item.left : null;
  return { name: item.session, hours: hours || item.session, left, open: item.open !== false && left !== 0 };
}

/** The input that a choice makes: the day goes into `to_date` where an action moves something that has a date already. Pure. */
export function chosenInput(form, given, day, name) {
  const moves = form.some(({ id }) => id === "to_date");
  return { ...given, [moves ? "to_date" : "date"]: day, session: name };
}

/** Asks the platform for the sessions of a day. */
function sessionsAt(app, venue, scenario) {
  const place = `scenario=${encodeURIComponent(scenario.id)}&venue=${encodeURIComponent(venue.id)}`;
  return async (day) => {
    const items = await everything(app.api.get, `/v1/me/list?${place}&action=sessions&date=${day}&limit=100`);
    return items.map((item) => sessionOf(item, app.f.time, app.shell.clock.now())).filter(Boolean);
  };
}

/** The two rows of buttons, days and sessions, over what is chosen: `{day, name, list}`. */
function chooser(app, days, chosen, sessions, touched) {
  const { t, f } = app;
  const dayList = h("div.days", { role: "group", "aria-label": t("book_date") });
  const sessionList = h("div.sessions", { role: "group", "aria-label": t("book_session") });
  const pressed = (is, onclick, more, ...words) => h("button", { type: "button", "aria-pressed": String(is), onclick, ...more }, ...words);
  const left = (session) => (session.left === 0 ? t("book_full") : session.left !== null && t("book_left", { n: session.left }));
  const pickDay = async (day) => {
    Object.assign(chosen, { day, name: null, list: null });
    draw();
    const list = await sessions(day).catch((problem) => (app.trouble(problem), []));
    if (chosen.day !== day) return;
    chosen.list = list;
    draw();
  };
  const pickSession = (name) => {
    chosen.name = name;
    touched();
    draw();
  };
  const one = (session) =>
    pressed(
      session.name === chosen.name,
      () => pickSession(session.name),
      { disabled: !session.open },
      h("span", {}, session.hours),
      h("span.small", {}, left(session)),
    );
  const draw = () => {
    fill(
      dayList,
      days.map((day) => pressed(day === chosen.day, () => pickDay(day), {}, f.date(day))),
    );
    if (chosen.list === null) fill(sessionList, h("p", { role: "status" }, t("loading")));
    else fill(sessionList, chosen.list.length ? chosen.list.map(one) : h("p", {}, t("book_none")));
  };
  draw();
  return [h("h2", {}, t("book_date")), dayList, h("h2", {}, t("book_session")), sessionList];
}

/** A picker for this action, or null when it is not about sessions or the platform lists none. `given` is what a thing says already. */
export async function pickerFor(app, venue, scenario, action, given = {}) {
  if (!action.form.some(({ id }) => id === "session")) return null;
  const days = daysFrom(app.shell.clock.now(), app.f.isoDay);
  const sessions = sessionsAt(app, venue, scenario);
  const chosen = { day: days[0], name: null, list: await sessions(days[0]) };
  // A house that is closed today, or for a long weekend, opens on one of the days after it.
  for (const day of days.slice(1)) if (!chosen.list.some(({ open }) => open)) Object.assign(chosen, { day, list: await sessions(day) });
  if (!chosen.list.length) return null;
  const fault = h("p.fault", { role: "alert", hidden: true });
  const open = action.form.filter(({ id, kind }) => !["session", "date", "to_date"].includes(id) && kind.type !== "reference");
  const rest = formOf(app, open, given);
  const rows = chooser(app, days, chosen, sessions, () => {
    fault.hidden = true;
  });
  const read = () => {
    if (!chosen.name) {
      fill(fault, app.t("field_required", { name: app.t("book_session") }));
      fault.hidden = false;
      throw new RangeError("session");
    }
    return { ...rest.read(), ...chosenInput(action.form, given, chosen.day, chosen.name) };
  };
  return { node: h("div.stack", {}, rows, fault, rest.node), read };
}
