/** Printing a paper code for the person who stands here: shown once, as a sheet of its own. */
import { $, fill, h, say } from "../../shared/dom.js";
import { paperSheet, paperStyle, printPaper } from "../../shared/paper-sheet.js";
import { paperFor, paperLost, pinFits } from "../people.js";
import { peopleWords } from "../words-people.js";
import { serveView } from "./serve.js";

const DAYS = [30, 90, 180];
const USUAL_DAYS = 90;

/** How this person was found, where staff have to look more closely than at a fresh code. */
export function modeElement(app, presentation) {
  const said = { paper: "mode_paper", assisted: "mode_assisted" }[presentation.mode];
  return said ? h("p.band.ask", {}, app.icon("amber"), peopleWords(app)(said)) : null;
}

/** What can be done about paper here: nothing where the service takes none, or where somebody shows for somebody else. */
export function paperElement(app, session) {
  const { presentation } = session;
  if (!app.card().capabilities.includes("paper") || presentation.actor) return null;
  const w = peopleWords(app);
  const lost = async () => {
    const answer = await paperLost(app.api, presentation);
    if (answer.screen) return app.showResult(answer.screen);
    app.toast(w(answer.body.changed ? "paper_lost_done" : "paper_lost_none"), answer.body.changed ? "good" : "ask");
  };
  return h("details.card", {}, h("summary", {}, w("paper_new")),
    h("div.stack.tight", {},
      h("button.wide", { type: "button", onclick: () => app.show(paperView(session)) }, w("paper_print_for")),
      h("button.wide.stop", { type: "button", onclick: lost }, w("paper_lost_here"))));
}

/** @param {{presentation: object}} session */
export const paperView = (session) => (app) => {
  const w = peopleWords(app);
  const fault = h("p.fault#paper-fault", { role: "alert" });
  const pin = h("input", { id: "paper-pin", type: "password", inputmode: "numeric", autocomplete: "off", maxlength: "8", "aria-describedby": "paper-pin-lead paper-fault" });
  const days = DAYS.map((n) => h("label.choice", {}, h("input", { type: "radio", name: "paper_days", value: String(n), checked: n === USUAL_DAYS }), h("span", {}, w("days", { n }))));
  const back = () => (session.presentation.expires_ms > app.clock.now() ? app.show(serveView(Object.assign(session, { open: null, draft: null, fault: null }))) : app.leavePerson());
  const place = h("div.stack", {});
  const make = async (event) => {
    event.preventDefault();
    say(fault, pinFits(pin.value) ? "" : w("paper_pin_bad"));
    if (fault.textContent) return pin.focus();
    if (app.busy) return;
    app.busy = true;
    try {
      const answer = await paperFor(app.api, session.presentation, { days: Number($("input[name=paper_days]:checked", place).value), pin: pin.value });
      answer.body ? made(answer.body) : app.showResult(answer.screen);
    } finally {
      app.busy = false;
    }
  };
  const made = (paper) => {
    paperStyle();
    const names = paper.scenarios.map((id) => app.say(app.cards().find((card) => card.id === id)?.name) || id);
    fill(place,
      paperSheet(paper, { language: app.language, day: app.formats.moment(paper.until_ms), names }),
      h("button.main.wide#print-paper", { type: "button", onclick: printPaper }, w("paper_print")),
      h("button.wide#paper-printed", { type: "button", onclick: back }, w("paper_done")));
  };
  fill(place,
    h("p", {}, w("paper_for_whom", { name: session.presentation.masked_name })),
    h("form.stack", { onsubmit: make, novalidate: true },
      h("fieldset.stack.tight", {}, h("legend.strong", {}, w("paper_days")), days),
      h("div", {}, h("label", { for: "paper-pin" }, w("paper_pin")), pin, h("p.small.quiet", { id: "paper-pin-lead" }, w("paper_pin_lead")), fault),
      h("button.main.wide", { type: "submit" }, w("paper_make"))),
    h("button.wide", { type: "button", onclick: back }, app.t("cancel")));
  const element = h("section.sheet.card.stack", {}, h("h1", {}, w("paper_new")), place);
  return { name: "paper", title: w("paper_new"), element };
};
