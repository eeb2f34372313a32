// Paper codes: which there are, stopping one, and making one to print. A code is shown once, when it is made.
import { $, fill, h, icon } from "../shared/dom.js";
import { everything } from "../shared/pages.js";
import { paperSheet, paperStyle, printPaper } from "../shared/paper-sheet.js";
import { head } from "./page-account.js";
import { paperPlaces, pinFits, scenarioNames } from "./people.js";
import { peopleWords } from "./words-people.js";

const DAYS = [30, 90, 180];
const USUAL_DAYS = 90;
const words = (app) => peopleWords(app.shell.language);

/** The list, then the form. */
export async function papers(app, page, _rest, stale) {
  const w = words(app);
  fill(page, h("div.stack", {}, head(app, w("papers"), w("papers_lead")), h("p", { role: "status" }, app.t("loading"))));
  const [items, venues] = await Promise.all([everything(app.api.get, "/v1/me/papers?limit=100"), everything(app.api.get, "/v1/me/venues?limit=100")]);
  if (stale()) return;
  const names = scenarioNames(venues);
  const shown = items.length ? h("ul.stack", {}, items.map((paper) => paperElement(app, paper, names))) : h("p.card", {}, w("papers_none"));
  fill(page, h("div.stack", {}, head(app, w("papers"), w("papers_lead")), shown, asking(app, page, paperPlaces(venues), stale)));
}

const forWhat = (app, paper, names) => paper.scenarios.map((id) => app.words(names.get(id)) || id);

function paperElement(app, paper, names) {
  const w = words(app);
  const stop = async (event) => {
    const card = event.currentTarget.closest("li");
    try {
      await app.api.end(`/v1/me/papers/${paper.id}`);
      fill(card, h("p.band.good", { role: "status" }, icon(app.shell.icons.ready), w("paper_ended")));
    } catch (problem) {
      app.trouble(problem);
    }
  };
  return h(
    "li.card.stack.tight",
    {},
    h("div.row", {}, h("h2.grow", {}, app.words(paper.organisation)), h("span.chip", { class: paper.live ? "good" : "" }, w(paper.live ? "paper_live" : "paper_over"))),
    h("p", {}, forWhat(app, paper, names).join(" · ")),
    h("p.quiet", {}, w("paper_until", { until: app.f.moment(paper.until_ms) })),
    paper.live && h("button.wide.stop", { type: "button", onclick: stop }, w("paper_end")),
  );
}

/** The form. What a place takes on paper is the platform's to say; the citizen chooses where, for how long, and a PIN. */
function asking(app, page, places, stale) {
  const w = words(app);
  if (!places.length) return h("p.card", {}, w("paper_places_none"));
  const what = h("p.quiet", { role: "status" }, "");
  const venue = h("select", { id: "paper_venue", onchange: () => tell() }, places.map((place) => h("option", { value: place.id }, app.words(place))));
  const chosen = () => places.find(({ id }) => id === venue.value) ?? places[0];
  const tell = () => {
    what.textContent = chosen().scenarios.map(({ name }) => app.words(name)).join(" · ");
  };
  tell();
  const fault = h("p.fault", { id: "paper-pin-fault", role: "alert" });
  const pin = h("input", { id: "paper_pin", type: "password", inputmode: "numeric", autocomplete: "off", maxlength: "8", "aria-describedby": "paper-pin-lead paper-pin-fault" });
  const days = DAYS.map((n) => h("label.pick", {}, h("input", { type: "radio", name: "paper_days", value: String(n), checked: n === USUAL_DAYS }), h("span", {}, w("days", { n }))));
  const make = async (event) => {
    event.preventDefault();
    fault.textContent = pinFits(pin.value) ? "" : w("paper_pin_bad");
    if (fault.textContent) return pin.focus();
    try {
      const { data } = await app.api.post("/v1/me/papers", { venue: venue.value, days: Number($("input[name=paper_days]:checked", page).value), pin: pin.value });
      if (!stale()) made(app, page, data, scenarioNames(places), stale);
    } catch (problem) {
      app.trouble(problem);
    }
  };
  return h(
    "form.card.stack",
    { onsubmit: make, novalidate: true, id: "new_paper" },
    h("h2", {}, w("paper_new")),
    h("div", {}, h("label", { for: "paper_venue" }, w("paper_where")), venue, what),
    h("fieldset.stack.tight", {}, h("legend.strong", {}, w("paper_days")), days),
    h("div", {}, h("label", { for: "paper_pin" }, w("paper_pin")), pin, h("p.small.quiet", { id: "paper-pin-lead" }, w("paper_pin_lead")), fault),
    h("p.quiet", {}, w("paper_replaces")),
    h("button.main.wide", { type: "submit" }, w("paper_make")),
  );
}

/** The sheet, once. */
function made(app, page, paper, names, stale) {
  const w = words(app);
  paperStyle();
  const sheet = paperSheet(paper, { language: app.shell.language, day: app.f.moment(paper.until_ms), names: forWhat(app, paper, names) });
  fill(
    page,
    h(
      "div.stack",
      {},
      head(app, w("papers")),
      h("p.band.ask", { role: "status" }, icon(app.shell.icons.reserve), w("paper_once")),
      sheet,
      h("button.main.wide", { type: "button", onclick: printPaper }, w("paper_print")),
      h("button.wide", { type: "button", onclick: () => papers(app, page, [], stale) }, w("paper_done")),
    ),
  );
  scrollTo(0, 0);
}
