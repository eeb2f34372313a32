// Choosing a session by touch: day, then session, then people. It serves every action whose form has a field `session`, and whose
// scenario lists the `sessions` of a date; the form from the card serves all others.
import { fill, h } from "../shared/dom.js";
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

/** A picker for this action, or null when it is not about sessions or the platform lists none. `given` is what a thing says already. */
export async function pickerFor(app, venue, scenario, action, given = {}) {
  if (!action.form.some(({ id }) => id === "session")) return null;
  const { t, f } = app;
  const days = daysFrom(app.shell.clock.now(), f.isoDay);
  const place = `scenario=${encodeURIComponent(scenario.id)}&venue=${encodeURIComponent(venue.id)}`;
  const sessions = async (day) =>
    (await app.api.get(`/v1/me/list?${place}&action=sessions&date=${day}`)).items
      .map((item) => sessionOf(item, f.time, app.shell.clock.now()))
      .filter(Boolean);
  const chosen = { day: days[0], name: null, list: await sessions(days[0]) };
  if (!chosen.list.length) Object.assign(chosen, { day: days[1], list: await sessions(days[1]) });
  if (!chosen.list.length) return null;
  const [dayList, sessionList] = [
    h("div.days", { role: "group", "aria-label": t("book_date") }),
    h("div.sessions", { role: "group", "aria-label": t("book_session") }),
  ];
  const fault = h("p.fault", { role: "alert", hidden: true });
  const rest = formOf(
    app,
    action.form.filter(({ id, kind }) => !["session", "date", "to_date"].includes(id) && kind.type !== "reference"),
    given,
  );
  const pickDay = async (day) => {
    Object.assign(chosen, { day, name: null, list: null });
    draw();
    const list = await sessions(day).catch((problem) => (app.trouble(problem), []));
    if (chosen.day === day) {
      chosen.list = list;
      draw();
    }
  };
  const draw = () => {
    fill(
      dayList,
      days.map((day) =>
        h("button", { type: "button", "aria-pressed": String(day === chosen.day), onclick: () => pickDay(day) }, f.date(day)),
      ),
    );
    dayList.querySelector('[aria-pressed="true"]')?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
    fill(
      sessionList,
      chosen.list === null
        ? h("p", { role: "status" }, t("loading"))
        : chosen.list.length
          ? chosen.list.map((session) => button(session))
          : h("p", {}, t("book_none")),
    );
  };
  const button = (session) =>
    h(
      "button",
      {
        type: "button",
        disabled: !session.open,
        "aria-pressed": String(session.name === chosen.name),
        onclick: () => {
          chosen.name = session.name;
          fault.hidden = true;
          draw();
        },
      },
      h("span", {}, session.hours),
      h("span.small", {}, session.left === 0 ? t("book_full") : session.left !== null && t("book_left", { n: session.left })),
    );
  draw();
  const read = () => {
    if (!chosen.name) {
      fill(fault, t("field_required", { name: t("book_session") }));
      fault.hidden = false;
      throw new RangeError("session");
    }
    return { ...rest.read(), ...chosenInput(action.form, given, chosen.day, chosen.name) };
  };
  return {
    node: h("div.stack", {}, h("h2", {}, t("book_date")), dayList, h("h2", {}, t("book_session")), sessionList, fault, rest.node),
    read,
  };
}
