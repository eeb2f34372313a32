/** Somebody without a phone: found by their document before a witness. What was typed goes with the screen. */
import { h, say } from "../../shared/dom.js";
import { DOCUMENT_KINDS, REASONS, documentNumber, lookUp, lookUpFault } from "../people.js";
import { peopleWords } from "../words-people.js";

/** The way to it, where the venue was given the right. */
export function assistButton(app) {
  return app.info.look_up ? h("button.wide#assist", { type: "button", onclick: () => app.show(assistView()) }, peopleWords(app)("assist_open")) : null;
}

export const assistView = () => (app) => {
  const w = peopleWords(app);
  const label = (id, words, field) => h("div", {}, h("label", { for: id }, words), field);
  const option = (key, value = key) => h("option", { value }, w(key));
  const kind = h("select", { id: "assist-kind" }, DOCUMENT_KINDS.map((one) => option(one)));
  const number = h("input.digits", { id: "assist-number", autocomplete: "off", autocapitalize: "characters", spellcheck: false, maxlength: "30", "aria-describedby": "assist-fault", "data-focus": true });
  const reason = h("select", { id: "assist-reason" }, REASONS.map((one) => option(one)));
  const witness = h("input", { id: "assist-witness", autocomplete: "off", maxlength: "40", "aria-describedby": "assist-fault" });
  const seen = h("input", { id: "assist-seen", type: "checkbox", "aria-describedby": "assist-fault" });
  const fault = h("p.fault#assist-fault", { role: "alert" });
  const wrong = { fault_number: number, fault_witness: witness, fault_seen: seen };
  const submit = async (event) => {
    event.preventDefault();
    const typed = { kind: kind.value, number: number.value, reason: w(reason.value), witness: witness.value, seen: seen.checked };
    const found = lookUpFault(typed, app.shift.operator);
    say(fault, found ? w(found) : "");
    if (found) return wrong[found].focus();
    if (app.busy) return;
    app.busy = true;
    try {
      const answer = await lookUp({ api: app.api, point: app.info.id, operator: app.shift.operator, purpose: app.shift.scenario }, typed);
      if (answer.body) app.go({ kind: "presented", presentation: answer.body.presentation }, null);
      else app.showResult(answer.screen);
    } finally {
      app.busy = false;
    }
  };
  const element = h("section.sheet.card.stack", {},
    h("h1", {}, w("assist_title")),
    h("p.band.ask", {}, w("assist_lead")),
    h("form.stack", { onsubmit: submit, novalidate: true },
      label("assist-kind", w("assist_kind"), kind),
      label("assist-number", w("assist_number"), number),
      label("assist-reason", w("assist_reason"), reason),
      label("assist-witness", w("assist_witness"), witness),
      h("label.choice", { for: "assist-seen" }, seen, h("span", {}, w("assist_seen"))),
      fault,
      h("button.main.wide", { type: "submit" }, w("assist_go"))),
    h("button.wide", { type: "button", onclick: () => app.leavePerson() }, app.t("cancel")));
  // A reader of identity cards types like a scanner.
  const onScan = (text) => {
    number.value = documentNumber(text);
  };
  return { name: "assist", title: w("assist_title"), element, onScan };
};
