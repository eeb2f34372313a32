// What was given by one tap: each grant with its receipt and the way back; and the PIN.
import { $, fill, h, icon } from "../shared/dom.js";
import { listInParts } from "../shared/pages.js";
import { head } from "./page-account.js";
import { grantWords, pinFault } from "./sheet-grant.js";

const SHADE = { open: "good", expired: "", closed: "", withdrawn: "ask", acknowledged: "good", overdue: "bad" };

/** Grants, newest first, each withdrawn with one tap. */
export async function grants(app, page, _rest, stale) {
  const w = grantWords(app);
  fill(page, h("div.stack", {}, head(app, w("grants"), w("grants_lead")), h("p", { role: "status" }, app.t("loading"))));
  const one = (grant) => h("li.card.stack.tight", {}, grantElement(app, grant));
  const list = await listInParts({ get: app.api.get, path: "/v1/me/grants", one, none: w("grants_none"), more: app.t("more"), trouble: app.trouble });
  if (!stale()) fill(page, h("div.stack", {}, head(app, w("grants"), w("grants_lead")), list));
}

function grantElement(app, grant) {
  const { f } = app;
  const w = grantWords(app);
  const line = (label, text) => text && [h("dt", {}, label), h("dd", {}, text)];
  const joined = (list) => list.map((words) => app.words(words)).join(app.shell.language === "zh" ? "、" : ", ");
  const ended = ["withdrawn", "acknowledged", "overdue"].includes(grant.state);
  const withdraw = async (event) => {
    const card = event.currentTarget.closest("li");
    try {
      await app.api.post(`/v1/me/grants/${grant.id}/withdraw`, {});
      fill(card, h("p.band.good", { role: "status" }, icon(app.shell.icons.ready), w("withdrawn")), grantElement(app, { ...grant, state: "withdrawn" }));
    } catch (problem) {
      app.trouble(problem);
    }
  };
  return [
    h("div.row", {}, h("h2.grow", {}, app.words(grant.matter)), h("span.chip", { class: SHADE[grant.state] ?? "" }, w(`state_${grant.state}`))),
    grant.about && h("p.band.ask", {}, w("about", { name: grant.about })),
    h("p", {}, h("b", {}, app.words(grant.organisation)), ` · ${grant.operator}`),
    h(
      "dl.facts",
      {},
      line(w("gave"), joined(grant.items)),
      grant.kept_back.length > 0 && line(w("kept_back"), joined(grant.kept_back)),
      line(w("given"), f.moment(grant.given_ms)),
      line(w("until"), f.moment(grant.fetch_until_ms)),
      line(w("keep_until"), f.moment(grant.keep_until_ms)),
      line(w("receipt"), h("span.digits", {}, grant.receipt.number)),
    ),
    h("p.quiet", {}, w("fetched", { n: grant.fetches })),
    h("details", {}, h("summary", {}, w("receipt_copy")), h("pre", {}, grant.receipt.cose)),
    !ended && h("button.wide.stop", { type: "button", onclick: withdraw }, w("withdraw")),
  ];
}

/** The PIN: set it, or change it. */
export async function pin(app, page, _rest, stale) {
  const w = grantWords(app);
  const state = await app.api.get("/v1/me/pin");
  if (stale()) return;
  const field = (id, label) => h("label.pin", { for: id }, label, h("input", { id, type: "password", inputmode: "numeric", autocomplete: "off", maxlength: "6", "aria-describedby": "pin-fault" }));
  const typed = (id) => $(`#${id}`, page)?.value ?? "";
  const save = async (event) => {
    event.preventDefault();
    const fault = pinFault(typed("pin-new"), typed("pin-again"));
    $("#pin-fault", page).textContent = fault ? w(fault) : "";
    if (fault) return $("#pin-new", page).focus();
    try {
      await app.api.post("/v1/me/pin", { pin: typed("pin-new"), ...(typed("pin-current") && { current: typed("pin-current") }) });
      app.toast(w("pin_saved"));
      await pin(app, page, _rest, stale);
    } catch (problem) {
      $("#pin-fault", page).textContent = app.words(problem.title_words) || app.t("problem_unknown");
      $("#pin-current", page)?.focus();
    }
  };
  fill(
    page,
    h(
      "div.stack",
      {},
      head(app, w("pin_title"), w("pin_lead")),
      h(
        "form.card.stack.tight",
        { onsubmit: save, novalidate: true },
        h("p.band", { class: state.set ? "good" : "ask" }, w(state.set ? "pin_set" : "pin_unset")),
        state.set && field("pin-current", w("pin_current")),
        field("pin-new", w("pin")),
        field("pin-again", w("pin_again")),
        h("p.fault", { id: "pin-fault", role: "alert" }),
        h("button.main.wide", { type: "submit" }, w("pin_save")),
      ),
    ),
  );
}
