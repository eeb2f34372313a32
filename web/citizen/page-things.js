// My things, and doing something about them: every button comes from a scenario's card, so a new scenario needs nothing here.
import { $, fill, h, icon } from "../shared/dom.js";
import { everything } from "../shared/pages.js";
import { formOf } from "./form.js";
import { told } from "./app.js";
import { forWhom } from "./for-whom.js";
import { pickerFor } from "./sessions.js";
import { actionsAbout, describe, openFields, quoteBefore, withoutReceipted } from "./things.js";

const KINDS = ["loan", "bill", "booking"];
const EVERY_KIND = [...KINDS, "hold", "stay", "ticket", "reader", "receipt"];
const PICTURES = {
  loan: "M5 4h6a2 2 0 0 1 2 2v14a2 2 0 0 0-2-2H5zM19 4h-4a2 2 0 0 0-2 2v14a2 2 0 0 1 2-2h4z",
  bill: "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6",
  booking: "M4 6h16v14H4zM4 11h16M8 3v4M16 3v4",
  stay: "M3 19v-9M3 15h18v4M21 15v-2a3 3 0 0 0-3-3h-8v5M6.5 12.500a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3z",
  ticket: "M4 7h16v4a2 2 0 0 0 0 4v4H4v-4a2 2 0 0 0 0-4zM10 7v12",
  hold: "M5 4h6a2 2 0 0 1 2 2v14a2 2 0 0 0-2-2H5zM17 4v8l2-1.500 2 1.500V4z",
  reader: "M3 6h18v13H3zM7 11h4M7 15h7",
};
const TOGETHER = { loan: ["loan", "hold", "reader"], bill: ["bill", "receipt"], booking: ["booking", "stay", "ticket"] };
const SHADES = { green: "good", amber: "ask", red: "bad" };
const tools = (app) => ({ t: app.t, f: app.f, language: app.shell.language, nowMs: app.shell.clock.now() });

/** The list: all kinds together or one of them, then the places where something can be started. */
export async function things(app, page, [kind = ""], stale) {
  const { t } = app;
  const tab = (value, label) =>
    h("a.button.tab", { href: value ? `#/things/${value}` : "#/things", "aria-current": value === kind ? "page" : null }, label);
  const [list, places] = [h("div.stack", {}, h("p", { role: "status" }, t("loading"))), h("div.stack.tight")];
  fill(
    page,
    h(
      "div.stack",
      {},
      h("h1", {}, t("things_title")),
      h(
        "nav.kinds",
        { "aria-label": t("things_title") },
        tab("", t("things_all")),
        KINDS.map((one) => tab(one, t(`things_${one}`))),
      ),
      list,
      places,
    ),
  );
  const [venues, ...pages] = await Promise.all([
    everyVenue(app),
    ...(TOGETHER[kind] ?? EVERY_KIND).map((one) => everything(app.api.get, `/v1/me/things?kind=${one}&limit=100`)),
  ]);
  if (stale()) return;
  const offered = (item) => venues.find(({ id }) => id === item.venue.id)?.scenarios.find(({ id }) => id === item.scenario)?.actions ?? [];
  const items = withoutReceipted(pages.flat());
  fill(
    list,
    items.length
      ? h(
          "ul.stack",
          {},
          items.map((item) => card(app, item, actionsAbout(item, offered(item)))),
        )
      : h("p.card", {}, t("things_none")),
  );
  if (kind) return;
  const shown = venues
    .filter(({ state }) => state === "open")
    .map((venue) => place(app, venue))
    .filter(Boolean);
  const soon = venues.filter(({ state }) => state === "coming");
  fill(
    places,
    shown.length > 0 && [h("h2", {}, t("venues_title")), shown],
    soon.length > 0 &&
      h(
        "details.card",
        {},
        h("summary", {}, `${t("venue_coming")} · ${soon.length}`),
        h(
          "ul.stack.tight",
          {},
          soon.map((venue) => h("li", {}, app.words(venue))),
        ),
      ),
  );
}

const everyVenue = (app) => everything(app.api.get, "/v1/me/venues?limit=100");

function card(app, item, actions) {
  const { t } = app;
  const { title, lines, amount, state } = describe(item, tools(app));
  const shown = actions.filter((action) => !actions.some((other) => quoteBefore(other, actions) === action));
  return h(
    "li.card.stack.tight",
    {},
    h(
      "div.row.top-row",
      {},
      icon(PICTURES[item.kind] ?? PICTURES.bill),
      h(
        "div.grow",
        {},
        h("p.strong", {}, title || t(`things_${item.kind}`)),
        h("p.quiet.small", {}, [item.kind === "receipt" && t("e_receipt"), app.words(item.venue)].filter(Boolean).join(" · ")),
      ),
      amount && h("b.sum", {}, amount),
    ),
    state && h("p", {}, h("span.chip", { class: state.shade }, state.words)),
    lines.map((line) => h("p", {}, line)),
    shown.length > 0 &&
      h(
        "div.pair",
        {},
        shown.map((action) =>
          h(
            "button",
            { type: "button", class: action.moves_money ? "main" : "", onclick: () => perform(app, item, action, actions) },
            app.words(action.name),
          ),
        ),
      ),
  );
}

/** A place with what can be started there. What needs a thing first (a loan, a bill, a booking) is offered on that thing instead; a
    hold is asked for by the number in the library's catalogue. */
function place(app, venue) {
  const free = (action) =>
    !action.moves_money &&
    action.id !== "quote" &&
    (action.id === "hold" || !action.form.some((field) => field.required && ["barcode", "reference"].includes(field.kind.type))) &&
    !/^(cancel|move|change)/.test(action.id);
  const startable = venue.scenarios.flatMap((scenario) => scenario.actions.filter(free).map((action) => ({ scenario, action })));
  if (!startable.length) return null;
  return h(
    "section.card.stack.tight",
    {},
    h("h3", {}, app.words(venue)),
    startable.map(({ scenario, action }) =>
      h(
        "a.row.link",
        { href: `#/do/${venue.id}/${scenario.id}/${action.id}` },
        h("span.grow", {}, `${app.words(scenario.name)} · ${app.words(action.name)}`),
        icon("M9 5l7 7-7 7"),
      ),
    ),
  );
}

/** Starting an action at a venue: the sessions it has, else the form from its card. */
async function startAction(app, page, [venueId, scenarioId, actionId], stale) {
  const { t } = app;
  fill(page, h("p", { role: "status" }, t("loading")));
  const venue = (await everyVenue(app)).find(({ id }) => id === venueId);
  const scenario = venue?.scenarios.find(({ id }) => id === scenarioId);
  const action = scenario?.actions.find(({ id }) => id === actionId);
  if (!action) {
    location.hash = "#/things";
    return;
  }
  const given = app.given?.route === app.shell.route() ? app.given.input : {};
  const form = (await pickerFor(app, venue, scenario, action, given)) ?? formOf(app, openFields({ ...action, input: given }), given);
  if (stale()) return;
  const whom = forWhom(app);
  fill(
    page,
    h(
      "div.stack",
      {},
      h("p", {}, h("a.back", { href: "#/things" }, icon("M15 5l-7 7 7 7"), t("things_title"))),
      h("h1", {}, app.words(action.name)),
      h("p.quiet", {}, `${app.words(venue)} · ${app.words(scenario.name)}`),
      h(
        "form.card.stack",
        {
          novalidate: true,
          onsubmit: async (event) => {
            event.preventDefault();
            let input;
            try {
              input = form.read();
            } catch {
              return;
            }
            if (
              action.moves_money &&
              !(await app.confirm({
                title: t("confirm_title"),
                text: `${app.words(venue)} · ${app.words(action.name)}`,
                yes: t("confirm_do", { name: app.words(action.name) }),
              }))
            )
              return;
            await send(app, { scenario: scenario.id, venue: venue.id, ...whom.body(), action: action.id, input });
          },
        },
        whom.node,
        form.node,
        h("button.main.wide", { type: "submit" }, app.words(action.name)),
      ),
    ),
  );
}
export { startAction as do };

/** Acting on a thing: the price where money moves, fields that are still open, a sheet that says what will happen, then the deed. */
async function perform(app, item, action, actions) {
  const { t, f } = app;
  if (action.form?.some(({ id }) => id === "session")) {
    // another session is chosen on a page of its own
    const { session, ...input } = action.input;
    const route = `do/${item.venue.id}/${item.scenario}/${action.id}`;
    app.given = { route, input };
    location.hash = `#/${route}`;
    return;
  }
  let { title, lines, amount } = describe(item, tools(app));
  const body = (id, input) => ({ scenario: item.scenario, venue: item.venue.id, action: id, input });
  const quote = quoteBefore(action, actions);
  if (quote && !(item.body.quote_until > app.shell.clock.now() + 60_000)) {
    app.sheet(h("p.band", { role: "status" }, t("acting")));
    try {
      const { outcome } = await app.api.act(body(quote.id, quote.input));
      lines = [app.words(outcome.message)];
      if (outcome.detail?.own_fen != null) amount = f.money(outcome.detail.own_fen);
    } catch (problem) {
      app.trouble(problem);
      return;
    }
  }
  const form = formOf(app, openFields(action), action.input ?? {});
  const pays = action.moves_money && amount;
  const facts = h(
    "section.stack.tight",
    {},
    h("p.strong", {}, title),
    h("p.quiet", {}, app.words(item.venue)),
    lines.map((line) => h("p", {}, line)),
    pays && h("p.sum.large", {}, amount),
    pays && app.me && h("p.quiet", {}, `${t("purse")} ${f.money(app.me.purse_fen)}`),
    form.node,
  );
  const agreed = await app.confirm({
    title: t("confirm_title"),
    parts: facts,
    yes: pays ? t("confirm_pay", { amount }) : t("confirm_do", { name: app.words(action.name) }),
    stop: action.id === "cancel",
    read: form.read,
  });
  if (agreed) await send(app, body(action.id, agreed));
}

/** Does something and says what came of it. */
export async function send(app, body) {
  const { t, shell } = app;
  const box = app.sheet(h("p.band", { role: "status" }, t("acting")));
  const leave = () => {
    box.close();
    if (shell.route().startsWith("do")) location.hash = "#/things";
    else app.open(shell.route());
  };
  const closing = (go) => h("button.main.wide", { type: "button", onclick: go }, t("done"));
  try {
    const { outcome, pending } = await app.api.act(body);
    fill(
      box,
      h(
        "div.verdict",
        { role: "alert", class: SHADES[outcome.shade] },
        icon(outcome.shade === "green" ? shell.icons.ready : shell.icons.failed),
        h("p.strong", {}, app.words(outcome.word)),
        h("p", {}, app.words(outcome.message)),
        pending && h("p", {}, t("act_pending")),
      ),
      closing(leave),
    );
    app.refresh();
  } catch (problem) {
    fill(
      box,
      told(app, problem),
      closing(() => box.close()),
    );
  }
  $("button", box)?.focus();
}
