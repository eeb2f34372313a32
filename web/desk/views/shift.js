/** Start of a shift: who serves, and what for. The name goes into every record that the citizen will see. */
import { h, say } from "../../shared/dom.js";
import { pick } from "../../shared/i18n.js";

export function shiftView(app) {
  const cards = app.cards();
  const draft = (app.shiftDraft ??= { operator: "", scenario: cards[0]?.id });
  if (!cards.some(({ id }) => id === draft.scenario)) draft.scenario = cards[0]?.id;
  const hint = h("p.fault#shift-fault", { role: "alert" });
  const name = h("input", { id: "shift-name", value: draft.operator, autocomplete: "off", maxlength: "40", "aria-describedby": "shift-fault", "data-focus": true, oninput: () => { draft.operator = name.value; say(hint, ""); } });
  const choices = cards.map((card) => h("label.choice", {},
    h("input", { type: "radio", name: "scenario", value: card.id, checked: card.id === draft.scenario, onchange: () => { draft.scenario = card.id; } }),
    h("span", {}, h("b", {}, pick(card.name, app.language)), h("span.small.quiet", {}, pick(card.summary, app.language)))));
  const submit = (event) => {
    event.preventDefault();
    if (!name.value.trim()) {
      say(hint, app.t("shift_need_name"));
      return name.focus();
    }
    app.startShift({ operator: name.value.trim(), scenario: draft.scenario });
  };
  const element = h("form.sheet.card.stack", { onsubmit: submit, novalidate: true },
    h("h1", {}, app.t(app.isGate() ? "shift_title_gate" : "shift_title")),
    h("div", {}, h("label", { for: "shift-name" }, app.t("shift_name")), name, hint),
    h("fieldset.choices", {}, h("legend", {}, app.t("shift_scenario")), choices),
    cards.length === 0 && h("p.band.ask", {}, app.t("shift_none")),
    h("button.main.wide", { type: "submit", disabled: cards.length === 0 }, app.t("shift_go")));
  return { name: "shift", title: app.t("shift_title"), element };
}
