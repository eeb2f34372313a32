// What the citizen may demand, the copy of everything, and the end of the account.
import { $, fill, h, icon } from "../shared/dom.js";
import { listInParts } from "../shared/pages.js";
import { caseShade, wholeCopy } from "./export.js";
import { logWords } from "./words-log.js";
import { forget } from "./vault.js";

const words = (app) => logWords(app.shell.language);

const head = (app, title, lead) => [
  h("p", {}, h("a.back", { href: "#/account" }, icon("M15 5l-7 7 7 7"), app.t("account_title"))),
  h("h1", {}, title),
  lead && h("p.quiet", {}, lead),
];

/** Asks for the words of a demand about a line, and sends it. */
export async function demand(app, item, kind) {
  const w = words(app);
  const text = h("textarea", { id: "demand_words", rows: "4", maxlength: "1000", required: true });
  const fault = h("p.fault", { role: "alert", hidden: true }, w("demand_words"));
  const said = await app.confirm({
    title: w(kind),
    text: w("demand_lead"),
    parts: [
      h("p.quiet", {}, [app.words(item.text), app.words(item.venue)].filter(Boolean).join(" · ")),
      h("label", { for: "demand_words" }, w("demand_words")),
      text,
      fault,
    ],
    yes: w("demand_send"),
    read: () => {
      fault.hidden = text.value.trim() !== "";
      if (!fault.hidden) throw new RangeError("no words");
      return text.value.trim();
    },
  });
  if (said === false) return;
  try {
    await app.api.post("/v1/me/cases", { kind, about: item.number, words: said });
    app.toast(w("demand_sent"));
  } catch (problem) {
    app.trouble(problem);
  }
}

/** Demands and their answers. */
export async function cases(app, page, _rest, stale) {
  const [w, { f }] = [words(app), app];
  fill(page, h("div.stack", {}, head(app, w("cases"), w("cases_lead")), h("p", { role: "status" }, app.t("loading"))));
  const withdraw = async (one) => {
    try {
      await app.api.post(`/v1/me/cases/${one.id}/withdraw`);
      await cases(app, page, _rest, stale);
    } catch (problem) {
      app.trouble(problem);
    }
  };
  const open = ({ state }) => state === "open" || state === "working";
  const card = (one) =>
    h(
      "li.card.stack.tight.case",
      {},
      h("div.row", {}, h("span.chip", { class: caseShade(one) }, w(`case_${one.state}`)), h("time.quiet", {}, f.day(one.opened_ms))),
      h("h2", {}, w(one.kind)),
      h("p.quiet", {}, one.owner ? w("case_owner", { name: app.words(one.owner) }) : w("case_platform")),
      open(one) && h("p", { class: one.overdue ? "bad" : "" }, one.overdue ? w("case_late") : w("case_due", { date: f.day(one.due_ms) })),
      h(
        "ul.claims",
        {},
        one.steps
          .filter((step) => step.words)
          .map((step) => h("li", {}, h("span.quiet", {}, `${w(`by_${step.by}`)} · ${f.moment(step.at_ms)}`), h("span", {}, step.words))),
      ),
      open(one) && h("button.wide", { type: "button", onclick: () => withdraw(one) }, w("case_withdraw")),
    );
  const list = await listInParts({ get: app.api.get, path: "/v1/me/cases", one: card, none: w("cases_none"), more: app.t("more"), trouble: app.trouble });
  if (!stale()) fill(page, h("div.stack", {}, head(app, w("cases"), w("cases_lead")), list));
}

/** The copy: as a file, and as a page that prints. Named so because `export` is a word of the language. */
export async function copy(app, page, _rest, stale) {
  const [w, { f }] = [words(app), app];
  fill(page, h("div.stack", {}, head(app, w("export"), w("export_lead")), h("p", { role: "status" }, app.t("loading"))));
  const whole = await wholeCopy((path) => app.api.get(path));
  if (stale()) return;
  const text = JSON.stringify(whole, null, 2);
  const file = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const row = (line) =>
    h(
      "tr",
      {},
      h("td.digits", {}, f.moment(line.at_ms)),
      h("td", {}, app.words(line.text)),
      h("td", {}, [app.words(line.venue), app.words(line.point), line.operator].filter(Boolean).join(" · ")),
      h("td.digits", {}, line.receipt?.id ?? ""),
    );
  const table = h(
    "table.printed",
    {},
    h("caption", {}, w("export_table", { n: whole.lines.length })),
    h("thead", {}, h("tr", {}, ["col_when", "col_what", "col_where", "col_receipt"].map((name) => h("th", { scope: "col" }, w(name))))),
    h("tbody", {}, whole.lines.map(row)),
  );
  fill(
    page,
    h(
      "div.stack",
      {},
      head(app, w("export"), w("export_lead")),
      h(
        "a.button.main.wide",
        { id: "export_file", href: file, download: `tongma-${f.isoDay(whole.made_ms)}.json`, onclick: () => app.toast(w("export_done", { n: whole.lines.length })) },
        w("export_json"),
      ),
      h("button.wide", { type: "button", onclick: () => print() }, w("export_print")),
      h("div.wide-table", { tabindex: "0", role: "region", "aria-label": w("export_table", { n: whole.lines.length }) }, table),
    ),
  );
}

/** What closing means, and closing. */
export async function closing(app, page, _rest, stale) {
  const [w, { f }] = [words(app), app];
  fill(page, h("div.stack", {}, head(app, w("closing")), h("p", { role: "status" }, app.t("loading"))));
  const found = await app.api.get("/v1/me/closing");
  if (stale()) return;
  const list = (title, items) => h("section.card.stack.tight", {}, h("h2", {}, title), h("ul.claims", {}, items));
  const one = (pair) => h("li", {}, app.words(pair));
  const kept = ({ what, until_ms: until, law }) =>
    h(
      "li",
      {},
      h("b", {}, app.words(what)),
      until && h("span", {}, w("closing_until", { date: f.moment(until) })),
      h("span.quiet", {}, app.words(law)),
    );
  const close = async () => {
    if (!(await app.confirm({ title: w("closing_sure"), text: w("closing_sure_text"), yes: w("closing_do"), stop: true }))) return;
    try {
      await app.api.post("/v1/me/close", { understood: true });
      await forget();
      sessionStorage.clear();
      const band = h("p.band.good", { role: "status" }, icon(app.shell.icons.ready), w("closed"));
      fill($("#page"), h("div.stack", {}, h("h1", {}, w("closing")), band, h("p", {}, w("closed_text")), h("a.button.wide", { href: "/me" }, w("back"))));
    } catch (problem) {
      app.trouble(problem);
    }
  };
  fill(
    page,
    h(
      "div.stack",
      {},
      head(app, w("closing"), w("closing_lead")),
      found.blocks.length > 0 && list(w("closing_blocks"), found.blocks.map((pair) => h("li.bad", {}, app.words(pair)))),
      list(w("closing_open"), found.open.length ? found.open.map(one) : [h("li", {}, w("closing_open_none"))]),
      list(w("closing_ends"), found.ends.map(one)),
      list(w("closing_keeps"), found.keeps.map(kept)),
      h("button.stop.wide", { type: "button", id: "close_account", disabled: found.blocks.length > 0, onclick: close }, w("closing_do")),
    ),
  );
}
