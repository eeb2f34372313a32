// My things, and doing something about them: every button comes from a scenario's card, so a new scenario needs nothing here.
import { $, fill, h, icon } from "../shared/dom.js";
import { formOf } from "./form.js";
import { told } from "./app.js";
import { describe } from "./things.js";

const KINDS = ["loan", "bill", "booking"];
const PICTURES = { loan: "M5 4h6a2 2 0 0 1 2 2v14a2 2 0 0 0-2-2H5zM19 4h-4a2 2 0 0 0-2 2v14a2 2 0 0 1 2-2h4z", bill: "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6", booking: "M4 6h16v14H4zM4 11h16M8 3v4M16 3v4" };
const SHADES = { green: "good", amber: "ask", red: "bad" };

/** The list: all kinds together or one of them, then the places where something can be started. */
export async function things(app, page, [kind = ""], stale) {
  const { t } = app;
  const tab = (value, label) => h("a.button.tab", { href: value ? `#/things/${value}` : "#/things", "aria-current": value === kind ? "page" : null }, label);
  const [list, places] = [h("div.stack", {}, h("p", { role: "status" }, t("loading"))), h("div.stack.tight")];
  fill(page, h("div.stack", {}, h("h1", {}, t("things_title")), h("nav.kinds", { "aria-label": t("things_title") }, tab("", t("things_all")), KINDS.map((one) => tab(one, t(`things_${one}`)))), list, places));
  const wanted = kind ? [kind] : KINDS;
  const pages = await Promise.all(wanted.map((one) => app.api.get(`/v1/me/things?kind=${one}&limit=50`)));
  if (stale()) return;
  const items = pages.flatMap((one) => one.items);
  fill(list, items.length ? h("ul.stack", {}, items.map((item) => card(app, item))) : h("p.card", {}, t("things_none")));
  const { items: venues } = await app.api.get("/v1/me/venues");
  if (!stale()) fill(places, h("h2", {}, t("venues_title")), venues.map((venue) => place(app, venue)));
}

function card(app, item) {
  const { t, f, shell } = app;
  const { title, lines, amount, shade, state } = describe(item, { t, f, language: shell.language, nowMs: shell.clock.now() });
  return h("li.card.stack.tight", {},
    h("div.row.top-row", {}, icon(PICTURES[item.kind] ?? PICTURES.booking), h("div.grow", {}, h("p.strong", {}, title || t(`things_${item.kind}`)), h("p.quiet.small", {}, app.words(item.venue))), amount && h("b.sum", {}, amount)),
    state && h("p", {}, h("span.chip", {}, state)),
    lines.map((line, index) => h("p", { class: index === 0 ? shade : "" }, line)),
    item.actions?.length > 0 && h("div.pair", {}, item.actions.map((action) => h("button", { type: "button", class: action.moves_money || item.kind === "bill" ? "main" : "", onclick: () => perform(app, item, action) }, app.words(action.name)))));
}

function place(app, venue) {
  const soon = venue.state !== "open";
  const startable = venue.scenarios.flatMap((scenario) => scenario.actions.map((action) => ({ scenario, action })));
  if (!soon && !startable.length) return null;
  return h("section.card.stack.tight", {}, h("div.row", {}, h("h3.grow", {}, app.words(venue)), soon && h("span.chip.ask", {}, app.t("venue_coming"))),
    !soon && startable.map(({ scenario, action }) => h("a.row.link", { href: `#/do/${venue.id}/${scenario.id}/${action.id}` }, h("span.grow", {}, `${app.words(scenario.name)} · ${app.words(action.name)}`), icon("M9 5l7 7-7 7"))));
}

/** Starting an action at a venue: the form from its card. */
async function startAction(app, page, [venueId, scenarioId, actionId], stale) {
  const { t } = app;
  fill(page, h("p", { role: "status" }, t("loading")));
  const { items } = await app.api.get("/v1/me/venues");
  if (stale()) return;
  const venue = items.find(({ id }) => id === venueId);
  const scenario = venue?.scenarios.find(({ id }) => id === scenarioId);
  const action = scenario?.actions.find(({ id }) => id === actionId);
  if (!action) { location.hash = "#/things"; return; }
  const sessions = scenario.lists ? await (await import("./sessions.js")).sessionPicker(app, venue, scenario, action) : null;
  if (stale()) return;
  const form = sessions ?? formOf(app, action.form);
  const go = h("button.main.wide", { type: "submit" }, app.words(action.name));
  fill(page, h("div.stack", {}, h("p", {}, h("a.back", { href: "#/things" }, icon("M15 5l-7 7 7 7"), t("things_title"))), h("h1", {}, app.words(action.name)), h("p.quiet", {}, `${app.words(venue)} · ${app.words(scenario.name)}`),
    h("form.card.stack", { novalidate: true, onsubmit: (event) => {
      event.preventDefault();
      let input;
      try { input = form.read(); } catch { return; }
      send(app, { scenario: scenario.id, venue: venue.id, action: action.id, input });
    } }, form.node, go)));
}
export { startAction as do };

/** Acting on a thing: fields that are still open, then a sheet that says what will happen, then the deed. */
async function perform(app, item, action) {
  const { t, f, shell } = app;
  const { title, lines, amount } = describe(item, { t, f, language: shell.language, nowMs: shell.clock.now() });
  const open = (action.form ?? []).filter((field) => action.input?.[field.id] == null);
  const form = formOf(app, open, action.input ?? {});
  const pays = action.moves_money || action.id === "pay";
  const facts = h("section.stack.tight", {}, h("p.strong", {}, title), h("p.quiet", {}, app.words(item.venue)), lines.map((line) => h("p", {}, line)), pays && amount && h("p.sum.large", {}, amount), form.node);
  const yes = pays && amount ? t("confirm_pay", { amount }) : t("confirm_do", { name: app.words(action.name) });
  const agreed = await app.confirm({ title: t("confirm_title"), parts: facts, yes, stop: action.id === "cancel" });
  if (!agreed) return;
  let input;
  try { input = form.read(); } catch { return; }
  await send(app, { scenario: item.scenario, venue: item.venue.id, action: action.id, input });
}

async function send(app, body) {
  const { t, shell } = app;
  const box = app.sheet(h("p.band", { role: "status" }, t("acting")));
  const closing = () => h("button.main.wide", { type: "button", onclick: () => { box.close(); if (shell.route().startsWith("do")) location.hash = "#/things"; else app.open(shell.route()); } }, t("done"));
  try {
    const { outcome, pending } = await app.api.act(body);
    fill(box, h("div.verdict", { role: "alert", class: SHADES[outcome.shade] }, icon(outcome.shade === "green" ? shell.icons.ready : shell.icons.failed), h("p.strong", {}, app.words(outcome.word)), h("p", {}, app.words(outcome.message)), pending && h("p", {}, t("act_pending"))), closing());
  } catch (problem) {
    fill(box, told(app, problem), closing());
  }
  $("button", box)?.focus();
}
